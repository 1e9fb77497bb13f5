"""What happens to one image: decode, check, estimate, track, publish, count."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from rclpy.impl.rcutils_logger import RcutilsLogger
from rclpy.logging import LoggingSeverity
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from fpgnas_core.bundle import Bundle
from fpgnas_core.errors import FpgnasError
from fpgnas_core.estimator import PoseEstimator
from fpgnas_core.pose_estimate import PoseEstimate
from fpgnas_core.recording.messages import stamp_of
from fpgnas_core.tracking.tracker import Tracker
from fpgnas_ros.camera_info_check import camera_from_info, check_fits
from fpgnas_ros.image_conversion import image_decoder
from fpgnas_ros.outputs import Outputs
from fpgnas_ros.parameters import NodeSettings
from fpgnas_ros.statistics import Statistics

LOG_PERIOD_S = 5.0


@dataclass(frozen=True)
class Frame:
    """An image message and when it was received (time.monotonic, seconds)."""

    message: Image | CompressedImage
    received_at: float

    @property
    def is_stamped(self) -> bool:
        """Whether the camera said when it took the image."""
        return stamp_of(self.message) != 0

    @property
    def time_s(self) -> float:
        """The image's stamp, seconds; where it has none, when it was received, so that tracks still have a time."""
        return 1e-9 * stamp_of(self.message) if self.is_stamped else self.received_at


class FramePipeline:
    """Works on one frame at a time, in the worker's thread. `camera_info` is set from the executor's."""

    def __init__(
        self,
        bundle: Bundle,
        estimator: PoseEstimator,
        outputs: Outputs,
        statistics: Statistics,
        logger: RcutilsLogger,
        settings: Callable[[], NodeSettings],
        now_s: Callable[[], float],
    ) -> None:
        """settings: the present ones; now_s: the node's clock, seconds."""
        self.camera_info: CameraInfo | None = None
        self.tracker = Tracker(bundle.objects)
        self._estimator = estimator
        self._decode = image_decoder(settings().image_transport)
        self._outputs, self._statistics, self._logger = outputs, statistics, logger
        self._settings, self._now_s = settings, now_s
        self._reset_is_due = threading.Event()
        self._time_s = float("-inf")
        self._frames_since_first_pass = 0

    def reset_tracks(self) -> None:
        """From the next frame on nothing is known of those before; for any thread."""
        self._reset_is_due.set()

    def process(self, frame: Frame) -> None:
        """Publishes what `frame` shows; an image that cannot be used is counted and named, never fatal."""
        try:
            self._process(frame)
        except FpgnasError as error:
            self._statistics.add_error(str(error))
            self._logger.error(str(error), throttle_duration_sec=LOG_PERIOD_S)
        except Exception as error:  # one frame must not end the node, whatever it holds
            self._statistics.add_error(f"{type(error).__name__}: {error}")
            self._logger.error(f"unexpected {type(error).__name__}: {error}", throttle_duration_sec=LOG_PERIOD_S)

    def _process(self, frame: Frame) -> None:
        settings, header, info = self._settings(), frame.message.header, self.camera_info
        assert info is not None  # the worker starts only when there is one
        started = time.monotonic()
        image = self._decode(frame.message)
        decoded = time.monotonic()
        camera = camera_from_info(info, settings.rectified)
        check_fits(camera, info, (image.shape[1], image.shape[0]), header.frame_id)
        self._estimator.confidence_threshold = settings.confidence_threshold
        self._prepare_tracker(frame, settings)
        seen = self._estimator.estimate(image, camera, self._to_follow(frame, settings.first_pass_period))
        estimated = time.monotonic()
        estimates = self.tracker.update(frame.time_s, seen)
        tracked = time.monotonic()
        self._outputs.publish(header, estimates, settings)
        own = {
            "image conversion": decoded - started,
            "tracking": tracked - estimated,
            "publishing": time.monotonic() - tracked,
        }
        self._count(frame, started, own, bool(estimates))
        self._outputs.publish_picture(header, image, estimates, camera)

    def _prepare_tracker(self, frame: Frame, settings: NodeSettings) -> None:
        self.tracker.settings = settings.tracking
        if self._reset_is_due.is_set():
            self._reset_is_due.clear()
            self.tracker.reset()
        if frame.time_s < self._time_s:  # the tracker forgets all by itself
            self._statistics.add_time_jump()
            self._logger.info(f"time jumped back by {self._time_s - frame.time_s:.3f} s: all tracks start anew")
        self._time_s = frame.time_s

    def _to_follow(self, frame: Frame, first_pass_period: int) -> list[PoseEstimate]:
        """Poses to follow: none when the whole frame is due."""
        self._frames_since_first_pass += 1
        is_due = self._frames_since_first_pass >= first_pass_period
        expected = [] if is_due else self.tracker.expected(frame.time_s)
        if not expected:
            self._frames_since_first_pass = 0
        return expected

    def _count(self, frame: Frame, started: float, own: dict[str, float], has_pose: bool) -> None:
        timings, now = self._estimator.last_timings, time.monotonic()
        steps = {
            "waiting": started - frame.received_at,
            **own,
            "preprocessing": timings.preprocess_s,
            "network": timings.network_s,
            "decoding": timings.decode_s,
            "pnp": timings.pnp_s,
            "outline": timings.outline_s,
            "outside the network": now - started - timings.network_s,
            "received to published": now - frame.received_at,
        }
        if frame.is_stamped:
            steps["image age"] = self._now_s() - frame.time_s
        self._statistics.add_processed(steps, has_pose, frame.is_stamped)
        if self._logger.is_enabled_for(LoggingSeverity.DEBUG):
            parts = ", ".join(f"{name} {1000 * seconds:.3f} ms" for name, seconds in steps.items())
            self._logger.debug(f"frame {stamp_of(frame.message)}: {parts}")
