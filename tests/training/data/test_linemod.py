"""Reading LINEMOD's classic layout."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from training.data.linemod import read_sequence
from training.errors import DatasetError

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
