import numpy as np
import pytest

from fpgnas_core.camera import Camera
from fpgnas_core.errors import MetricError, ShapeError
from fpgnas_core.metrics import vsd

# Focal lengths so long that all rays are parallel: depth is distance.
STRAIGHT = Camera(1e9, 1e9, 0.0, 0.0, 4, 1)
DIAMETER, DELTA = 0.1, 0.015
NOTHING = np.zeros((1, 4))


def _vsd(estimated: list[float], true: list[float], measured: list[float], taus: list[float]) -> list[float]:
    maps = ([estimated], [true], [measured])
    return vsd(*maps, STRAIGHT, DIAMETER, taus, DELTA).tolist()


def test_same_depth_is_no_discrepancy() -> None:
    assert _vsd([0, 1, 1, 0], [0, 1, 1, 0], [2, 1, 1, 2], [0.05, 0.2]) == [0, 0]


def test_pixels_seen_in_only_one_pose_are_wrong() -> None:
    # Union of 3 pixels, 1 of them in both.
    assert _vsd([1, 1, 0, 0], [0, 1, 1, 0], [2, 2, 2, 2], [0.2]) == pytest.approx([2 / 3])


def test_misalignment_counts_from_tau_times_diameter() -> None:
    # 12 mm of 100 mm is more than 0.05 and 0.1 of the diameter and less than 0.15.
    assert _vsd([1.012, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0.05, 0.1, 0.15]) == [0.5, 0.5, 0]


def test_surface_well_behind_the_measurement_is_hidden() -> None:
    # True: 10 mm behind what was measured is visible, 20 mm behind is not; the estimate at the hidden pixel neither.
    assert _vsd([1, 1, 0, 0], [1, 1, 0, 0], [0.99, 0.98, 0, 0], [0.2]) == [0]
    assert _vsd([1.1, 1.1, 0, 0], [1, 1, 0, 0], [0.99, 0.98, 0, 0], [0.2]) == [1]


def test_estimate_is_visible_where_the_truth_is() -> None:
    # 30 mm behind the measurement, but the true surface is seen there: both, so the discrepancy decides.
    assert _vsd([1.03, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0.2, 0.5]) == [1, 0]


def test_estimate_hidden_elsewhere_does_not_count() -> None:
    assert _vsd([1, 1.5, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0], [0.2]) == [0]


def test_missing_measurement_is_visible() -> None:
    assert _vsd([5, 5, 0, 0], [0, 5, 0, 0], [0, 0, 0, 0], [0.2]) == [0.5]


def test_nothing_visible_is_wrong() -> None:
    assert _vsd([0, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1], [0.1, 0.2]) == [1, 1]


def test_distance_along_the_ray_counts_not_depth() -> None:
    # Under 45 degrees 8 mm of depth are 11.3 mm of distance; 0.1 of the diameter is 10 mm.
    camera = Camera(1.0, 1.0, 0.0, 0.0, 2, 1)
    estimated, true, measured = [[1.008, 1.008]], [[1.0, 1.0]], [[0.0, 0.0]]
    assert vsd(estimated, true, measured, camera, DIAMETER, [0.1], DELTA).tolist() == [0.5]


def test_map_of_another_size_is_named() -> None:
    with pytest.raises(ShapeError, match=r"depth_measured: expected shape \(1, 4\), got \(1, 5\)"):
        vsd(NOTHING, NOTHING, np.zeros((1, 5)), STRAIGHT, DIAMETER, [0.1], DELTA)


def test_diameter_must_be_positive() -> None:
    with pytest.raises(MetricError, match="diameter: expected a positive length in metres, got 0"):
        vsd(NOTHING, NOTHING, NOTHING, STRAIGHT, 0.0, [0.1], DELTA)
