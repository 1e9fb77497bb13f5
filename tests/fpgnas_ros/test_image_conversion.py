"""Every encoding against a picture whose colours are known; bad data is refused with the reason."""

import cv2
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from fpgnas_core.errors import ImageError
from fpgnas_ros.image_conversion import bgr_to_image, compressed_to_bgr, image_decoder, image_to_bgr

BLUE, GREEN, RED = 10, 120, 250
HEIGHT, WIDTH = 4, 6


def message(encoding: str, pixels: list[int], padding: int = 0) -> Image:
    """An image of one colour, given by the bytes of a pixel, with padding at the end of each row."""
    row = bytes(pixels) * WIDTH + b"\xff" * padding
    image = Image(encoding=encoding, height=HEIGHT, width=WIDTH, step=len(row))
    image.data = row * HEIGHT
    return image


@pytest.mark.parametrize(
    ("encoding", "pixel", "expected"),
    [
        ("bgr8", [BLUE, GREEN, RED], (BLUE, GREEN, RED)),
        ("rgb8", [RED, GREEN, BLUE], (BLUE, GREEN, RED)),
        ("bgra8", [BLUE, GREEN, RED, 7], (BLUE, GREEN, RED)),
        ("rgba8", [RED, GREEN, BLUE, 7], (BLUE, GREEN, RED)),
        ("mono8", [77], (77, 77, 77)),
    ],
)
@pytest.mark.parametrize("padding", [0, 5])
def test_each_encoding_gives_bgr(encoding: str, pixel: list[int], expected: tuple[int, ...], padding: int) -> None:
    converted = image_to_bgr(message(encoding, pixel, padding))
    np.testing.assert_array_equal(converted, np.full((HEIGHT, WIDTH, 3), expected, np.uint8))


@pytest.mark.parametrize(
    ("encoding", "pattern"),
    [
        ("bayer_rggb8", [[RED, GREEN], [GREEN, BLUE]]),
        ("bayer_bggr8", [[BLUE, GREEN], [GREEN, RED]]),
        ("bayer_gbrg8", [[GREEN, BLUE], [RED, GREEN]]),
        ("bayer_grbg8", [[GREEN, RED], [BLUE, GREEN]]),
    ],
)
def test_bayer_patterns_give_the_colour_that_was_mosaicked(encoding: str, pattern: list[list[int]]) -> None:
    mosaic = np.tile(np.array(pattern, np.uint8), (4, 4))
    image = Image(encoding=encoding, height=8, width=8, step=8)
    image.data = mosaic.tobytes()
    inner = image_to_bgr(image)[2:-2, 2:-2]
    np.testing.assert_array_equal(inner, np.full(inner.shape, (BLUE, GREEN, RED), np.uint8))


@pytest.mark.parametrize(("encoding", "pair"), [("yuv422", "UYVY"), ("yuyv", "YUYV")])
def test_yuv_pairs_give_the_colour_that_was_coded(encoding: str, pair: str) -> None:
    # ITU-R BT.601, studio range: Y 81, U 90, V 240 is pure red
    values = {"Y": 81, "U": 90, "V": 240}
    image = Image(encoding=encoding, height=2, width=4, step=8)
    image.data = bytes([values[c] for c in pair] * 4)
    np.testing.assert_allclose(image_to_bgr(image)[0, 0], (0, 0, 255), atol=3)


def test_unknown_encoding_names_itself_and_what_is_known() -> None:
    with pytest.raises(ImageError, match=r"mono8.*'16SC7'"):
        image_to_bgr(message("16SC7", [1]))


def test_truncated_data_is_refused() -> None:
    image = message("bgr8", [BLUE, GREEN, RED])
    image.data = image.data[:-1]
    with pytest.raises(ImageError, match="expected 72 bytes of image data, got 71"):
        image_to_bgr(image)


def test_a_step_smaller_than_a_row_is_refused() -> None:
    image = message("bgr8", [BLUE, GREEN, RED])
    image.step = 17
    with pytest.raises(ImageError, match=r"at least 18 bytes .* got step 17"):
        image_to_bgr(image)


def test_an_empty_image_is_refused() -> None:
    with pytest.raises(ImageError, match="0x0"):
        image_to_bgr(Image(encoding="bgr8"))


def test_png_decodes_to_the_same_picture() -> None:
    picture = np.arange(HEIGHT * WIDTH * 3, dtype=np.uint8).reshape(HEIGHT, WIDTH, 3)
    data = cv2.imencode(".png", picture)[1].tobytes()
    decoded = image_decoder("compressed")(CompressedImage(format="png", data=data))
    np.testing.assert_array_equal(decoded, picture)


@pytest.mark.parametrize("data", [b"", b"not a jpeg"])
def test_data_that_does_not_decode_is_refused(data: bytes) -> None:
    with pytest.raises(ImageError, match="do not decode"):
        compressed_to_bgr(CompressedImage(format="jpeg", data=data))


def test_an_array_survives_the_way_into_a_message_and_back() -> None:
    picture = np.arange(HEIGHT * WIDTH * 3, dtype=np.uint8).reshape(HEIGHT, WIDTH, 3)[:, ::2]
    sent = bgr_to_image(picture, Header(frame_id="camera"))
    assert (sent.header.frame_id, sent.step) == ("camera", 9)
    np.testing.assert_array_equal(image_to_bgr(sent), picture)
