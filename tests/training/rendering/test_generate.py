"""Data sets: readable by the BOP reader, the same for a seed, resumable, as visible as asked for."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import trimesh

from fpgnas_core.se3 import transform_points
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


def test_standing_objects_are_seen_from_above_and_hardly_rolled(settings: RenderSettings, tmp_path: Path) -> None:
    generate(replace(settings, out=str(tmp_path), images=30, standing=True))
    poses = np.array([sample.annotations[0].T_camera_object for sample in read_split(tmp_path, "train")])
    up, place = poses[:, :3, 2], poses[:, :3, 3]
    assert ((up * place).sum(axis=1) < 0.1 * np.linalg.norm(place, axis=1)).all()  # the place is not the box's centre
    tip = place + 0.01 * up
    moved = tip[:, :2] / tip[:, 2:] - place[:, :2] / place[:, 2:]
    away = np.degrees(np.arctan2(moved[:, 0], -moved[:, 1]))  # of the picture's upward direction
    assert np.abs(away).max() < 50
    assert np.ptp(away) > 50


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
        ("contrast", (0.0, 2.0), "contrast: expected two rising positive numbers, got 0.0 and 2.0"),
    ],
)
def test_settings_that_cannot_be_rendered_are_refused(field: str, value: object, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        RenderSettings(mesh="m.ply", out="o", **{field: value})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> RenderSettings:
    """Two objects of a BOP models folder, one of them with a symmetry, in whole frames."""
    folder = tmp_path_factory.mktemp("several")
    models = folder / "given"
    for object_id, size in ((3, (60, 60, 30)), (8, (90, 40, 40))):
        models.mkdir(exist_ok=True)
        trimesh.creation.box(extents=size).export(models / f"obj_{object_id:06d}.ply")
    turn = [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    (models / "models_info.json").write_text(json.dumps({"3": {"symmetries_discrete": [turn]}, "8": {"name": "brick"}}))
    made = RenderSettings(
        out=str(folder / "made"),
        models=str(models),
        images=12,
        workers=1,
        width=320,
        height=240,
        focal_px=280.0,
        objects_per_image=(2, 2),
        min_visible=0.3,
    )
    generate(made)
    return made


def test_several_objects_are_annotated_each_with_its_own_masks(several: RenderSettings) -> None:
    models = read_models(Path(several.out) / "models")
    assert models[8].name == "brick"
    assert models[3].symmetries_discrete.shape == (1, 4, 4)
    samples = read_split(Path(several.out), "train", models)
    assert sum(len(sample.annotations) == 2 for sample in samples) >= 4
    for sample in samples:
        assert len({annotation.object_id for annotation in sample.annotations}) == len(sample.annotations)
        taken = np.zeros((240, 320), int)
        for annotation in sample.annotations:
            visible, whole = annotation.load_mask_visible(), annotation.load_mask()
            assert not (visible & ~whole).any()
            assert annotation.visible_fraction >= several.min_visible
            taken += visible
            vertices = models[annotation.object_id].load_mesh().vertices
            reach = transform_points(annotation.T_camera_object, vertices)[:, 2]
            depth = sample.load_depth()[visible]
            assert np.all((depth > reach.min() - 1e-3) & (depth < reach.max() + 1e-3))
        assert taken.max() == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "mesh and models: expected one of them, got neither"),
        ({"mesh": "m.ply", "models": "d"}, "mesh and models: expected one of them, got both"),
        ({"mesh": ["a.ply", "b.ply"], "symmetries": "s.json"}, "symmetries: expected one mesh"),
        ({"mesh": "m.ply", "objects_per_image": (1, 3)}, "objects_per_image: expected 1 in crops"),
        (
            {"mesh": "m.ply", "objects_per_image": (1, 3), "focal_px": 300.0, "environment": "space"},
            "objects_per_image: expected 1 outside a room, got 3",
        ),
    ],
)
def test_objects_that_do_not_go_together_are_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        RenderSettings(out="o", **fields)  # type: ignore[arg-type]


def test_id_without_a_mesh_is_named(several: RenderSettings, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"objects: expected ids of meshes in .* \(3, 8\), got 4"):
        generate(replace(several, out=str(tmp_path), objects=[3, 4]))


def test_error_of_a_worker_ends_the_run(tmp_path: Path) -> None:
    settings = RenderSettings(
        mesh=str(ASSETS / "demo_object.ply"), out=str(tmp_path), images=1, workers=1, backgrounds=str(tmp_path / "none")
    )
    with pytest.raises(SettingsError, match="backgrounds: expected a folder with JPEG or PNG pictures"):
        generate(settings)


def test_other_objects_in_a_crop_are_annotated_after_its_own(several: RenderSettings, tmp_path: Path) -> None:
    """What stands in the way of one object is another: a network that learned it to be nothing would miss it."""
    crops = replace(several, out=str(tmp_path), images=30, width=64, height=64, focal_px=0.0, objects_per_image=(1, 1))
    generate(replace(crops, occluded_share=1.0, distractors_per_image=(2, 3)))
    samples = read_split(tmp_path, "train", read_models(tmp_path / "models"))
    assert {sample.annotations[0].object_id for sample in samples} == {3, 8}
    both = [sample for sample in samples if len(sample.annotations) > 1]
    assert len(both) >= 5
    for sample in samples:
        main, *others = sample.annotations
        assert main.visible_fraction >= several.min_visible
        for other in others:
            assert other.object_id != main.object_id
            assert other.load_mask_visible().any()
            assert not (other.load_mask_visible() & main.load_mask_visible()).any()


def test_nothing_stands_where_the_camera_does(several: RenderSettings, tmp_path: Path) -> None:
    """So near that a third of what lies about would be behind the camera or about it, and its pose no label."""
    near = replace(several, out=str(tmp_path), images=60, width=64, height=64, focal_px=0.0, objects_per_image=(1, 1))
    generate(replace(near, distance_m=(0.1, 0.14), table_share=0.0, distractors_per_image=(3, 3)))
    samples = read_split(tmp_path, "train", read_models(tmp_path / "models"))
    others = [annotation for sample in samples for annotation in sample.annotations[1:]]
    assert len(others) >= 10
    assert min(other.T_camera_object[2, 3] for other in others) > 0.04  # half the smaller box's diagonal


def test_absent_objects_leave_all_else_as_it_is(tmp_path: Path) -> None:
    settings = RenderSettings(
        mesh=str(ASSETS / "demo_object.ply"), out=str(tmp_path / "with"), images=12, workers=1, seed=3, off_centre=0.3
    )
    generate(settings)
    generate(replace(settings, absent_share=1.0, out=str(tmp_path / "without")))
    whole, empty = (read_split(tmp_path / name, "train") for name in ("with", "without"))
    assert not any(sample.annotations for sample in empty)
    for present, absent in zip(whole, empty, strict=True):
        seen = present.annotations[0].load_mask_visible()
        depth, behind = present.load_depth(), absent.load_depth()
        np.testing.assert_allclose(depth[~seen], behind[~seen], atol=1e-6)
        assert np.all((behind[seen] == 0) | (behind[seen] > depth[seen] - 2e-4))  # it may touch the table


def test_another_split_leaves_the_models_untouched(settings: RenderSettings) -> None:
    files = sorted((Path(settings.out) / "models").iterdir())
    before = [file.stat().st_mtime_ns for file in files]
    generate(replace(settings, split="more", images=1))
    assert [file.name for file in files] == ["models_info.json", "obj_000001.ply"]
    assert [file.stat().st_mtime_ns for file in files] == before


def test_as_many_objects_are_absent_as_asked(tmp_path: Path) -> None:
    settings = RenderSettings(
        mesh=str(ASSETS / "demo_object.ply"), out=str(tmp_path), images=60, workers=1, seed=3, absent_share=0.5
    )
    generate(settings)
    present = [bool(sample.annotations) for sample in read_split(tmp_path, "train")]
    assert 18 <= sum(present) <= 42
