"""From camera_info to the camera of the image that came, or one line on why they do not fit."""

from sensor_msgs.msg import CameraInfo

from fpgnas_core.camera import Camera
from fpgnas_core.errors import CameraError


def camera_from_info(info: CameraInfo) -> Camera:
    """The camera of the images that `info` describes: region of interest and binning applied (REP-104).

    K and D hold for the full, unbinned image. Raises CameraError.
    """
    if info.k[0] == 0.0:
        raise CameraError("camera_info has focal length 0: the camera is not calibrated; calibrate it")
    full = Camera(
        fx=float(info.k[0]),
        fy=float(info.k[4]),
        cx=float(info.k[2]),
        cy=float(info.k[5]),
        width=int(info.width),
        height=int(info.height),
        distortion=_trimmed(info),
        distortion_model=info.distortion_model or "plumb_bob",
    )
    return _binned(_region(full, info), info)


def _trimmed(info: CameraInfo) -> tuple[float, ...]:
    """The coefficients; all zero is no distortion, whatever their number."""
    return tuple(float(d) for d in info.d) if any(info.d) else ()


def _region(camera: Camera, info: CameraInfo) -> Camera:
    roi = info.roi
    if roi.width == 0 or roi.height == 0:  # all zeros: the full image
        return camera
    if roi.x_offset + roi.width > camera.width or roi.y_offset + roi.height > camera.height:
        raise CameraError(
            f"camera_info: expected a region of interest within {camera.width}x{camera.height}, got "
            f"{roi.width}x{roi.height} at ({roi.x_offset}, {roi.y_offset})"
        )
    return camera.cropped(roi.x_offset, roi.y_offset, roi.width, roi.height)


def _binned(camera: Camera, info: CameraInfo) -> Camera:
    x, y = max(1, info.binning_x), max(1, info.binning_y)  # 0 means 1
    return camera.resized(camera.width // x, camera.height // y) if x > 1 or y > 1 else camera


def check_fits(camera: Camera, info: CameraInfo, image_size: tuple[int, int], image_frame: str) -> None:
    """Raises CameraError unless an image of that size (width, height) and frame is of that camera."""
    if image_size != (camera.width, camera.height):
        raise CameraError(
            f"camera_info is for {camera.width}x{camera.height}, the image is "
            f"{image_size[0]}x{image_size[1]}; publish the camera_info of this image"
        )
    if not image_frame:
        raise CameraError("the image has no frame_id; set the frame of the camera driver")
    if info.header.frame_id and info.header.frame_id != image_frame:
        raise CameraError(
            f"camera_info is of frame {info.header.frame_id!r}, the image of {image_frame!r}; "
            "check which camera_info is connected"
        )
