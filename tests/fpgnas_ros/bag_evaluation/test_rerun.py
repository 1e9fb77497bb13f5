"""A bundle that is run again gives what its estimator gives when it is called directly."""

from pathlib import Path

import numpy as np
import pytest

from fpgnas_core.bundle import load_bundle
from fpgnas_core.errors import FpgnasError
from fpgnas_core.estimator import PoseEstimator
from fpgnas_core.recording.bag import open_bag
from fpgnas_core.recording.messages import image_of
from fpgnas_ros.bag_evaluation.evaluate import evaluate
from fpgnas_ros.bag_evaluation.findings import Findings
from fpgnas_ros.bag_evaluation.inputs import open_recording
from fpgnas_ros.bag_evaluation.objects import evaluated_objects
from fpgnas_ros.bag_evaluation.rerun import Rerun
from fpgnas_ros.bag_evaluation.run import Run
from tests.fpgnas_core.recorded import png_image, raw_image
from tests.fpgnas_ros.bag_evaluation.bags import IMAGES, INFO, TRUTH, poses, recording, settings, write
from tests.fpgnas_ros.painted_bag import write_painted_bag
from tests.fpgnas_ros.painted_scene import CAMERA, T_CAMERA_OBJECT

DEMO = Path(__file__).resolve().parents[3] / "assets" / "demo.mcap"
VISIBLE = [True, True, False, True, True, False, True, True]


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_painted_bag(tmp_path_factory.mktemp("painted") / "bag", VISIBLE)


def rerun(bundle: Path, out: Path, bag: Path, **changes: object):
    return evaluate(settings(bundle, out, bag, **{"bundles": (str(bundle),), "objects": "", **changes}), "test")


def test_every_image_is_estimated_in_order_as_by_the_estimator(bundle: Path, bag: Path, tmp_path: Path) -> None:
    result = rerun(bundle, tmp_path / "out", bag, workers=3)
    estimator = PoseEstimator(load_bundle(bundle), 1)
    with open_bag(bag) as opened:
        images = [image_of(message, where) for _, where, message in opened.contents((IMAGES,))]
    direct = [estimator.estimate(image, CAMERA) for image in images]
    assert [len(score.answer.estimates) for score in result.runs[0].scores] == [int(v) for v in VISIBLE]
    for score, found in zip(result.runs[0].scores, direct, strict=True):
        for estimate, pose in zip(score.answer.estimates, found, strict=True):
            np.testing.assert_array_equal(estimate.T_camera_object, pose.T_camera_object)
    assert result.summary["runs"][0]["accuracy"]["add_0_1d"] == pytest.approx(6 / 8)
    assert result.summary["runs"][0]["detection"]["recall"] == pytest.approx(6 / 8)


def test_frames_of_a_group_follow_each_other_as_in_the_node(bundle: Path, bag: Path, tmp_path: Path) -> None:
    result = rerun(bundle, tmp_path / "out", bag, workers=2, first_pass_period=3)
    estimator, previous = PoseEstimator(load_bundle(bundle), 1), []
    with open_bag(bag) as opened:
        images = [image_of(message, where) for _, where, message in opened.contents((IMAGES,))]
    for number, (score, image) in enumerate(zip(result.runs[0].scores, images, strict=True)):
        previous = estimator.estimate(image, CAMERA, previous if number % 3 else [])
        found = [estimate.T_camera_object for estimate in score.answer.estimates]
        np.testing.assert_array_equal(found, [pose.T_camera_object for pose in previous])


def test_number_of_workers_and_a_second_time_change_nothing(bundle: Path, bag: Path, tmp_path: Path) -> None:
    tables = []
    for number, workers in enumerate([1, 3, 3]):
        out = tmp_path / f"out{number}"
        rerun(bundle, out, bag, workers=workers, first_pass_period=3)
        tables.append((out / "truth_part_0.tum").read_text() + (out / "estimate_painted_part_0.tum").read_text())
    assert tables[0] == tables[1] == tables[2]


def test_stages_and_engine_are_told(bundle: Path, bag: Path, tmp_path: Path) -> None:
    run = rerun(bundle, tmp_path / "out", bag, workers=1).summary["runs"][0]
    assert run["execution_provider"] == "CPUExecutionProvider"
    assert run["flops_of_one_crop_pass"] == 2 * run["macs_of_one_crop_pass"]
    parts = sum(run["timing"][f"{stage}_ms"]["mean"] for stage in ("preprocess", "network", "decode", "pnp"))
    assert 0 < parts <= run["timing"]["estimate_ms"]["mean"]


def test_images_that_cannot_be_used_are_counted_and_the_others_scored(bundle: Path, tmp_path: Path) -> None:
    messages = recording([0.0] * 3, [])
    images = [i for i, entry in enumerate(messages) if entry[0] == IMAGES]
    topic, time_ns, broken = messages[images[1]]
    messages[images[1]] = (topic, time_ns, png_image(time_ns, np.zeros((5, 5, 3), np.uint8)))
    broken.data = np.frombuffer(b"no picture", np.uint8)
    messages[images[2]] = (topic, time_ns + 1, broken)
    result = rerun(bundle, tmp_path / "out", write(tmp_path / "bag", messages))
    found = result.summary["sanity"]["image_errors"]
    assert found["count"] == 2
    assert "expected the camera's 8x6, got 5x5" in found["first"]
    assert result.summary["runs"][0]["timing"]["frames_without_answer"] == 2


def test_raw_images_of_another_size_and_frame_are_found(bundle: Path, tmp_path: Path) -> None:
    pictures = [np.zeros((6, 8, 3), np.uint8), np.zeros((12, 16, 3), np.uint8)]
    messages = [entry for entry in recording([0.0, 0.1], []) if entry[0] in (INFO, TRUTH)]
    for number, picture in enumerate(pictures):
        image = raw_image(messages[number][1], "bgr8", picture)
        image.header.frame_id = f"camera_{number}"
        messages.append(("/camera/image", messages[number][1], image))
    with pytest.raises(FpgnasError, match="none of 2 frames has ground truth"):
        rerun(bundle, tmp_path / "out", write(tmp_path / "bag", messages))


def test_recording_that_was_cut_off_is_run_as_far_as_it_goes(bundle: Path, tmp_path: Path) -> None:
    content = DEMO.read_bytes()
    (tmp_path / "cut.mcap").write_bytes(content[: len(content) // 4])
    summary = rerun(bundle, tmp_path / "out", tmp_path / "cut.mcap").summary
    assert 0 < summary["runs"][0]["frames"] < 40  # of 150
    assert "the recording was cut off" in summary["sanity"]["damaged_recording"]["first"]


def test_images_without_camera_info_are_refused(bundle: Path, tmp_path: Path) -> None:
    messages = [entry for entry in recording([0.0], []) if entry[0] != INFO]
    with pytest.raises(FpgnasError, match="expected a topic of camera_info, got /camera/image/compressed"):
        rerun(bundle, tmp_path / "out", write(tmp_path / "bag", messages))


def test_recordings_without_images_are_refused(bundle: Path, tmp_path: Path) -> None:
    bag = write(tmp_path / "bag", poses(TRUTH, [0.0]))
    with pytest.raises(FpgnasError, match="expected a topic of images, got /ground_truth/pose"):
        rerun(bundle, tmp_path / "out", bag)


def test_annotated_recording_holds_poses_tf_and_pictures(bundle: Path, bag: Path, tmp_path: Path) -> None:
    rerun(bundle, tmp_path / "out", bag, annotate=True)
    rerun(bundle, tmp_path / "out", bag, annotate=True)  # replaces the one before
    with open_bag(tmp_path / "out" / "annotated_painted_0") as annotated:
        assert annotated.counts == {
            "/truth/part": 8,
            "/estimate/part": 6,
            "/tf": 8,
            "/overlay/compressed": 8,
        }
        content = {topic: message for topic, _, message in annotated.contents(annotated.types)}
    assert content["/estimate/part"].pose.position.z == pytest.approx(T_CAMERA_OBJECT[2, 3], abs=0.01)
    assert {entry.child_frame_id for entry in content["/tf"].transforms} == {"truth_part_0", "estimate_part_0"}
    picture = image_of(content["/overlay/compressed"], "overlay")
    assert picture.shape == (480, 640, 3)
    assert (picture.astype(int).max(axis=2) - picture.astype(int).min(axis=2)).max() > 100  # coloured lines


def test_two_bundles_of_one_name_are_refused(bundle: Path, bag: Path, tmp_path: Path) -> None:
    with pytest.raises(FpgnasError, match="folders of different names"):
        rerun(bundle, tmp_path / "out", bag, bundles=(str(bundle), str(bundle)))


def test_worker_that_dies_is_said_in_one_line(bundle: Path, bag: Path, tmp_path: Path) -> None:
    asked = settings(bundle, tmp_path / "out", bag, bundles=(str(bundle),), workers=2)
    loaded, findings = load_bundle(bundle), Findings()
    objects = evaluated_objects(loaded.objects, (), findings)
    models = {model.name: model for model in loaded.objects}
    with open_recording(bag, 0, asked, models, findings) as recording, Rerun(loaded, asked, objects) as engine:
        assert engine.execution_provider == "CPUExecutionProvider"
        for process in list(engine._pool._processes.values()):
            process.kill()
        with pytest.raises(
            FpgnasError, match="a process that worked on it ended early; is there memory for 2"
        ) as error:
            engine.add_to(Run("painted"), recording, lambda messages: None)
    assert len(str(error.value).splitlines()) == 1
