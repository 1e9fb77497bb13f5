"""What happens to one image: decode, check, estimate, publish, count."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from rclpy.impl.rcutils_logger import RcutilsLogger
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from fpgnas_core.bundle import Bundle
from fpgnas_core.errors import FpgnasError
from fpgnas_core.estimator import PoseEstimate, PoseEstimator
from fpgnas_core.recording.messages import stamp_of
from fpgnas_ros.camera_info_check import camera_from_info, check_fits
from fpgnas_ros.image_conversion import image_decoder
from fpgnas_ros.outputs import Outputs
from fpgnas_ros.parameters import NodeSettings
from fpgnas_ros.statistics import Statistics

LOG_PERIOD_S = 5.0
FORGET_AFTER_S = 0.5


@dataclass(frozen=True)
class Frame:
    """An image message and when it was received (time.monotonic, seconds)."""

    message: Image | CompressedImage
    received_at: float


class FramePipeline:
    """Works on one frame at a time, in the worker's thread. `camera_info` is set from the executor's."""

    def __init__(
        self,
        bundle: Bundle,
        outputs: Outputs,
        statistics: Statistics,
        logger: RcutilsLogger,
        settings: Callable[[], NodeSettings],
    ) -> None:
        initial = settings()
        self.camera_info: CameraInfo | None = None
        self.estimator = PoseEstimator(bundle, initial.threads or None, initial.confidence_threshold)
        self._decode = image_decoder(initial.image_transport)
        self._outputs, self._statistics, self._logger = outputs, statistics, logger
        self._settings = settings
        self._previous: list[PoseEstimate] = []
        self._previous_stamp_s = 0.0
        self._frames_since_first_pass = 0

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
        camera = camera_from_info(info)
        check_fits(camera, info, (image.shape[1], image.shape[0]), header.frame_id)
        self.estimator.confidence_threshold = settings.confidence_threshold
        estimates = self.estimator.estimate(image, camera, self._to_follow(frame, settings.first_pass_period))
        self._previous = estimates
        self._outputs.publish(header, estimates, settings)
        self._count(frame, started, decoded, bool(estimates))
        self._outputs.publish_picture(header, image, estimates, camera)

    def _to_follow(self, frame: Frame, first_pass_period: int) -> list[PoseEstimate]:
        """Poses to follow: none when the whole frame is due, the last one is too old, or time jumped back."""
        stamp = frame.message.header.stamp
        stamp_s = stamp.sec + 1e-9 * stamp.nanosec
        gap_s, self._previous_stamp_s = stamp_s - self._previous_stamp_s, stamp_s
        self._frames_since_first_pass += 1
        is_due = self._frames_since_first_pass >= first_pass_period
        if is_due or not self._previous or not 0 <= gap_s < FORGET_AFTER_S:
            self._frames_since_first_pass = 0
            return []
        return self._previous

    def _count(self, frame: Frame, started: float, decoded: float, has_pose: bool) -> None:
        timings, now = self.estimator.last_timings, time.monotonic()
        steps = {
            "waiting": started - frame.received_at,
            "image conversion": decoded - started,
            "preprocessing": timings.preprocess_s,
            "network": timings.network_s,
            "decoding": timings.decode_s,
            "pnp": timings.pnp_s,
            "received to published": now - frame.received_at,
        }
        self._statistics.add_processed(steps, has_pose)
        parts = ", ".join(f"{name} {1000 * seconds:.3f} ms" for name, seconds in steps.items())
        self._logger.debug(f"frame {stamp_of(frame.message)}: {parts}")
