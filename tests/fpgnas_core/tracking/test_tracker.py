from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fpgnas_core.arrays import FloatArray
from fpgnas_core.object_model import ObjectModel
from fpgnas_core.se3 import rotation_angle
from fpgnas_core.symmetry import ContinuousSymmetry
from fpgnas_core.tracking.motion import MotionModel
from fpgnas_core.tracking.tracker import Tracker, TrackerSettings
from tests.fpgnas_core.models import box_object
from tests.fpgnas_core.tracking.estimates import SIGMAS, at, estimate, noisy

PERIOD_S = 1 / 30
HALF_TURN = np.diag([-1.0, -1.0, 1.0, 1.0])
Path = Callable[[float], FloatArray | None]


def tracker(model: ObjectModel | None = None, **settings: object) -> Tracker:
    other = box_object("part2", object_id=2)
    return Tracker([model or box_object("part1"), other], TrackerSettings(**settings))  # type: ignore[arg-type]


def numbers_of(tracks: Tracker, paths: list[Path], seconds: float, seed: int = 0) -> list[set[int]]:
    """Follow what moves on `paths` (None: hidden), seen with noise and in random order; numbers each had."""
    rng, numbers = np.random.default_rng(seed), [set[int]() for _ in paths]
    for frame in range(round(seconds / PERIOD_S)):
        poses = [path(frame * PERIOD_S) for path in paths]
        shown = [i for i in rng.permutation(len(paths)) if poses[i] is not None]
        found = tracks.update(frame * PERIOD_S, [estimate(noisy(poses[i], rng)) for i in shown])
        for i, result in zip(shown, found, strict=True):
            numbers[i].add(result.instance)
    return numbers


def test_numbers_start_at_zero_for_each_object() -> None:
    found = tracker().update(0.0, [estimate(at(0.0)), estimate(at(0.3)), estimate(at(-0.3), object_id=2)])
    assert [(e.object_id, e.instance) for e in found] == [(1, 0), (1, 1), (2, 0)]


def test_order_and_numbers_of_the_estimator_do_not_matter() -> None:
    tracks = tracker()
    tracks.update(0.0, [estimate(at(0.0)), estimate(at(0.3))])
    found = tracks.update(0.1, [estimate(at(0.3), number=0), estimate(at(0.0), number=1)])
    assert [e.instance for e in found] == [1, 0]


@pytest.mark.parametrize("seed", range(5))
def test_instances_that_pass_each_other_keep_their_numbers(seed: int) -> None:
    there: Path = lambda t: at(-0.25 + 0.25 * t, z=0.5)  # noqa: E731
    back: Path = lambda t: at(0.3 - 0.3 * t, y=0.02, z=0.7)  # noqa: E731
    numbers = numbers_of(tracker(), [there, back], 2.0, seed)
    assert sorted(numbers, key=min) == [{0}, {1}]


@pytest.mark.parametrize("seed", range(5))
def test_the_one_that_is_hidden_while_they_pass_keeps_its_number(seed: int) -> None:
    front: Path = lambda t: at(-0.25 + 0.25 * t, z=0.5)  # noqa: E731
    behind: Path = lambda t: None if abs(t - 1) < 0.22 else at(0.3 - 0.3 * t, z=0.8)  # noqa: E731
    numbers = numbers_of(tracker(), [front, behind], 2.0, seed)
    assert sorted(numbers, key=min) == [{0}, {1}]


def test_neighbours_at_rest_never_swap() -> None:
    side_by_side: list[Path] = [lambda t, x=x: at(x, z=0.5) for x in (-0.12, 0.0, 0.12)]  # type: ignore[misc]
    numbers = numbers_of(tracker(), side_by_side, 3.0)
    assert [len(own) for own in numbers] == [1, 1, 1]


@pytest.mark.parametrize("smooth", [False, True])
def test_a_motion_that_the_filter_does_not_believe_costs_no_number(smooth: bool) -> None:
    stiff = MotionModel(acceleration=0.01, turn_acceleration=0.1)
    swinging: Path = lambda t: at(0.2 * np.sin(2 * np.pi * t), z=0.8)  # noqa: E731
    assert numbers_of(tracker(smooth=smooth, motion=stiff), [swinging], 3.0) == [{0}]


@pytest.mark.parametrize(("gap_s", "expected"), [(0.3, 1), (0.5, 1), (0.6, 0)])
def test_a_number_is_kept_through_an_occlusion_and_freed_after_it(gap_s: float, expected: int) -> None:
    tracks = tracker()
    tracks.update(0.0, [estimate(at(-0.2)), estimate(at(0.2))])
    assert len(tracks.update(gap_s, [])) == 0
    # both were hidden; the one that had number 1 comes back alone
    assert tracks.update(gap_s, [estimate(at(0.2))])[0].instance == expected


def test_how_long_is_a_setting() -> None:
    tracks = tracker(max_gap_s=2.0)
    tracks.update(0.0, [estimate(at(-0.2)), estimate(at(0.2))])
    assert tracks.update(1.9, [estimate(at(0.2))])[0].instance == 1


def test_a_new_instance_does_not_take_the_number_of_a_hidden_one() -> None:
    tracks = tracker()
    tracks.update(0.0, [estimate(at(-0.2)), estimate(at(0.2))])
    assert [e.instance for e in tracks.update(0.1, [estimate(at(0.2)), estimate(at(0.0, y=0.3))])] == [1, 2]
    assert [e.instance for e in tracks.update(0.6, [estimate(at(0.2)), estimate(at(0.4))])] == [1, 0]


def test_without_smoothing_a_pose_is_what_was_measured() -> None:
    tracks, rng = tracker(), np.random.default_rng(0)
    for frame in range(5):
        pose = noisy(at(0.0), rng)
        found = tracks.update(frame * PERIOD_S, [estimate(pose)])[0]
    np.testing.assert_allclose(found.T_camera_object, pose, atol=1e-15)
    np.testing.assert_array_equal(found.covariance, np.diag(SIGMAS**2))


def test_smoothing_halves_the_jitter_of_an_object_at_rest() -> None:
    tracks, rng, found = tracker(smooth=True), np.random.default_rng(0), []
    for frame in range(90):
        found.append(tracks.update(frame * PERIOD_S, [estimate(noisy(at(0.0), rng))])[0])
    depths = np.array([e.T_camera_object[2, 3] for e in found[30:]])
    assert depths.std() < 0.75 * SIGMAS[2]
    assert (np.diag(found[-1].covariance) < SIGMAS**2).all()


def test_smoothing_changes_while_it_runs() -> None:
    tracks = tracker()
    for frame in range(30):
        tracks.update(frame * PERIOD_S, [estimate(at(0.0))])
    tracks.settings = replace(tracks.settings, smooth=True)
    off = tracks.update(1.0, [estimate(at(0.0, z=0.51))])[0]
    assert 0.5 < off.T_camera_object[2, 3] < 0.51


def test_a_symmetric_object_does_not_flip() -> None:
    tracks = tracker(replace(box_object("part1"), symmetries_discrete=HALF_TURN[None]), smooth=True)
    first = at(0.0, turn=(0.1, 0.2, 0.3))
    tracks.update(0.0, [estimate(first)])
    for frame in range(1, 10):
        seen = first @ HALF_TURN if frame % 2 else first
        found = tracks.update(frame * PERIOD_S, [estimate(seen)])[0]
        np.testing.assert_allclose(found.T_camera_object, first, atol=1e-9)


def test_outliers_do_not_turn_a_symmetric_object_over() -> None:
    tracks = tracker(replace(box_object("part1"), symmetries_discrete=HALF_TURN[None]))
    for frame in range(10):
        tracks.update(frame * PERIOD_S, [estimate(at(0.0))])
    for frame, angle in ((10, 1.4), (11, 2.8)):  # each nearer to the one before than to its other equivalent
        tracks.update(frame * PERIOD_S, [estimate(at(0.0, turn=(0.0, 0.0, angle)))])
    found = tracks.update(12 * PERIOD_S, [estimate(at(0.0))])[0]
    np.testing.assert_allclose(found.T_camera_object, at(0.0), atol=1e-12)


def test_an_object_of_revolution_does_not_spin_and_says_that_its_turn_is_unknown() -> None:
    axis = ContinuousSymmetry((0.0, 0.0, 1.0))
    tracks = tracker(replace(box_object("part1"), symmetries_continuous=(axis,)), smooth=True)
    rng, true, poses = np.random.default_rng(1), at(0.0, turn=(1.0, 0.2, 0.0)), []
    for frame in range(60):
        turned = noisy(true, rng) @ axis.turn(rng.uniform(-np.pi, np.pi))
        found = tracks.update(frame * PERIOD_S, [replace(estimate(turned), covariance=unknown_turn(turned))])[0]
        poses.append(found.T_camera_object)
    assert rotation_angle(poses[0][:3, :3].T @ poses[-1][:3, :3]) < 0.1
    direction = found.T_camera_object[:3, 2]
    assert direction @ found.covariance[3:, 3:] @ direction == pytest.approx(np.pi**2 / 3)
    across = found.T_camera_object[:3, 0]
    assert across @ found.covariance[3:, 3:] @ across < 0.03**2


def unknown_turn(pose: FloatArray) -> FloatArray:
    twist = np.r_[np.zeros(3), pose[:3, 2]]
    return np.asarray(np.diag(SIGMAS**2) + np.pi**2 / 3 * np.outer(twist, twist))


def test_instances_are_expected_where_they_move_to() -> None:
    tracks = tracker()
    for frame in range(30):
        tracks.update(frame * PERIOD_S, [estimate(at(0.2 * frame * PERIOD_S))])
    expected = tracks.expected(1.2)  # hidden for a while
    assert [e.instance for e in expected] == [0]
    np.testing.assert_allclose(expected[0].T_camera_object[:3, 3], [0.24, 0.0, 0.5], atol=2e-3)
    assert tracks.expected(1.6) == []


def test_time_that_jumps_back_starts_anew() -> None:
    tracks = tracker()
    tracks.update(10.0, [estimate(at(-0.2)), estimate(at(0.2))])
    assert tracks.expected(3.0) == []
    assert tracks.update(3.0, [estimate(at(0.2))])[0].instance == 0


def test_equal_stamps_are_no_jump() -> None:
    tracks = tracker(smooth=True)
    tracks.update(0.0, [estimate(at(-0.2)), estimate(at(0.2))])
    assert [e.instance for e in tracks.update(0.0, [estimate(at(0.2)), estimate(at(-0.2))])] == [1, 0]


def test_reset_forgets_all() -> None:
    tracks = tracker()
    tracks.update(10.0, [estimate(at(-0.2)), estimate(at(0.2))])
    assert len(tracks) == 2
    tracks.reset()
    assert len(tracks) == 0
    assert tracks.update(10.1, [estimate(at(0.2))])[0].instance == 0
