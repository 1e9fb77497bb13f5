"""From an image to poses: first pass on the frame, second pass on a crop of each instance, PnP."""

from dataclasses import dataclass

from fpgnas_core.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class PoseEstimate:
    """The pose of one instance."""

    object_id: int
    """BOP id."""
    name: str
    """The object's name in the bundle."""
    T_camera_object: FloatArray
    """(4, 4), metres."""
    covariance: FloatArray
    """(6, 6) of t + dt and Exp(dtheta) R in camera axes, order x y z (m), rotations (rad)."""
    confidence: float
    """0 to 1."""
    keypoints_px: FloatArray
    """(n_keypoints, 2), where the network saw the keypoints, pixels of the frame."""
    reprojection_rms_px: float
    """Root mean square distance of those from the pose's projections, pixels of the frame."""
    instance: int
    """Number of this instance among those of its object, from 0."""


@dataclass(frozen=True)
class Timings:
    """Where the time of the last frame went, seconds."""

    preprocess_s: float = 0.0
    network_s: float = 0.0
    decode_s: float = 0.0
    pnp_s: float = 0.0
