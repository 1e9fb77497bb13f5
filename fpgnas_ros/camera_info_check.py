"""From camera_info to the camera of the image that came, or one line on why they do not fit."""

from sensor_msgs.msg import CameraInfo

from fpgnas_core.calibration import Region, calibrated_lens, image_camera
from fpgnas_core.camera import Camera
from fpgnas_core.errors import CameraError


def camera_from_info(info: CameraInfo, rectified: bool = False) -> Camera:
    """The camera of the images that `info` describes: region of interest and binning applied (REP-104).

    K and D, or P alone where the images are `rectified`, hold for the full, unbinned image. The poses of rectified
    images are in the rectified camera's axes. Raises CameraError.
    """
    sensor = _rectified_sensor(info) if rectified else _sensor(info)
    roi = info.roi
    region = Region(roi.x_offset, roi.y_offset, roi.width, roi.height)
    _check_within(sensor, region)
    return image_camera(sensor, region, (info.binning_x, info.binning_y))


def _sensor(info: CameraInfo) -> Camera:
    if info.k[0] == 0.0:
        raise CameraError("camera_info has focal length 0 in K: the camera is not calibrated; calibrate it")
    lens = calibrated_lens(info.d, info.distortion_model)
    fx, _, cx, _, fy, cy = (float(value) for value in info.k[:6])
    return Camera(fx, fy, cx, cy, int(info.width), int(info.height), lens.distortion, lens.model)


def _rectified_sensor(info: CameraInfo) -> Camera:
    fx, _, cx, tx, _, fy, cy, ty = (float(value) for value in info.p[:8])
    if fx == 0.0:
        raise CameraError("camera_info has focal length 0 in P: nothing was rectified; set rectified to false")
    if (tx, ty) != (0.0, 0.0):
        raise CameraError(
            f"camera_info's P moves the camera by ({-tx / fx:.3f}, {-ty / fy:.3f}) m: it is the second of a stereo "
            "pair, of which nobody knows whose frame its images name; use the first"
        )
    return Camera(fx, fy, cx, cy, int(info.width), int(info.height))


def _check_within(sensor: Camera, region: Region) -> None:
    x0, y0, width, height = region
    if width and height and (x0 + width > sensor.width or y0 + height > sensor.height):
        raise CameraError(
            f"camera_info: expected a region of interest within {sensor.width}x{sensor.height}, got "
            f"{width}x{height} at ({x0}, {y0})"
        )


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
