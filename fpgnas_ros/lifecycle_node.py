"""The lifecycle node that turns camera images into object poses: wiring of the parts."""

from __future__ import annotations  # Subscription and Parameter are not generic at run time on Humble

import time
import traceback
from dataclasses import replace
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.subscription import Subscription
from rclpy.utilities import get_rmw_implementation_identifier
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_srvs.srv import Trigger

from fpgnas_core.bundle import Bundle, load_bundle
from fpgnas_core.errors import FpgnasError
from fpgnas_core.estimator import PoseEstimator
from fpgnas_ros.diagnostics import InputTopic, diagnostic_array, diagnostic_status
from fpgnas_ros.frame_pipeline import Frame, FramePipeline
from fpgnas_ros.model_info import model_info
from fpgnas_ros.outputs import Outputs
from fpgnas_ros.parameters import NodeSettings, check_changes, check_object, declare_parameters, read_settings
from fpgnas_ros.share_folder import resolve_model
from fpgnas_ros.statistics import WINDOW_S, Statistics
from fpgnas_ros.worker import Worker

WARM_UP_SIZE = (640, 480)
# Every image is taken at once and the newest kept: what a queue of one overwrites nobody would count
INPUT_QOS = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
DIAGNOSTICS_PERIOD_S = 1.0
LOG_PERIOD_S = 5.0
SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


class PoseNode(LifecycleNode):
    """Images and camera_info in; poses, detections, transforms and diagnostics out.

    Configure loads the bundle and warms it up, activate subscribes. A bundle that does not load fails the
    transition; the node stays alive and can be configured again.
    """

    def __init__(self) -> None:
        super().__init__("pose_node")
        declare_parameters(self)
        self._settings: NodeSettings = read_settings(self)
        self._statistics = Statistics()
        self._bundle: Bundle | None = None
        self._estimator: PoseEstimator | None = None
        self._outputs: Outputs | None = None
        self._pipeline: FramePipeline | None = None
        self._worker: Worker[Frame] | None = None
        self._inputs: list[Subscription[Any]] = []
        self._state = "unconfigured"
        self.add_on_set_parameters_callback(self._check_parameters)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self.create_service(Trigger, "~/reset_tracks", self._reset_tracks)
        self.create_timer(DIAGNOSTICS_PERIOD_S, self._publish_diagnostics)

    def start(self) -> None:
        """Configures and activates, unless a lifecycle manager is to do it (`autostart` false)."""
        if self._settings.autostart and self.trigger_configure() == SUCCESS:
            self.trigger_activate()

    # --- transitions

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Loads the bundle and runs it once, so that the first frame is as fast as the others."""
        self._statistics = Statistics()
        try:
            self._settings = read_settings(self)
            self._load()
        except FpgnasError as error:
            return self._fail(str(error))
        except Exception as error:
            if not self.context.ok():  # a signal ended it meanwhile: what fails then says nothing about the model
                self._unload()
                return FAILURE
            self.get_logger().error(traceback.format_exc())
            return self._fail(f"cannot load the model: {type(error).__name__}: {error}")
        self._state = "inactive"
        return SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribes."""
        assert self._pipeline is not None
        self._worker = Worker(self._pipeline.process)
        self._worker.start()
        self._pipeline.reset_tracks()
        self._subscribe()
        self._state = "active"
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stops listening; the model stays loaded."""
        self._stop()
        self._state = "inactive"
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Forgets the model."""
        self._unload()
        self._state = "unconfigured"
        return SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stops for good."""
        self._stop()
        self._unload()
        self._state = "finalized"
        return SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Back to unconfigured, from where the node can be configured again."""
        self._stop()
        self._unload()
        self._state = "unconfigured"
        return SUCCESS

    # --- what they consist of

    def _load(self) -> None:
        started, settings = time.monotonic(), self._settings
        # Said first: a node that is silent while it loads looks dead.
        self.get_logger().info(f"loading model {settings.model}")
        bundle = load_bundle(resolve_model(settings.model))
        names = tuple(model.name for model in bundle.objects)
        check_object(settings.object, names)
        self._estimator = PoseEstimator(bundle, settings.threads or None, settings.confidence_threshold)
        self._estimator.warm_up(*WARM_UP_SIZE)
        provider = self._estimator.execution_provider
        self._outputs = Outputs(self, bundle.objects, model_info(bundle, provider))
        self._pipeline = FramePipeline(
            bundle,
            self._estimator,
            self._outputs,
            self._statistics,
            self.get_logger(),
            settings=lambda: self._settings,
            now_s=lambda: 1e-9 * self.get_clock().now().nanoseconds,
        )
        self._bundle = bundle
        self.get_logger().info(
            f"{bundle.path.name}: {', '.join(names)}; {bundle.flops / 1e6:.0f} MFLOPs a crop on "
            f"{provider}; ready in {time.monotonic() - started:.1f} s"
        )

    def _fail(self, message: str) -> TransitionCallbackReturn:
        self._unload()
        self._statistics.add_error(message)
        self.get_logger().error(f"configure failed: {message}")
        return FAILURE

    def _unload(self) -> None:
        if self._outputs is not None:
            self._outputs.destroy()
        self._outputs = self._pipeline = self._estimator = self._bundle = None

    def _subscribe(self) -> None:
        options = QoSOverridingOptions.with_default_policies()
        raw = self._settings.image_transport == "raw"
        kind, topic = (Image, "image") if raw else (CompressedImage, "image/compressed")
        self._inputs = [
            self.create_subscription(message, name, callback, INPUT_QOS, qos_overriding_options=options)
            for message, name, callback in (
                (CameraInfo, "camera_info", self._take_camera_info),
                (kind, topic, self._take_image),
            )
        ]

    def _stop(self) -> None:
        for subscription in self._inputs:
            self.destroy_subscription(subscription)
        self._inputs = []
        if self._worker is not None:
            self._worker.stop()
        self._worker = None

    def close(self) -> None:
        """Ends the worker and the subscriptions, in whatever state the node is."""
        self._stop()
        self._unload()

    # --- messages

    def _take_camera_info(self, info: CameraInfo) -> None:
        if self._pipeline is not None and self._worker is not None:
            self._pipeline.camera_info = info
            self._worker.open()

    def _take_image(self, message: Image | CompressedImage) -> None:
        if self._worker is None or self._pipeline is None:
            return
        self._statistics.add_received(self._worker.slot.put(Frame(message, time.monotonic())))
        if self._pipeline.camera_info is None:
            topic = self._inputs[0].topic_name
            text = f"no pose without camera_info: waiting for it on {topic}"
            self.get_logger().warning(text, throttle_duration_sec=LOG_PERIOD_S)

    def _check_parameters(self, changes: list[Parameter[Any]]) -> SetParametersResult:
        names = tuple(model.name for model in self._bundle.objects) if self._bundle else ()
        result = check_changes(changes, self._bundle is not None, names)
        if result.successful:
            known = {c.name: c.value for c in changes if hasattr(self._settings, c.name)}
            self._settings = replace(self._settings, **known)
        return result

    def _reset_tracks(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        if self._pipeline is not None:
            self._pipeline.reset_tracks()
        response.success = self._pipeline is not None
        response.message = "all tracks start anew" if response.success else "no tracks: the node is not configured"
        return response

    # --- diagnostics

    def _publish_diagnostics(self) -> None:
        snapshot, has_info = self._statistics.snapshot(), self._pipeline is not None and self._pipeline.camera_info
        inputs = (
            self._input(0, bool(has_info)),
            self._input(1, snapshot.seconds_since_image < WINDOW_S),
        )
        name = f"{self.get_fully_qualified_name()}: pose estimation"
        status = diagnostic_status(name, self._state, snapshot, self._details(), *inputs)
        self._diagnostics.publish(diagnostic_array(self.get_clock().now().to_msg(), status))

    def _input(self, place: int, is_alive: bool) -> InputTopic | None:
        if not self._inputs:
            return None
        topic = self._inputs[place].topic_name
        return InputTopic(topic, self.count_publishers(topic), is_alive)

    def _details(self) -> dict[str, str]:
        kind = "rectified " if self._settings.rectified else ""
        details = {
            "model": self._settings.model,
            "transport": f"{self._settings.image_transport} {kind}images over {get_rmw_implementation_identifier()}",
        }
        if self._estimator is not None and self._pipeline is not None:
            details["execution provider"] = self._estimator.execution_provider
            details["tracks"] = str(len(self._pipeline.tracker))
        return details
