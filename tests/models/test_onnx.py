"""Shipped networks are of the opset and IR version that the oldest supported ONNX Runtime, 1.16, opens."""

from pathlib import Path

import onnx
import pytest

MODELS = sorted((Path(__file__).resolve().parents[2] / "models").glob("*/model*.onnx"))
OPSET, IR_VERSION = 17, 8


def test_there_are_shipped_networks() -> None:
    assert MODELS


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.parent.name)
def test_opset_and_ir_version(path: Path) -> None:
    model = onnx.load(path)
    assert model.ir_version <= IR_VERSION
    assert {(opset.domain, opset.version) for opset in model.opset_import} <= {("", v) for v in range(1, OPSET + 1)}
