"""Reading LINEMOD's classic layout."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from fpgnas_core.se3 import transform_points
from training.data.linemod import CAMERA, read_sequence
from training.errors import DatasetError
from training.rendering.mesh import load_mesh

ENTRY = """{number}:
- cam_R_m2c: [0, -1, 0, 1, 0, 0, 0, 0, 1]
  cam_t_m2c: [{number}, -20.5, 1000]
  obj_bb: [331, 130, 65, 64]
  obj_id: 6
"""


@pytest.fixture
def sequence(tmp_path: Path) -> Path:
    folder = tmp_path / "06"
    (folder / "rgb").mkdir(parents=True)
    (folder / "gt.yml").write_text("".join(ENTRY.format(number=number) for number in range(4)))
    for name in ("0001", "0003"):
        cv2.imwrite(str(folder / "rgb" / f"{name}.png"), np.zeros((480, 640, 3), np.uint8))
    return folder


def test_file_number_is_the_entry_of_the_poses(sequence: Path) -> None:
    samples = read_sequence(sequence)
    assert [(sample.scene_id, sample.image_id) for sample in samples] == [(6, 1), (6, 3)]
    translations = [sample.annotations[0].T_camera_object[:3, 3] for sample in samples]
    np.testing.assert_allclose(translations, [[0.001, -0.0205, 1.0], [0.003, -0.0205, 1.0]])


def test_camera_is_linemods(sequence: Path) -> None:
    camera = read_sequence(sequence)[0].camera
    np.testing.assert_allclose(camera.matrix[:2], [[572.4114, 0, 325.2611], [0, 573.57043, 242.04899]])
    assert read_sequence(sequence)[0].load_image().shape == (480, 640, 3)


def test_visibility_is_unknown_and_there_is_no_mask(sequence: Path) -> None:
    annotation = read_sequence(sequence)[0].annotations[0]
    assert annotation.visible_fraction is None
    with pytest.raises(DatasetError, match="object 6: expected a mask"):
        annotation.load_mask_visible()


def test_image_without_a_pose_is_named(sequence: Path) -> None:
    cv2.imwrite(str(sequence / "rgb" / "0007.png"), np.zeros((480, 640, 3), np.uint8))
    with pytest.raises(DatasetError, match=r"image 0007: expected an entry for the file rgb/0007.png"):
        read_sequence(sequence)


def test_damaged_yaml_is_one_line(sequence: Path) -> None:
    (sequence / "gt.yml").write_text("1: [")
    with pytest.raises(DatasetError, match=r"gt.yml: expected YAML") as caught:
        read_sequence(sequence)
    assert "\n" not in str(caught.value)


def test_missing_sequence_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="expected the poses of a LINEMOD sequence"):
        read_sequence(tmp_path / "06")


INFO = """1:
  cam_K: [600.0, 0, 320, 0, 601, 240, 0, 0, 1]
  depth_scale: 0.5
3:
  elev: 30
"""


def test_cameras_of_info_yml_belong_to_their_image(sequence: Path) -> None:
    (sequence / "info.yml").write_text(INFO)
    first, second = read_sequence(sequence)
    assert (first.camera.fx, first.camera.fy, first.camera.cx, first.camera.width) == (600, 601, 320, 640)
    assert second.camera == CAMERA


def test_depth_is_metres_by_the_scale_of_info_yml(sequence: Path) -> None:
    (sequence / "info.yml").write_text(INFO)
    (sequence / "depth").mkdir()
    for name in ("0001", "0003"):
        cv2.imwrite(str(sequence / "depth" / f"{name}.png"), np.full((480, 640), 1000, np.uint16))
    first, second = read_sequence(sequence)
    np.testing.assert_allclose(first.load_depth(), 0.5)
    np.testing.assert_allclose(second.load_depth(), 1.0)


def test_mask_is_that_of_the_object_of_the_sequence(sequence: Path) -> None:
    other = ENTRY.format(number=1).partition("\n")[2].replace("obj_id: 6", "obj_id: 2")
    (sequence / "gt.yml").write_text(ENTRY.format(number=1) + other + ENTRY.format(number=3))
    (sequence / "mask").mkdir()
    mask = np.zeros((480, 640), np.uint8)
    mask[:2, :3] = 255
    cv2.imwrite(str(sequence / "mask" / "0001.png"), mask)
    own, foreign = read_sequence(sequence)[0].annotations
    assert own.load_mask_visible().sum() == 6
    assert not foreign.has_mask_visible


def test_camera_without_focal_length_is_refused(sequence: Path) -> None:
    (sequence / "info.yml").write_text(INFO.replace("600.0", "0"))
    with pytest.raises(DatasetError, match=r"info.yml: image 0001: cam_K: focal lengths: expected positive"):
        read_sequence(sequence)


@pytest.mark.parametrize(("number", "images"), [("04", [1, 8, 64, 256, 512]), ("06", [1, 8, 16, 32, 64])])
def test_real_photographs_and_meshes_agree_with_the_stated_boxes(
    linemod_folder: Path, number: str, images: list[int]
) -> None:
    samples = read_sequence(linemod_folder / "real" / number)
    assert [sample.image_id for sample in samples] == images
    vertices = load_mesh(linemod_folder / "models" / f"obj_{int(number):06d}.ply", "mm").vertices
    for sample in samples:
        assert sample.load_image().shape == (480, 640, 3)
        annotation = sample.annotations[0]
        pixels = sample.camera.project(transform_points(annotation.T_camera_object, vertices))
        assert annotation.bbox_obj is not None
        x, y, width, height = annotation.bbox_obj
        np.testing.assert_allclose(pixels.min(axis=0), [x, y], atol=1.5)
        np.testing.assert_allclose(np.ptp(pixels, axis=0), [width, height], atol=2.5)
