"""Recorded estimates of every kind against ground truth of every kind."""

import json
from pathlib import Path

import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin

from fpgnas_core.errors import FpgnasError
from fpgnas_core.recording.bag import open_bag
from fpgnas_ros.bag_evaluation.evaluate import evaluate
from fpgnas_ros.bag_evaluation.sources import Source
from fpgnas_ros.bag_evaluation.truth import Matching
from tests.fpgnas_core.recorded import CAMERA_FRAME, START_NS, STEP_NS, camera_info, pose, transform
from tests.fpgnas_ros.bag_evaluation.bags import (
    ESTIMATES,
    INFO,
    STORE,
    TRUTH,
    cameras,
    detections,
    evaluated,
    offsets,
    poses,
    recording,
    settings,
    stamp,
    write,
)

MS = 1_000_000


@pytest.mark.parametrize("storage", [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
def test_poses_are_scored_in_both_storages(bundle: Path, tmp_path: Path, storage: StoragePlugin) -> None:
    bag = write(tmp_path / "bag", recording([0.0, 0.1, 0.2], [0.001, None, 0.23]), storage)
    result = evaluate(settings(bundle, tmp_path / "out", bag), "test")
    assert offsets(result) == [0.001, None, 0.03]
    run = result.summary["runs"][0]
    assert (run["detection"]["matched"], run["detection"]["missed"], run["frames"]) == (2, 1, 3)
    assert run["timing"]["stamp_to_pose_ms"]["p50"] == pytest.approx(20)


def test_detections_name_objects_and_what_is_unknown_is_counted(bundle: Path, tmp_path: Path) -> None:
    found = [[("part", 0.4, 0.5), ("part", 0.9, 0.002)], [], [("cup", 0.9, 0.0)]]
    messages = cameras(3) + poses(TRUTH, [0.0] * 3)
    messages += [("/detections", stamp(i), detections(i, entries)) for i, entries in enumerate(found)]
    result = evaluated(bundle, tmp_path, messages)
    assert offsets(result) == [0.002, None, None]
    assert result.summary["runs"][0]["detection"]["spurious"] == 1
    assert result.summary["runs"][0]["timing"]["frames_without_answer"] == 0
    assert result.summary["sanity"]["unknown_objects"]["count"] == 1


def test_poses_with_covariance_are_scored(bundle: Path, tmp_path: Path) -> None:
    make = STORE.types
    messages = cameras(2) + poses(TRUTH, [0.0, 0.1])
    for _, time_ns, seen in poses("/object_pose_with_covariance", [0.004, 0.1]):
        content = make["geometry_msgs/msg/PoseWithCovariance"](seen.pose, np.zeros(36))
        stamped = make["geometry_msgs/msg/PoseWithCovarianceStamped"](seen.header, content)
        messages.append(("/object_pose_with_covariance", time_ns, stamped))
    source = Source.parse("/object_pose_with_covariance")
    assert offsets(evaluated(bundle, tmp_path, messages, estimates=(source,))) == [0.004, 0.0]


def test_ids_of_detections_are_followed(bundle: Path, tmp_path: Path) -> None:
    messages = cameras(4) + poses(TRUTH, [0.0] * 4)
    for i, identity in enumerate(("part_0", "part_0", "part_7", "part_0")):
        message = detections(i, [("part", 0.9, 0.001)])
        message.detections[0].id = identity
        messages.append(("/detections", stamp(i), message))
    result = evaluated(bundle, tmp_path, messages)
    assert result.summary["runs"][0]["objects"]["part"]["steadiness"]["id_switches"] == 2


def test_scored_recording_is_annotated(bundle: Path, tmp_path: Path) -> None:
    evaluated(bundle, tmp_path, recording([0.0, 0.1, 0.2], [0.001, None, 0.2]), annotate=True)
    with open_bag(tmp_path / "out" / "annotated_recorded_0") as annotated:
        assert annotated.counts == {"/truth/part": 3, "/estimate/part": 2, "/tf": 3, "/overlay/compressed": 3}
        places = [message.pose.position.x for _, _, message in annotated.contents(("/estimate/part",))]
    assert places == pytest.approx([0.001, 0.2])


def test_scored_recording_without_images_cannot_be_annotated(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(FpgnasError, match="expected a topic of images, got /ground_truth/pose, /object_pose"):
        evaluated(bundle, tmp_path, poses(TRUTH, [0.0]) + poses(ESTIMATES, [0.0]), annotate=True)


def test_tf_is_composed_with_static_transforms_on_both_sides(bundle: Path, tmp_path: Path) -> None:
    mount = transform(0, "world", "rig", 2.0, 0.0)
    to_camera = transform(0, "rig", CAMERA_FRAME, 0.0, -1.0)
    messages = [*cameras(3), ("/tf_static", 0, mount), ("/tf_static", 0, to_camera)]
    for i in range(3):
        truth = transform(stamp(i), "world", "part_true", 2.0 + i / 10, 0.0)
        seen = transform(stamp(i), CAMERA_FRAME, "part_0", i / 10 + 0.004, 1.0)
        messages += [("/tf", stamp(i), truth), ("/tf", stamp(i), seen)]
    result = evaluated(
        bundle,
        tmp_path,
        messages,
        truth=(Source.parse("/tf:world.part_true"),),
        estimates=(Source.parse(f"/tf:{CAMERA_FRAME}.part_0"),),
    )
    assert offsets(result) == [0.004] * 3
    assert result.runs[0].scores[2].instances[0].T_true[:3, 3] == pytest.approx([0.2, 0, 1])


def test_estimates_in_another_frame_are_brought_to_the_camera(bundle: Path, tmp_path: Path) -> None:
    messages = cameras(2) + poses(TRUTH, [0.0, 0.1]) + poses(ESTIMATES, [1.003, 1.103], frame="base")
    messages.append(("/tf_static", 0, transform(0, "base", CAMERA_FRAME, 1.0, 0.0)))
    assert offsets(evaluated(bundle, tmp_path, messages)) == [0.003, 0.003]


def test_estimates_that_tf_does_not_connect_are_named(bundle: Path, tmp_path: Path) -> None:
    messages = cameras(2) + poses(TRUTH, [0.0, 0.1]) + poses(ESTIMATES, [0.0, 0.1], frame="elsewhere")
    result = evaluated(bundle, tmp_path, messages)
    assert offsets(result) == [None, None]
    assert result.summary["sanity"]["missing_transforms"]["count"] == 2


def test_bop_scene_gives_truth_by_image_number_in_millimetres(bundle: Path, tmp_path: Path) -> None:
    def entry(x_mm: float, object_id: int = 1) -> dict:
        return {"cam_R_m2c": [1, 0, 0, 0, 1, 0, 0, 0, 1], "cam_t_m2c": [x_mm, 0, 1000], "obj_id": object_id}

    scene = {"0": [entry(0)], "1": [entry(100), entry(5, 77)], "2": []}
    info = {key: [{"visib_fract": 0.25}] * len(entries) for key, entries in scene.items()}
    (tmp_path / "scene_gt.json").write_text(json.dumps(scene))
    (tmp_path / "scene_gt_info.json").write_text(json.dumps(info))
    messages = cameras(4) + poses(ESTIMATES, [0.002, 0.102, 0.0, 0.0])
    result = evaluated(bundle, tmp_path, messages, truth=(Source.parse(str(tmp_path / "scene_gt.json")),))
    assert offsets(result) == [0.002, 0.002, None, None]
    assert result.runs[0].scores[0].instances[0].visible_fraction == 0.25
    found = result.summary["runs"][0]["detection"]
    assert (found["spurious"], found["frames_with_truth"], found["frames_without_truth"]) == (1, 3, 1)


def test_tum_file_gives_truth_to_the_nanosecond(bundle: Path, tmp_path: Path) -> None:
    lines = [f"{stamp(i) // 10**9}.{stamp(i) % 10**9:09d} {i / 10} 0 1 0 0 0 1" for i in range(3)]
    (tmp_path / "truth.tum").write_text("# made by hand\n" + "\n".join(lines))
    messages = cameras(3) + poses(ESTIMATES, [0.001, 0.101, 0.201])
    result = evaluated(
        bundle, tmp_path, messages, truth=(Source.parse(str(tmp_path / "truth.tum")),), matching=Matching(0)
    )
    assert offsets(result) == [0.001] * 3


def test_offset_and_interpolation_move_the_truth(bundle: Path, tmp_path: Path) -> None:
    shift = 25 * MS
    truth = [(TRUTH, stamp(i), pose(stamp(i) - shift, i / 10)) for i in range(4)]
    messages = cameras(3) + truth + poses(ESTIMATES, [0.0, 0.1, 0.2])
    exact = evaluated(bundle, tmp_path, messages, matching=Matching(0, offset_ns=shift))
    assert offsets(exact) == [0.0] * 3
    between = settings(bundle, tmp_path / "between", tmp_path / "bag", matching=Matching(0, 0, True, STEP_NS))
    assert offsets(evaluate(between, "test")) == [0.025] * 3  # 25 ms at 1 m/s


def test_answers_without_a_frame_are_counted(bundle: Path, tmp_path: Path) -> None:
    late = [(ESTIMATES, stamp(1.5), pose(stamp(1.5), 0.0))]
    result = evaluated(bundle, tmp_path, recording([0.0] * 3, [0.0] * 3) + late)
    assert result.summary["runs"][0]["answers_without_frame"] == 1


def test_recording_without_images_is_scored_at_the_stamps_of_its_truth(bundle: Path, tmp_path: Path) -> None:
    messages = poses(TRUTH, [0.0, 0.1]) + poses(ESTIMATES, [0.001, 0.101])
    result = evaluated(bundle, tmp_path, messages)
    assert offsets(result) == [0.001] * 2
    assert result.summary["runs"][0]["accuracy"]["projection_5px"] is None
    assert "nan" not in (tmp_path / "out" / "per_frame.csv").read_text()


def test_several_recordings_are_scored_together(bundle: Path, tmp_path: Path) -> None:
    bags = [write(tmp_path / f"bag{i}", recording([0.0] * 2, [x] * 2)) for i, x in enumerate([0.001, 0.002])]
    result = evaluate(settings(bundle, tmp_path / "out", *bags), "test")
    assert offsets(result) == [0.001, 0.001, 0.002, 0.002]
    assert [score.frame.bag for score in result.runs[0].scores] == [0, 0, 1, 1]
    assert result.summary["runs"][0]["timing"]["images"]["longest_gap_s"] == pytest.approx(0.1)


def test_files_hold_what_was_found(bundle: Path, tmp_path: Path) -> None:
    evaluated(bundle, tmp_path, recording([0.0, 0.1], [0.001, None]))
    out = tmp_path / "out"
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["format_version"], summary["command"]) == (1, "test")
    assert len(summary["bags"][0]["sha256"]) == 64
    rows = (out / "per_frame.csv").read_text().splitlines()
    assert rows[0].startswith("run,bag,frame,stamp_ns,object,has_truth,detected,confidence,add_mm")
    assert rows[1].split(",")[:9] == ["recorded", "0", "0", str(START_NS), "part", "1", "1", "1.0000", "1.0000"]
    bop = (out / "bop_recorded.csv").read_text().splitlines()
    assert bop[1] == "0,0,1,1,1 0 0 0 1 0 0 0 1,1 0 1000,-1.000000"
    assert (out / "estimate_recorded_part_0.tum").read_text() == (
        "5.000000000 0.001000000 0.000000000 1.000000000 0.000000000 0.000000000 0.000000000 1.000000000\n"
    )
    assert len((out / "truth_part_0.tum").read_text().splitlines()) == 2


NAN = float("nan")


@pytest.mark.parametrize(
    ("messages", "message"),
    [
        ([], "the recording is empty"),
        (cameras(2) + poses(TRUTH, [0.0] * 2), "expected estimates on /detections or /object_pose, got /camera"),
        (cameras(2) + poses(ESTIMATES, [0.0] * 2), "expected the topic /ground_truth/pose of PoseStamped, got /object"),
        (
            [*cameras(2), *poses(ESTIMATES, [0.0] * 2), (TRUTH, stamp(0), detections(0, []))],
            "expected the topic /ground_truth/pose of PoseStamped, got vision_msgs/msg/Detection3DArray",
        ),
        (
            [*recording([0.0] * 2, [0.0] * 2), ("/other/compressed", stamp(0), cameras(1)[1][2])],
            "expected one topic of Image or CompressedImage, got /camera/image/compressed, /other/compressed",
        ),
        (cameras(2) + poses(TRUTH, [NAN] * 2) + poses(ESTIMATES, [0.0] * 2), "expected poses, got none that is usable"),
        (
            cameras(2) + poses(TRUTH, [0.0] * 2, frame="map") + poses(ESTIMATES, [0.0] * 2),
            "none of 2 frames has ground truth at its stamp; check --offset, --max-dt, and that tf",
        ),
        (
            [(INFO, stamp(0), camera_info(stamp(0), fx=NAN)), *recording([0.0], [0.0])[1:]],
            "/camera/camera_info at 5.000 s: k, d: camera_matrix: expected finite numbers, got NaN",
        ),
        (
            [*cameras(1), *poses(TRUTH, [0.0]), (ESTIMATES, stamp(5), pose(stamp(5), 0.0))],
            "none of 1 estimates has the stamp of one of 1 frames",
        ),
    ],
    ids=[
        "empty",
        "no estimates",
        "no truth",
        "wrong type",
        "two cameras",
        "NaN",
        "no transform",
        "NaN camera",
        "other stamps",
    ],
)
def test_recordings_that_cannot_be_scored_give_one_clear_line(
    bundle: Path, tmp_path: Path, messages: list, message: str
) -> None:
    with pytest.raises(FpgnasError, match=message) as error:
        evaluated(bundle, tmp_path, messages)
    assert len(str(error.value).splitlines()) == 1


def test_oddities_are_counted_and_left_out(bundle: Path, tmp_path: Path) -> None:
    messages = recording([0.0, 0.1, NAN, 0.3], [0.0, NAN, 0.2, 0.3])
    messages.append((ESTIMATES, stamp(4), pose(0, 0.0)))
    messages.append((ESTIMATES, stamp(5), pose(stamp(1), 0.1)))
    result = evaluated(bundle, tmp_path, messages)
    sanity = {name: found["count"] for name, found in result.summary["sanity"].items()}
    assert sanity["impossible_poses"] == 2
    assert (sanity["zero_stamps"], sanity["backward_stamps"]) == (1, 1)
    assert offsets(result) == [0.0, None, None, 0.0]
    assert any("pose that is none" in line for line in result.findings.lines())


def test_answers_recorded_before_their_stamp_are_counted(bundle: Path, tmp_path: Path) -> None:
    messages = cameras(2) + poses(TRUTH, [0.0] * 2) + poses(ESTIMATES, [0.0] * 2, delay_ns=-5 * MS)
    found = evaluated(bundle, tmp_path, messages).summary["sanity"]["negative_latencies"]
    assert found["count"] == 2
    assert "0.005 s" in found["first"]


def test_bop_scene_that_is_none_is_named(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "scene_gt.json").write_text('{"0": [{"obj_id": 1}]}')
    with pytest.raises(FpgnasError, match=r"scene_gt\.json: expected BOP's scene_gt\.json, got another content"):
        evaluated(bundle, tmp_path, recording([0.0], [0.0]), truth=(Source.parse(str(tmp_path / "scene_gt.json")),))


@pytest.mark.parametrize("storage", [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
def test_recording_cut_off_before_its_first_message_says_so(
    bundle: Path, tmp_path: Path, storage: StoragePlugin
) -> None:
    bag = write(tmp_path / "bag", recording([0.0] * 3, [0.0] * 3), storage)
    file = next(file for file in bag.iterdir() if file.suffix in (".mcap", ".db3"))
    (bag / "metadata.yaml").unlink()
    file.write_bytes(file.read_bytes()[: 100 if storage is StoragePlugin.MCAP else 4096])
    with pytest.raises(FpgnasError, match=r"the recording was cut off .*read up to there, 0 messages") as error:
        evaluate(settings(bundle, tmp_path / "out", bag), "test")
    assert len(str(error.value).splitlines()) == 1


def test_camera_that_changes_within_a_recording_is_said_and_each_frame_takes_its_own(
    bundle: Path, tmp_path: Path
) -> None:
    messages = recording([0.0] * 3, [0.01] * 3)
    messages = [entry for entry in messages if entry[0] != INFO]
    messages += [(INFO, stamp(0) - 1, camera_info(stamp(0))), (INFO, stamp(1.5), camera_info(stamp(1.5), fx=100.0))]
    result = evaluated(bundle, tmp_path, messages)
    assert result.summary["sanity"]["camera_changes"]["count"] == 1
    pixels = [score.instances[0].projection_px for score in result.runs[0].scores]
    assert pixels == pytest.approx([pixels[0], pixels[0], 2 * pixels[0]])
