"""Trajectory errors against evo (Grupp 2017), which needs newer libraries than the oldest that the robot side takes."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fpgnas_ros.bag_evaluation.figures.accuracy import accuracy
from fpgnas_ros.bag_evaluation.figures.steadiness import steadiness
from fpgnas_ros.bag_evaluation.run import Run
from fpgnas_ros.bag_evaluation.tables import write_tum
from tests.fpgnas_ros.bag_evaluation.scored import OBJECTS, score

metrics = pytest.importorskip("evo.core.metrics", reason="evo comes with the extra `test`")
from evo.core import sync  # noqa: E402
from evo.core.trajectory import PosePath3D  # noqa: E402
from evo.tools import file_interface  # noqa: E402


def moving(count: int, missing: bool = True) -> Run:
    """A track with noise, of which every ninth pose is missing, or none."""
    rng = np.random.default_rng(2)
    scores = []
    for number in range(count):
        true, estimated = np.eye(4), np.eye(4)
        true[:3, :3] = Rotation.from_rotvec([0.02 * number, 0.01 * number, 0.3]).as_matrix()
        true[:3, 3] = 0.1 * np.sin(0.1 * number), 0.05 * np.cos(0.07 * number), 0.8
        estimated[:3, :3] = true[:3, :3] @ Rotation.from_rotvec(0.03 * rng.standard_normal(3)).as_matrix()
        estimated[:3, 3] = true[:3, 3] + 0.004 * rng.standard_normal(3)
        scores.append(score(number, [] if missing and number % 9 == 4 else [estimated], [true]))
    return Run("run", scores)


def test_translation_and_rotation_errors_are_evos_absolute_pose_errors(tmp_path: Path) -> None:
    run = moving(120)
    write_tum(tmp_path, run, OBJECTS)
    truth = file_interface.read_tum_trajectory_file(tmp_path / "truth_part_0.tum")
    estimate = file_interface.read_tum_trajectory_file(tmp_path / "estimate_run_part_0.tum")
    pair = sync.associate_trajectories(truth, estimate, max_diff=0.01)
    assert pair[0].num_poses == estimate.num_poses < truth.num_poses == 120
    ours = accuracy([instance for s in run.scores for instance in s.instances], OBJECTS)["errors_of_found"]
    for figure, relation, factor in (
        ("translation_mm", metrics.PoseRelation.translation_part, 1000),
        ("rotation_deg", metrics.PoseRelation.rotation_angle_deg, 1),
    ):
        theirs = metrics.APE(relation)
        theirs.process_data(pair)
        statistics = theirs.get_all_statistics()
        for name in ("mean", "median", "max"):
            assert ours[figure][name] == pytest.approx(factor * statistics[name], rel=1e-4)


def test_jitter_is_evos_relative_pose_error_of_one_frame_over_the_root_of_two() -> None:
    run = moving(120, missing=False)
    ours = steadiness(run.scores, 1)
    found = [score.instances[0] for score in run.scores]
    true = np.array([instance.T_true for instance in found])
    estimated = np.array([instance.estimate.T_camera_object for instance in found])
    # Of the places alone, for evo's steps are in the turned frame; of the turns T_object_camera, for ours are those
    # in the camera's frame.
    for figure, relation, factor, tracks in (
        ("jitter_mm", metrics.PoseRelation.translation_part, 1000, [_places(true), _places(estimated)]),
        ("jitter_deg", metrics.PoseRelation.rotation_angle_deg, 1, [np.linalg.inv(true), np.linalg.inv(estimated)]),
    ):
        theirs = metrics.RPE(relation, delta=1, delta_unit=metrics.Unit.frames)
        theirs.process_data([PosePath3D(poses_se3=list(track)) for track in tracks])
        expected = factor * theirs.get_statistic(metrics.StatisticsType.rmse) / np.sqrt(2)
        assert ours[figure] == pytest.approx(expected, rel=1e-6)


def _places(poses: np.ndarray) -> np.ndarray:
    moved = np.tile(np.eye(4), (len(poses), 1, 1))
    moved[:, :3, 3] = poses[:, :3, 3]
    return moved
