import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fpgnas_core.bundle import Bundle, load_bundle, write_bundle
from fpgnas_core.contour import ViewpointModel
from fpgnas_core.errors import BundleError
from fpgnas_core.symmetry import ContinuousSymmetry
from tests.fpgnas_core.models import box_object, description, silent_model


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    extra = {"architecture.json": b'{"budget_macs": 1}'}
    return write_bundle(description(tmp_path / "part"), silent_model(), extra)


def edit(bundle: Bundle, **changes: Any) -> None:
    """Change top-level keys of bundle.json; None removes one."""
    file = bundle.path / "bundle.json"
    values = json.loads(file.read_text()) | changes
    file.write_text(json.dumps({key: value for key, value in values.items() if value is not None}))


def edit_object(bundle: Bundle, **changes: Any) -> None:
    values = json.loads((bundle.path / "bundle.json").read_text())
    edit(bundle, objects=[values["objects"][0] | changes])


def test_written_bundle_comes_back_the_same(tmp_path: Path) -> None:
    half_turn = np.diag([-1.0, -1.0, 1.0, 1.0])[None]
    symmetry = ContinuousSymmetry((0.0, 0.0, 1.0), (0.0, 0.01, 0.0))
    base = box_object("bolt", 7)
    bolt = replace(base, upright_axis=(0.0, 0.0, 1.0), symmetries_discrete=half_turn, symmetries_continuous=(symmetry,))
    written = write_bundle(description(tmp_path / "b", box_object(), bolt), silent_model(n_objects=2))
    loaded = load_bundle(tmp_path / "b")
    assert [model.name for model in loaded.objects] == ["part", "bolt"]
    assert loaded.objects[1].upright_axis == (0.0, 0.0, 1.0)
    assert loaded.objects[1].symmetries_continuous == (symmetry,)
    np.testing.assert_array_equal(loaded.objects[1].symmetries_discrete, half_turn)
    np.testing.assert_array_equal(loaded.objects[0].keypoints, base.keypoints)
    assert (loaded.stride, loaded.macs, loaded.mean) == (written.stride, written.macs, written.mean)
    assert loaded.acceptance == {}
    assert loaded.confidence_offsets == ()


def test_confidence_offsets_come_back_and_older_bundles_have_none(tmp_path: Path) -> None:
    described = description(tmp_path / "b", box_object(), box_object("bolt", 7))
    bundle = write_bundle(replace(described, confidence_offsets=(0.5, -0.2)), silent_model(n_objects=2))
    assert bundle.confidence_offsets == (0.5, -0.2)
    edit(bundle, confidence_offsets=None)
    assert load_bundle(bundle.path).confidence_offsets == ()


def test_outlines_come_back_with_the_bundle(tmp_path: Path) -> None:
    shapes = ((3,), (2, 3), (2, 4, 3), (2, 4, 3))
    outlines = ViewpointModel(*(np.full(shape, 0.5, np.float32) for shape in shapes), np.zeros(4, np.float32))
    write_bundle(replace(description(tmp_path / "b"), viewpoints={1: outlines}), silent_model())
    loaded = load_bundle(tmp_path / "b")
    np.testing.assert_array_equal(loaded.viewpoints[1].points, outlines.points)
    (tmp_path / "b" / "outlines.npz").write_bytes(b"damaged")
    with pytest.raises(BundleError, match=r"outlines\.npz: expected SHA-256"):
        load_bundle(tmp_path / "b")


def test_bundle_without_outlines_has_none(bundle: Bundle) -> None:
    assert load_bundle(bundle.path).viewpoints == {}


def test_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_bundle(description(tmp_path / name), silent_model())
    first, second = ((tmp_path / name / "bundle.json").read_bytes() for name in ("a", "b"))
    assert first == second


def test_cost_is_proportional_to_the_area(bundle: Bundle) -> None:
    assert bundle.flops == 2_000_000
    assert bundle.macs_of(320, 256) == 5_000_000  # 320 * 256 is five times 128 * 128


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="nowhere: expected a bundle folder, found none"):
        load_bundle(tmp_path / "nowhere")


def test_missing_description(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"bundle\.json: missing; a bundle folder holds"):
        load_bundle(tmp_path)


def test_missing_model(bundle: Bundle) -> None:
    bundle.model_path.unlink()
    with pytest.raises(BundleError, match=r"model\.onnx: missing, though bundle\.json lists it"):
        load_bundle(bundle.path)


def test_description_that_is_not_json(bundle: Bundle) -> None:
    (bundle.path / "bundle.json").write_bytes(b"\x80\x04not json")
    with pytest.raises(BundleError, match="expected JSON, got something else"):
        load_bundle(bundle.path)


@pytest.mark.parametrize("name", ["model.onnx", "architecture.json"])
def test_damaged_file(bundle: Bundle, name: str) -> None:
    with (bundle.path / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(BundleError, match=rf"{name}: expected SHA-256 \w+, got \w+; damaged"):
        load_bundle(bundle.path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"macs": None}, "missing key 'macs'"),
        ({"format_version": 1}, "expected format_version 3, got 1"),
        ({"first_pass_sizes": []}, r"'first_pass_sizes' expected a list of integers of at least 1, got \[\]"),
        ({"first_pass_sizes": [320, 0]}, r"expected a list of integers of at least 1, got \[320, 0\]"),
        ({"stride": "8"}, "'stride' expected an integer of at least 1, got '8'"),
        ({"stride": 7}, "expected a stride that divides 32, got 7"),
        ({"crop_size": 100}, "expected crop_size as a multiple of 32, got 100"),
        ({"crop_fill": 1.5}, "expected crop_fill of at most 1, got 1.5"),
        ({"confidence_offsets": [0.1, 0.2]}, "expected confidence_offsets of all objects or none, got 2 for 1"),
        ({"flops": 1_000_000}, "expected flops = 2 \\* macs = 2000000, got 1000000"),
        ({"std": [1, 1, 0]}, "'std' expected three positive numbers"),
        ({"mean": [0.5]}, r"'mean': expected shape \(3\), got \(1,\)"),
        ({"objects": []}, "expected one object or more"),
        ({"objects": {}}, "'objects' expected a list"),
        ({"files": {}}, r"expected a hash of model\.onnx, got none"),
        ({"files": {"../x": "0", "model.onnx": "0"}}, "expected plain file names, got"),
        ({"covariance_scales": {"translation": 1}}, "covariance_scales: missing key 'rotation'"),
    ],
)
def test_wrong_description(bundle: Bundle, changes: dict[str, Any], message: str) -> None:
    edit(bundle, **changes)
    with pytest.raises(BundleError, match=message):
        load_bundle(bundle.path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"keypoints": [[0, 0]]}, r"objects\[0\]: 'keypoints': expected shape \(n, 3\), got \(1, 2\)"),
        ({"keypoints": [[0, 0, 0]]}, "expected at least 4 points, got 1"),
        ({"keypoints": [[0, 0, float("nan")]] * 5}, "expected finite numbers"),
        ({"diameter": -0.1}, "'diameter' expected a positive number, got -0.1"),
        ({"name": ""}, "'name' expected a text that is not empty"),
        ({"symmetries_discrete": [np.diag([2.0, 1, 1, 1]).tolist()]}, "expected rigid 4x4 transforms"),
        ({"symmetries_continuous": [{"axis": [0, 0, 0], "offset": [0, 0, 0]}]}, "expected a direction"),
    ],
)
def test_wrong_object(bundle: Bundle, changes: dict[str, Any], message: str) -> None:
    edit_object(bundle, **changes)
    with pytest.raises(BundleError, match=message):
        load_bundle(bundle.path)


def test_errors_are_one_line(bundle: Bundle) -> None:
    edit(bundle, objects=[[0] * 1000])
    with pytest.raises(BundleError) as caught:
        load_bundle(bundle.path)
    assert "\n" not in str(caught.value)


def test_objects_must_be_distinct(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="expected distinct object names and ids"):
        write_bundle(description(tmp_path, box_object(), box_object()), silent_model(n_objects=2))


def test_model_of_another_number_of_objects(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="expected 'class_logits' float of 4 axes, 1 channels, got"):
        write_bundle(description(tmp_path), silent_model(n_objects=2))


def test_model_of_another_number_of_keypoints(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="expected 'keypoint_offsets' float of 4 axes, 24 channels"):
        write_bundle(description(tmp_path), silent_model(n_keypoints=8))


def test_model_that_is_no_onnx(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="expected a model that ONNX Runtime"):
        write_bundle(description(tmp_path), b"not a model")
