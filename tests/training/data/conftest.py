"""A small BOP data set, written by hand with round numbers."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import trimesh

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
TURN_Z = [0, -1, 0, 1, 0, 0, 0, 0, 1]


def shared_data(name: str) -> Path:
    """A folder of real data beside the checkout; skips the test where it is absent."""
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"real data {name} are not in {SHARED}; they may not be redistributed with the code")
    return folder


@pytest.fixture
def linemod_folder() -> Path:
    """Real photographs of LINEMOD and its meshes."""
    return shared_data("linemod")


@pytest.fixture
def speed_folder() -> Path:
    """Real labels of SPEED."""
    return shared_data("speed")


@pytest.fixture
def bop_folder(tmp_path: Path) -> Path:
    """Two scenes, PNG and JPEG; each image has object 1 a quarter turn about z, 0.5 m ahead."""
    for scene, suffix in ((0, "png"), (3, "jpg")):
        write_scene(tmp_path / "val" / f"{scene:06d}", suffix)
    models = tmp_path / "models"
    models.mkdir()
    info = {"diameter": 30.0, "min_x": -10, "min_y": -5, "min_z": 0, "size_x": 20, "size_y": 10, "size_z": 20}
    flip = [-1, 0, 0, 4, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    symmetric = info | {
        "symmetries_discrete": [flip],
        "symmetries_continuous": [{"axis": [0, 0, 1], "offset": [1, 2, 3]}],
    }
    (models / "models_info.json").write_text(json.dumps({"1": info | {"name": "box"}, "2": symmetric}))
    trimesh.creation.box(bounds=[[-10, -5, 0], [10, 5, 20]]).export(models / "obj_000001.ply")
    return tmp_path


def write_scene(folder: Path, suffix: str) -> None:
    for kind in ("rgb", "mask_visib", "depth"):
        (folder / kind).mkdir(parents=True)
    image = np.full((48, 64, 3), (200, 100, 50), np.uint8)
    mask = np.zeros((48, 64), np.uint8)
    mask[10:20, 30:50] = 255
    camera, truth, info = {}, {}, {}
    for number in (0, 11):
        cv2.imwrite(str(folder / "rgb" / f"{number:06d}.{suffix}"), image)
        cv2.imwrite(str(folder / "mask_visib" / f"{number:06d}_000000.png"), mask)
        cv2.imwrite(str(folder / "depth" / f"{number:06d}.png"), np.full((48, 64), 5000, np.uint16))
        camera[str(number)] = {"cam_K": [60.0, 0, 31.5 + number, 0, 61.0, 23.5, 0, 0, 1], "depth_scale": 0.1}
        truth[str(number)] = [{"cam_R_m2c": TURN_Z, "cam_t_m2c": [10, -20, 500], "obj_id": 1}]
        info[str(number)] = [{"bbox_obj": [30, 10, 20, 10], "visib_fract": 0.75}]
    for name, content in (("scene_camera", camera), ("scene_gt", truth), ("scene_gt_info", info)):
        (folder / f"{name}.json").write_text(json.dumps(content))
