"""Messages against a picture whose colours are known; bad data is refused with the reason."""

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


@pytest.mark.parametrize(("encoding", "pixel"), [("bgr8", [BLUE, GREEN, RED]), ("rgba8", [RED, GREEN, BLUE, 7])])
def test_the_sizes_and_encoding_of_a_message_are_followed(encoding: str, pixel: list[int]) -> None:
    converted = image_to_bgr(message(encoding, pixel, padding=5))
    np.testing.assert_array_equal(converted, np.full((HEIGHT, WIDTH, 3), (BLUE, GREEN, RED), np.uint8))


def test_unknown_encoding_names_itself_and_what_is_known() -> None:
    with pytest.raises(ImageError, match=r"mono8.*'16SC7'"):
        image_to_bgr(message("16SC7", [1]))


def test_truncated_data_is_refused() -> None:
    image = message("bgr8", [BLUE, GREEN, RED])
    image.data = image.data[:-1]
    with pytest.raises(ImageError, match="expected 72 bytes of image data, got 71"):
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
