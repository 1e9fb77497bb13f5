"""Print is colourful, carpets are dark, and both are the same for a seed."""

import cv2
import numpy as np

from training.rendering.office import carpet, magazine

COUNT, SIDE = 40, 96


def test_carpets_are_dark_and_hardly_coloured_but_not_plain() -> None:
    carpets = [carpet(np.random.default_rng(seed), SIDE).astype(float) for seed in range(COUNT)]
    assert all(picture.shape == (SIDE, SIDE, 3) for picture in carpets)
    assert max(picture.mean() for picture in carpets) < 110
    assert min(picture.std(axis=(0, 1)).max() for picture in carpets) > 0.3
    tones = np.array([picture.mean(axis=(0, 1)) for picture in carpets])
    assert (tones[:, 2] > tones[:, 0]).mean() > 0.7  # bluish rather than reddish


def test_magazines_are_more_colourful_than_carpets() -> None:
    def saturation(picture: np.ndarray) -> float:
        return float(cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)[..., 1].mean())

    pages = [saturation(magazine(np.random.default_rng(seed), SIDE)) for seed in range(COUNT)]
    carpets = [saturation(carpet(np.random.default_rng(seed), SIDE)) for seed in range(COUNT)]
    assert np.median(pages) > 1.5 * np.median(carpets)


def test_same_generator_same_page() -> None:
    first, second = (magazine(np.random.default_rng(3), SIDE) for _ in range(2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, magazine(np.random.default_rng(4), SIDE))
