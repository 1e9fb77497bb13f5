"""What is exported opens in the oldest supported ONNX Runtime, and takes images of every size and number."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from training.learning.export import to_onnx
from training.space.architecture import load_architecture
from training.space.network import build_network

ARCHITECTURE = Path(__file__).resolve().parents[3] / "models" / "demo" / "architecture.json"


@pytest.fixture(scope="module")
def model() -> bytes:
    architecture = load_architecture(ARCHITECTURE)
    return to_onnx(build_network(architecture).eval(), architecture.input_size)


def test_opset_is_17_and_ir_version_8(model: bytes) -> None:
    exported = onnx.load_model_from_string(model)
    assert exported.ir_version == 8
    assert [(opset.domain, opset.version) for opset in exported.opset_import] == [("", 17)]


@pytest.mark.parametrize("shape", [(1, 3, 128, 128), (3, 3, 256, 320)])
def test_batch_and_size_are_free(model: bytes, shape: tuple[int, ...]) -> None:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    outputs = session.run(None, {"image": np.zeros(shape, np.float32)})
    assert {(len(output), *output.shape[2:]) for output in outputs} == {(shape[0], shape[2] // 8, shape[3] // 8)}
