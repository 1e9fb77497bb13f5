"""Data sets: readable by the BOP reader, the same for a seed, resumable, as visible as asked for."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.data.bop import read_split
from training.data.models import read_models
from training.errors import SettingsError
from training.rendering.bop_writer import diameter
from training.rendering.generate import generate
from training.rendering.mesh import Mesh
from training.rendering.settings import RenderSettings

ASSETS = Path(__file__).parents[3] / "assets"
IMAGES = 55


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> RenderSettings:
    folder = tmp_path_factory.mktemp("rendered")
    made = RenderSettings(mesh=str(ASSETS / "demo_object.ply"), out=str(folder), images=IMAGES, workers=1, seed=4)
    generate(made)
    return made


def test_reader_gets_back_masks_depth_and_pose(settings: RenderSettings, demo_mesh: Mesh) -> None:
    models = read_models(Path(settings.out) / "models")
    samples = read_split(Path(settings.out), "train", models)
    assert len(samples) == IMAGES
    assert models[1].diameter == pytest.approx(diameter(demo_mesh))
    for sample in samples[::7]:
        annotation = sample.annotations[0]
        mask, depth = annotation.load_mask_visible(), sample.load_depth()
        points = demo_mesh.vertices @ annotation.T_camera_object[:3, :3].T + annotation.T_camera_object[:3, 3]
        pixels = sample.camera.project(points)
        rows, columns = np.nonzero(mask)
        assert pixels.min() - 1 <= min(rows.min(), columns.min())
        assert pixels.max() + 1 >= max(rows.max(), columns.max())
        assert np.all((depth[mask] > points[:, 2].min() - 1e-3) & (depth[mask] < points[:, 2].max() + 1e-3))


def test_objects_are_as_visible_and_as_large_as_asked(settings: RenderSettings) -> None:
    samples = read_split(Path(settings.out), "train")
    visible = np.array([sample.annotations[0].visible_fraction for sample in samples])
    assert visible.min() >= settings.min_visible
    assert (visible < 0.95).sum() >= 5
    assert (visible == 1).sum() >= 10
    distances = [np.linalg.norm(sample.annotations[0].T_camera_object[:3, 3]) for sample in samples]
    assert 0.2 < min(distances) < 0.6 < max(distances)


def test_stopped_run_goes_on_to_the_same_data(settings: RenderSettings, tmp_path: Path) -> None:
    again = replace(settings, out=str(tmp_path), images=50)
    generate(again)
    generate(replace(again, images=IMAGES))
    for name in ("scene_gt.json", "scene_camera.json", "scene_gt_info.json"):
        expected, got = ((Path(out) / "train/000000" / name).read_text() for out in (settings.out, tmp_path))
        assert got == expected
    for index in (0, IMAGES - 1):
        pictures = [
            cv2.imread(str(Path(out) / f"train/000000/rgb/{index:06d}.jpg")) for out in (settings.out, tmp_path)
        ]
        assert np.array_equal(*pictures)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("min_visible", 1.4, "min_visible: expected 0 to 1, got 1.4"),
        ("images", 0, "images: expected at least 1, got 0"),
        ("distance_m", (1.0, 0.3), "distance_m: expected two rising positive numbers, got 1.0 and 0.3"),
    ],
)
def test_settings_that_cannot_be_rendered_are_refused(field: str, value: object, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        RenderSettings(mesh="m.ply", out="o", **{field: value})  # type: ignore[arg-type]
