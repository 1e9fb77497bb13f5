"""Trajectory errors against evo (Grupp 2017), which needs newer libraries than the oldest that the robot side takes."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fpgnas_ros.bag_evaluation.figures.accuracy import accuracy
from fpgnas_ros.bag_evaluation.run import Run
from fpgnas_ros.bag_evaluation.tables import write_tum
from tests.fpgnas_ros.bag_evaluation.scored import OBJECTS, score

metrics = pytest.importorskip("evo.core.metrics", reason="evo comes with the extra `test`")
from evo.core import sync  # noqa: E402
from evo.tools import file_interface  # noqa: E402


def moving(count: int) -> Run:
    """A track with noise, of which every ninth pose is missing."""
    rng = np.random.default_rng(2)
    scores = []
    for number in range(count):
        true, estimated = np.eye(4), np.eye(4)
        true[:3, :3] = Rotation.from_rotvec([0.02 * number, 0.01 * number, 0.3]).as_matrix()
        true[:3, 3] = 0.1 * np.sin(0.1 * number), 0.05 * np.cos(0.07 * number), 0.8
        estimated[:3, :3] = true[:3, :3] @ Rotation.from_rotvec(0.03 * rng.standard_normal(3)).as_matrix()
        estimated[:3, 3] = true[:3, 3] + 0.004 * rng.standard_normal(3)
        scores.append(score(number, [] if number % 9 == 4 else [estimated], [true]))
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
