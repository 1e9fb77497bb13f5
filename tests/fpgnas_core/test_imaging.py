import numpy as np
import pytest

from fpgnas_core.imaging import CropBox, Normaliser, PixelMap, crop, whole_frame

FILL = (10.0, 20.0, 30.0)


def ramp(width: int, height: int, gain: int = 1) -> np.ndarray:
    """Return an image of blue = gain * column and green = gain * row."""
    image = np.zeros((height, width, 3), np.uint8)
    image[:, :, 0], image[:, :, 1] = gain * np.arange(width), gain * np.arange(height)[:, None]
    return image


def test_map_by_hand() -> None:
    # Pixel 0 of an input at half size covers frame pixels 100 and 101, whose middle is 100.5.
    pixel_map = PixelMap.resized((100.0, 50.0), (2.0, 3.0))
    np.testing.assert_allclose(pixel_map.to_frame(np.array([[0.0, 0.0]])), [[100.5, 51.0]])
    np.testing.assert_allclose(
        pixel_map.covariances_to_frame(np.array([[1.0, 0.5], [0.5, 2.0]])), [[4.0, 3.0], [3.0, 18.0]]
    )


def test_box_is_centred_and_filled() -> None:
    # The extent, 70 pixels from 100 to 170, spans 0.7 of 100 pixels around the middle at 135, 120.
    box = CropBox.around(np.array([[100.0, 110.0], [170.0, 130.0]]), fill=0.7, longer_side=640)
    assert box.side == 100
    assert abs(box.x0 + (box.side - 1) / 2 - 135) <= 0.5
    assert abs(box.y0 + (box.side - 1) / 2 - 120) <= 0.5


def test_box_of_one_point_has_a_smallest_side() -> None:
    assert CropBox.around(np.array([[50.0, 50.0]] * 4), fill=0.7, longer_side=640).side == 24


def test_box_of_votes_far_apart_has_a_largest_side() -> None:
    assert CropBox.around(np.array([[-1e6, 0.0], [1e6, 0.0]]), fill=0.7, longer_side=640).side == 1920


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (CropBox(-9, 0, 10), True),
        (CropBox(-10, 0, 10), False),
        (CropBox(99, 49, 10), True),
        (CropBox(100, 0, 10), False),
        (CropBox(0, 50, 10), False),
    ],
)
def test_overlap_with_the_frame(box: CropBox, expected: bool) -> None:
    assert box.overlaps(100, 50) is expected


def test_whole_frame_keeps_the_aspect_ratio() -> None:
    small, pixel_map = whole_frame(np.zeros((480, 640, 3), np.uint8), 320)
    assert small.shape == (240, 320, 3)
    np.testing.assert_allclose(pixel_map.matrix, [[2, 0, 0.5], [0, 2, 0.5]])


def test_odd_sizes_have_a_step_for_each_axis() -> None:
    small, pixel_map = whole_frame(np.zeros((333, 1000, 3), np.uint8), 320)
    assert small.shape == (107, 320, 3)
    np.testing.assert_allclose(pixel_map.matrix[:, :2], np.diag([3.125, 333 / 107]))


@pytest.mark.parametrize("longer_side", [40, 125, 200])
def test_frame_pixels_are_where_the_map_says(longer_side: int) -> None:
    small, pixel_map = whole_frame(ramp(200, 100), longer_side)
    rows, columns = np.mgrid[2 : small.shape[0] - 2, 2 : small.shape[1] - 2]
    frame = pixel_map.to_frame(np.stack([columns, rows], axis=2))
    assert np.abs(small[rows, columns, :2] - frame).max() <= 0.51


def test_enlarged_crop_pixels_are_where_the_map_says() -> None:
    # Six levels per pixel, so that rounding of bytes cannot hide an error of a sixth of a pixel.
    part, pixel_map = crop(ramp(42, 41, gain=6), CropBox(2, 3, 37), 64, FILL)
    rows, columns = np.mgrid[4:60, 4:60]
    frame = pixel_map.to_frame(np.stack([columns, rows], axis=2))
    assert np.abs(part[rows, columns, :2] / 6 - frame).max() < 1 / 6


@pytest.mark.parametrize("side", [64, 90, 200])
def test_shrunk_crop_pixels_are_where_the_map_says(side: int) -> None:
    part, pixel_map = crop(ramp(250, 240), CropBox(20, 15, side), 64, FILL)
    assert part.shape == (64, 64, 3)
    rows, columns = np.mgrid[4:60, 4:60]
    frame = pixel_map.to_frame(np.stack([columns, rows], axis=2))
    assert np.abs(part[rows, columns, :2] - frame).max() <= 0.51


@pytest.mark.parametrize("roll", [0.3, 1.6, -2.9])
def test_turned_crop_pixels_are_where_the_map_says(roll: float) -> None:
    part, pixel_map = crop(ramp(250, 240), CropBox(20, 15, 120, roll), 64, FILL)
    assert part.shape == (64, 64, 3)
    rows, columns = np.mgrid[4:60, 4:60]
    frame = pixel_map.to_frame(np.stack([columns, rows], axis=2))
    assert np.abs(part[rows, columns, :2] - frame).max() <= 1.01  # two roundings


def test_quarter_turn_by_hand() -> None:
    """Turned by a quarter from x to y, what was right of the middle is below it."""
    image = np.zeros((100, 100, 3), np.uint8)
    image[48:52, 78:82] = 255
    part, pixel_map = crop(image, CropBox(18, 18, 64, np.pi / 2), 64, FILL)
    rows, columns = np.nonzero(part[:, :, 0] > 128)
    assert (columns.mean(), rows.mean()) == pytest.approx((31.5, 61.5), abs=0.1)
    np.testing.assert_allclose(pixel_map.to_frame(np.array([31.5, 61.5])), [79.5, 49.5], atol=1e-9)


def test_turned_box_holds_the_turned_extent() -> None:
    """Keypoints along a diagonal, 100 px long: turned level they span 0.7 of the crop, whatever lies round it."""
    ends = np.array([[0.0, 0.0], [1.0, 1.0]]) * 100 / np.sqrt(2) + 200
    box = CropBox.around(ends, fill=0.7, longer_side=640, roll=-np.pi / 4)
    _, pixel_map = crop(np.zeros((640, 640, 3), np.uint8), box, 128, FILL)
    left, right = (np.linalg.solve(pixel_map.matrix[:, :2], end - pixel_map.matrix[:, 2]) for end in ends)
    np.testing.assert_allclose(right - left, [0.7 * 128, 0.0], atol=0.6)
    np.testing.assert_allclose((left + right) / 2, 63.5, atol=0.6)


def test_crop_of_equal_size_copies() -> None:
    image = np.random.default_rng(0).integers(0, 256, (100, 120, 3), dtype=np.uint8)
    part, _ = crop(image, CropBox(30, 20, 64), 64, FILL)
    np.testing.assert_array_equal(part, image[20:84, 30:94])


def test_beyond_the_frame_is_filled() -> None:
    part, pixel_map = crop(ramp(100, 50), CropBox(-32, -16, 64), 64, FILL)
    assert part[0, 0].tolist() == list(FILL)
    assert part[20, 31].tolist() == list(FILL)
    assert part[20, 40].tolist() == [8, 4, 0]
    np.testing.assert_allclose(pixel_map.to_frame(np.array([40.0, 20.0])), [8.0, 4.0])


def test_shrinking_averages_all_pixels() -> None:
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 200
    part, _ = crop(stripes, CropBox(0, 0, 256), 64, FILL)
    assert (part == 100).all()


def test_normalised_planes_are_rgb() -> None:
    normaliser = Normaliser((0.5, 0.25, 0.0), (0.5, 0.25, 1.0))
    image = np.full((1, 2, 3), (51, 127, 255), np.uint8)  # blue, green, red
    batch = normaliser.batch([image, image])
    assert batch.shape == (2, 3, 32, 32)
    assert batch.dtype == np.float32
    expected = [(1 - 0.5) / 0.5, (127 / 255 - 0.25) / 0.25, 51 / 255]
    np.testing.assert_allclose(batch[1, :, 0, 1], expected, atol=1e-6)
    assert (batch[:, :, 1:] == 0).all()
    assert (batch[:, :, :, 2:] == 0).all()


def test_fill_is_nearly_zero_once_normalised() -> None:
    normaliser = Normaliser((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    image = np.full((32, 32, 3), normaliser.fill_bgr).astype(np.uint8)
    assert np.abs(normaliser.batch([image])).max() < 0.5 / 255 / 0.224 + 1e-6
