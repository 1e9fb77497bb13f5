"""BOP's average recall on rendered images with depth, for estimates that are known to be right, off or missing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fpgnas_core.pose_estimate import PoseEstimate
from fpgnas_core.stopwatch import Timings
from tests.fpgnas_core.models import description
from training.data.bop import read_split
from training.data.models import read_models
from training.data.sample import Sample
from training.evaluation.bop_recall import average_recalls
from training.evaluation.run import Evaluation, FrameResult
from training.evaluation.scoring import ScoredModel, score_image
from training.rendering.generate import generate
from training.rendering.settings import RenderSettings

MESH = Path(__file__).resolve().parents[3] / "assets" / "demo_object.ply"


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rendered")
    generate(RenderSettings(mesh=str(MESH), out=str(folder), split="test", images=3, seed=4, workers=1, focal_px=140,
                            width=160, height=120, occluded_share=0.0))  # fmt: skip
    return folder


def recalls(folder: Path, away_m: float) -> dict[str, float]:
    """Of estimates that are `away_m` farther off than the truth; infinite: none."""
    models = read_models(folder / "models")
    samples = read_split(folder, "test", models)
    frames = [_frame(sample, {1: ScoredModel.load(models[1])}, away_m) for sample in samples]
    return average_recalls(Evaluation(description(folder), "CPU", frames, [], models))


def _frame(sample: Sample, models: dict[int, ScoredModel], away_m: float) -> FrameResult:
    pose = sample.annotations[0].T_camera_object.copy()
    estimates = []
    if np.isfinite(away_m):
        pose[:3, 3] *= 1 + away_m / np.linalg.norm(pose[:3, 3])
        estimates = [PoseEstimate(1, "demo", pose, np.eye(6), 0.9, np.zeros((4, 2)), 0.0, 0)]
    return FrameResult(sample, estimates, score_image(sample, estimates, models), 0.0, Timings(0, 0, 0, 0, 0))


def test_true_poses_score_one(rendered: Path) -> None:
    assert recalls(rendered, 0.0) == pytest.approx({"ar": 1.0, "ar_vsd": 1.0, "ar_mssd": 1.0, "ar_mspd": 1.0}, abs=0.03)


def test_no_poses_score_nothing(rendered: Path) -> None:
    assert set(recalls(rendered, np.inf).values()) == {0.0}


def test_pose_that_is_too_far_away_by_hand(rendered: Path) -> None:
    """20 mm are 0.157 diameters: MSSD is right at 0.2 to 0.5, seven of ten thresholds; surfaces differ as much."""
    found = recalls(rendered, 0.020)
    assert found["ar_mssd"] == pytest.approx(0.7)
    assert 0.4 < found["ar_vsd"] < 0.75  # seven of ten taus, and less for pixels that only one pose covers
    assert found["ar"] == pytest.approx((found["ar_vsd"] + found["ar_mssd"] + found["ar_mspd"]) / 3)


def test_images_without_depth_have_no_ar(rendered: Path) -> None:
    models = read_models(rendered / "models")
    samples = [replace(sample, depth_path=None) for sample in read_split(rendered, "test", models)]
    frames = [_frame(sample, {1: ScoredModel.load(models[1])}, 0.0) for sample in samples]
    found = average_recalls(Evaluation(description(rendered), "CPU", frames, [], models))
    assert found == {"ar_mssd": 1.0, "ar_mspd": 1.0}
