from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from fpgnas_core.errors import BundleError
from fpgnas_core.network import Network, check_model
from tests.fpgnas_core.models import STRIDE, convolution_model, silent_model


def write(folder: Path, content: bytes) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(content)
    return path


def test_outputs_come_by_name(tmp_path: Path) -> None:
    # One object and one keypoint: logit = mean of red, then offsets 1 and 2, log scale 3, surface 4 5 6, log scale 7,
    # log size 8, log scale 9.
    weights = np.zeros((10, 3, 8, 8))
    weights[0, 0] = 1 / 64
    path = write(tmp_path, convolution_model(weights, np.arange(10.0), 1, 1))
    check_model(path, 1, 1, STRIDE)
    images = np.zeros((2, 3, 32, 64), np.float32)
    images[1, 0] = 0.5
    grids = Network(path, threads=1).run(images)
    assert grids.class_logits.shape == (2, 1, 4, 8)
    np.testing.assert_allclose(grids.class_logits[:, 0, 0, 0], [0.0, 0.5])
    np.testing.assert_allclose(grids.keypoint_offsets[0, :, 0, 0], [1.0, 2.0])
    assert (grids.keypoint_log_scales == 3.0).all()
    np.testing.assert_allclose(grids.surface_coordinates[0, :, 0, 0], [4.0, 5.0, 6.0])
    assert (grids.surface_log_scales == 7.0).all()
    assert (grids.log_sizes == 8.0).all()
    assert (grids.size_log_scales == 9.0).all()


def test_provider_is_one_of_the_known(tmp_path: Path) -> None:
    network = Network(write(tmp_path, silent_model()), threads=1)
    known = ("TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider")
    assert network.execution_provider in known


def edited(change: str) -> bytes:
    """Return the silent model with one thing wrong."""
    model = onnx.load_from_string(silent_model())
    if change == "input name":
        model.graph.input[0].name = model.graph.node[0].input[0] = "picture"
    elif change == "output name":
        model.graph.output[0].name = model.graph.node[1].output[0] = "scores"
    elif change == "fixed size":
        model.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 128
    elif change == "element type":
        cast = helper.make_node("Cast", ["logits"], ["class_logits"], to=TensorProto.DOUBLE)
        model.graph.node[1].output[0] = "logits"
        model.graph.node.append(cast)
        model.graph.output[0].type.tensor_type.elem_type = TensorProto.DOUBLE
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("input name", r"expected inputs \['image'\], got \['picture'\]; export it again"),
        ("output name", r"expected outputs \['class_logits', .*\], got \['scores'"),
        ("fixed size", "expected input 'image' of free batch, height and width, got"),
        ("element type", r"expected 'class_logits' float of 4 axes, 1 channels, got tensor\(double\)"),
    ],
)
def test_other_interfaces_are_refused(tmp_path: Path, change: str, message: str) -> None:
    with pytest.raises(BundleError, match=message):
        check_model(write(tmp_path, edited(change)), 1, 12, STRIDE)


def test_model_that_runs_only_one_size_is_refused(tmp_path: Path) -> None:
    model = onnx.load_from_string(silent_model())
    model.graph.initializer.append(numpy_helper.from_array(np.zeros((1, 1, 16, 16), np.float32), "fixed"))
    model.graph.node[1].output[0] = "logits"
    model.graph.node.append(helper.make_node("Add", ["logits", "fixed"], ["class_logits"]))
    with pytest.raises(BundleError, match="expected a model that runs 32x64 pixels, got:"):
        check_model(write(tmp_path, bytes(model.SerializeToString())), 1, 12, STRIDE)


def test_another_stride_is_refused(tmp_path: Path) -> None:
    message = r"expected grids of \(8, 16\) cells for 32x64 pixels, got \[(\(4, 8\)(, )?){7}\]"
    with pytest.raises(BundleError, match=message):
        check_model(write(tmp_path, silent_model()), 1, 12, stride=4)


def test_weights_outside_the_hashed_file_are_refused(tmp_path: Path) -> None:
    model = onnx.load_from_string(silent_model())
    path = tmp_path / "model.onnx"
    onnx.save_model(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert (tmp_path / "weights.bin").exists()
    with pytest.raises(BundleError, match="expected a model that ONNX Runtime"):
        check_model(path, 1, 12, STRIDE)


def test_message_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BundleError) as caught:
        check_model(write(tmp_path, b"nothing"), 1, 12, STRIDE)
    assert "\n" not in str(caught.value)
