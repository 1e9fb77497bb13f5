"""Every encoding against a picture whose colours are known; bad data is refused with the reason."""

import array

import numpy as np
import pytest

from fpgnas_core.errors import ImageError
from fpgnas_core.image_encodings import ENCODINGS, RawBytes, raw_to_bgr

BLUE, GREEN, RED = 10, 120, 250
HEIGHT, WIDTH = 4, 6
PIXEL = bytes([BLUE, GREEN, RED])


@pytest.mark.parametrize(
    ("encoding", "pixel", "expected"),
    [
        ("bgr8", [BLUE, GREEN, RED], (BLUE, GREEN, RED)),
        ("8UC3", [BLUE, GREEN, RED], (BLUE, GREEN, RED)),
        ("rgb8", [RED, GREEN, BLUE], (BLUE, GREEN, RED)),
        ("bgra8", [BLUE, GREEN, RED, 7], (BLUE, GREEN, RED)),
        ("rgba8", [RED, GREEN, BLUE, 7], (BLUE, GREEN, RED)),
        ("mono8", [77], (77, 77, 77)),
        ("8UC1", [77], (77, 77, 77)),
    ],
)
@pytest.mark.parametrize("padding", [0, 5])
def test_each_encoding_gives_bgr(encoding: str, pixel: list[int], expected: tuple[int, ...], padding: int) -> None:
    row = bytes(pixel) * WIDTH + b"\xff" * padding
    converted = raw_to_bgr(row * HEIGHT, encoding, WIDTH, HEIGHT, len(row))
    np.testing.assert_array_equal(converted, np.full((HEIGHT, WIDTH, 3), expected, np.uint8))
    assert converted.flags.c_contiguous


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
    inner = raw_to_bgr(mosaic.tobytes(), encoding, 8, 8, 8)[2:-2, 2:-2]
    np.testing.assert_array_equal(inner, np.full(inner.shape, (BLUE, GREEN, RED), np.uint8))


@pytest.mark.parametrize(
    ("encoding", "pair"), [("yuv422", "UYVY"), ("uyvy", "UYVY"), ("yuv422_yuy2", "YUYV"), ("yuyv", "YUYV")]
)
def test_yuv_pairs_give_the_colour_that_was_coded(encoding: str, pair: str) -> None:
    # ITU-R BT.601, studio range: Y 81, U 90, V 240 is pure red
    values = {"Y": 81, "U": 90, "V": 240}
    data = bytes([values[c] for c in pair] * 4)
    converted = raw_to_bgr(data, encoding, 4, 2, 8)
    np.testing.assert_allclose(converted, np.full((2, 4, 3), (0, 0, 255), np.uint8), atol=3)


@pytest.mark.parametrize("data", [PIXEL, bytearray(PIXEL), array.array("B", PIXEL), np.frombuffer(PIXEL, np.uint8)])
def test_bytes_of_every_kind_are_taken(data: RawBytes) -> None:
    np.testing.assert_array_equal(raw_to_bgr(data, "rgb8", 1, 1, 3), [[[RED, GREEN, BLUE]]])


def test_bytes_after_the_last_row_are_ignored() -> None:
    np.testing.assert_array_equal(raw_to_bgr(PIXEL + b"\x01\x02", "bgr8", 1, 1, 3), [[[BLUE, GREEN, RED]]])


def test_unknown_encoding_names_itself_and_all_that_are_known() -> None:
    with pytest.raises(ImageError, match=f"expected an image encoding of {', '.join(ENCODINGS)}; got '16SC7'"):
        raw_to_bgr(PIXEL, "16SC7", 1, 1, 3)


def test_truncated_data_is_refused() -> None:
    with pytest.raises(ImageError, match="expected 72 bytes of image data, got 71: truncated"):
        raw_to_bgr(bytes(71), "bgr8", WIDTH, HEIGHT, 18)


@pytest.mark.parametrize(
    ("width", "height", "step", "message"),
    [
        (6, 4, 17, r"at least 18 bytes \(6x4 bgr8\), got step 17; check the camera driver"),
        (0, 4, 18, "0x4"),
        (6, 0, 18, "6x0"),
    ],
)
def test_sizes_that_hold_no_image_are_refused(width: int, height: int, step: int, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        raw_to_bgr(bytes(72), "bgr8", width, height, step)
