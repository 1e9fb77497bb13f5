"""Checking whole data sets."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import trimesh

from tests.fpgnas_core.recorded import frames, write
from tests.training.data.test_shards import files_of, write_shard
from tests.training.data.test_speed import CAMERA_JSON, entry, write_domain
from training.data.checking import CheckSettings, check
from training.errors import DatasetError

SCRIPT = Path(__file__).resolve().parents[3] / "training" / "data" / "check.py"
YELLOW, MAGENTA = (0, 220, 255), (255, 0, 255)  # BGR: boxes, outlines of masks


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    return tmp_path / "made" / "sheet.png"


@pytest.fixture
def sound_bop(bop_folder: Path) -> Path:
    """The object 20 x 10 x 20 mm, a quarter turn about z, 0.5 m ahead at (10, -20) mm, and its true box."""
    shutil.copy(bop_folder / "models" / "obj_000001.ply", bop_folder / "models" / "obj_000002.ply")
    for scene in ("000000", "000003"):
        path = bop_folder / "val" / scene / "scene_gt_info.json"
        info = json.loads(path.read_text())
        for number in ("0", "11"):
            # (10 + -5..5) mm * 60 px / 0.5 m + cx, (-20 + -10..10) mm * 61 px / 0.5 m + 23.5
            box = [32.7 - 0.6 + int(number) + 0.5, 21.06 - 1.22 + 0.5, 1.2, 2.44]
            info[number] = [{"bbox_obj": box, "visib_fract": 0.75}]
        path.write_text(json.dumps(info))
    return bop_folder


def has_colour(path: Path, colour: tuple[int, int, int]) -> bool:
    return bool((np.abs(cv2.imread(str(path)).astype(int) - colour).max(axis=2) < 40).any())


def settings(dataset: Path, sheet: Path, models: str = "") -> CheckSettings:
    return CheckSettings(str(dataset), models, out=str(sheet))


def test_bop_folder_is_summarised_and_drawn(sound_bop: Path, sheet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(settings(sound_bop, sheet))
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "BOP val: 4 images of 64x48 px, 4 depths, 4 masks"
    assert re.fullmatch(
        r"  object 1 box: 4 poses, 0.500 to 0.500 m away, visible 75 % \(median\), "
        r"projected mesh and stated box overlap (9\d|100) % \(median\)",
        shown[1],
    )
    assert cv2.imread(str(sheet)).shape == (322, 4 * 400, 3)
    assert has_colour(sheet, YELLOW)
    assert has_colour(sheet, MAGENTA)


def test_sheet_holds_no_more_than_it_should(sound_bop: Path, sheet: Path) -> None:
    check(CheckSettings(str(sound_bop), out=str(sheet), images=2))
    assert cv2.imread(str(sheet)).shape == (322, 2 * 400, 3)


def test_mesh_of_another_frame_is_found(sound_bop: Path, sheet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shifted = trimesh.creation.box(bounds=[[190, -5, 0], [210, 5, 20]])
    shifted.export(sound_bop / "models" / "obj_000001.ply")
    with pytest.raises(DatasetError, match="1 errors"):
        check(settings(sound_bop, sheet))
    expected = "val: object 1: expected its projected mesh on its stated box, got 0 % overlap; is the mesh in mm"
    assert expected in capsys.readouterr().err


def test_every_broken_picture_is_reported_and_the_rest_is_checked(
    sound_bop: Path, sheet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    val = sound_bop / "val"
    cv2.imwrite(str(val / "000000" / "rgb" / "000011.png"), np.zeros((24, 32, 3), np.uint8))
    (val / "000003" / "depth" / "000000.png").write_bytes(b"broken")
    cv2.imwrite(str(val / "000003" / "mask_visib" / "000011_000000.png"), np.zeros((4, 4), np.uint8))
    with pytest.raises(DatasetError, match="expected a sound data set, got 3 errors"):
        check(settings(sound_bop, sheet))
    shown = capsys.readouterr()
    assert shown.out.startswith("BOP val: 1 images of 64x48 px")
    for name in ("000000/rgb/000011.png", "000003/depth/000000.png", "000003/mask_visib/000011_000000.png"):
        assert re.search(f"^error: .*{name}: expected", shown.err, re.MULTILINE)
    assert sheet.is_file()


def test_broken_scene_does_not_hide_the_others(
    sound_bop: Path, sheet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (sound_bop / "val" / "000000" / "scene_gt.json").write_text("{")
    with pytest.raises(DatasetError, match="1 errors"):
        check(settings(sound_bop, sheet))
    assert capsys.readouterr().out.startswith("BOP val: 2 images")


def test_unknown_object_is_reported(sound_bop: Path, sheet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = sound_bop / "val" / "000003" / "scene_gt.json"
    path.write_text(path.read_text().replace('"obj_id": 1', '"obj_id": 7'))
    with pytest.raises(DatasetError, match="2 errors"):
        check(settings(sound_bop, sheet))
    expected = r"000003/rgb/000011.jpg: scene 3, image 11: obj_id: expected one of the models \(1, 2\), got 7"
    assert re.search(expected, capsys.readouterr().err)


def test_scene_alone_finds_the_models_of_its_data_set(
    sound_bop: Path, sheet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check(settings(sound_bop / "val", sheet))
    assert "object 1 box: 4 poses" in capsys.readouterr().out


def test_shards_are_recognised(sound_bop: Path, sheet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scene = sound_bop / "val" / "000003"
    write_shard(sound_bop / "web" / "shard-000000.tar", {"000003_000011": files_of(scene, 11)})
    shutil.rmtree(sound_bop / "val")
    check(settings(sound_bop, sheet))
    assert capsys.readouterr().out.startswith(
        "BOP-webdataset web: 1 images of 64x48 px, 1 depths, 1 masks\n  object 1 box"
    )
    assert has_colour(sheet, YELLOW)


def test_speedplus_is_recognised(tmp_path: Path, sheet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "camera.json").write_text(json.dumps(CAMERA_JSON))
    for domain, split in (("synthetic", "train"), ("sunlamp", "test")):
        folder = tmp_path / domain
        folder.mkdir()
        write_domain(folder, split, [entry("img000001.jpg", r_Vo2To_vbs_true=[0, 0, 6])], folder / "images")
    check(settings(tmp_path, sheet))
    assert capsys.readouterr().out.splitlines()[:4] == [
        "SPEED sunlamp test: 1 images of 192x120 px, 0 depths, 0 masks",
        "  object 1 tango: 1 poses, 6.000 to 6.000 m away",
        "SPEED synthetic train: 1 images of 192x120 px, 0 depths, 0 masks",
        "  object 1 tango: 1 poses, 6.000 to 6.000 m away",
    ]
    assert has_colour(sheet, YELLOW)


def test_recording_is_recognised(
    sound_bop: Path, tmp_path: Path, sheet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "bags" / "first", frames(3))
    check(settings(tmp_path / "bags", sheet, str(sound_bop / "models")))
    assert capsys.readouterr().out.startswith("recording first: 3 images of 8x6 px, 0 depths, 0 masks\n  object 1 box:")


def test_command_takes_the_places_of_objects(tmp_path: Path, sheet: Path) -> None:
    write(tmp_path / "bag", [(topic.replace("truth", "mocap/cup"), *rest) for topic, *rest in frames(2)])
    objects = ["--objects", '{"/mocap/cup": 6}', "--out", str(sheet)]
    made = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path / "bag"), *objects], capture_output=True, text=True
    )
    assert "  object 6: 2 poses" in made.stdout


def test_recording_without_a_single_truth_asks_for_it(tmp_path: Path, sheet: Path) -> None:
    write(tmp_path / "bag", [message for message in frames(3) if message[0] != "/truth"])
    with pytest.raises(DatasetError, match="1 errors"):
        check(settings(tmp_path / "bag", sheet))


def test_real_linemod_is_sound(linemod_folder: Path, sheet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(settings(linemod_folder / "real", sheet, str(linemod_folder / "models")))
    shown = capsys.readouterr().out
    assert shown.count("5 images of 640x480 px") == 2
    overlaps = [int(value) for value in re.findall(r"overlap (\d+) %", shown)]
    assert len(overlaps) == 2
    assert min(overlaps) >= 95


def test_folder_of_nothing_known_says_what_is_known(tmp_path: Path, sheet: Path) -> None:
    with pytest.raises(
        DatasetError, match=r"expected BOP .*, LINEMOD .*, SPEED .* or a recording .*found none of them"
    ):
        check(settings(tmp_path, sheet))


def test_command_takes_the_folder_first_and_fails_with_one_line(sound_bop: Path, sheet: Path) -> None:
    command = [sys.executable, str(SCRIPT), str(sound_bop), "--out", str(sheet)]
    sound = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (sound.returncode, sheet.is_file()) == (0, True)
    assert f"contact sheet: {sheet}" in sound.stdout
    (sound_bop / "val" / "000000" / "rgb" / "000011.png").unlink()
    broken = subprocess.run(command, capture_output=True, text=True, check=False)
    assert broken.returncode == 2
    assert re.search(r"^error: .*image 11 of scene_gt.json: expected an image file in rgb", broken.stderr, re.MULTILINE)
    assert "Traceback" not in broken.stderr
