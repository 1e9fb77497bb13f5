"""Small ONNX models and bundles of known behaviour, and the objects they are about."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from fpgnas_core.arrays import FloatArray
from fpgnas_core.bundle import Bundle
from fpgnas_core.network import OUTPUTS
from fpgnas_core.object_model import ObjectModel

STRIDE = 8


def box_object(
    name: str = "part", object_id: int = 1, upright_axis: tuple[float, float, float] = (0.0, 0.0, 1.0)
) -> ObjectModel:
    """Return a 10 x 8 x 6 cm box with its centre, its corners and three points off its symmetries."""
    size = np.array([0.10, 0.08, 0.06])
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    extra = np.array([[0.05, 0.01, 0.0], [0.0, 0.04, 0.02], [-0.01, 0.0, 0.03]])
    return ObjectModel(
        object_id=object_id,
        name=name,
        keypoints=np.vstack([np.zeros(3), signs * size / 2, extra]),
        diameter=float(np.linalg.norm(size)),
        box_size=(0.10, 0.08, 0.06),
        box_center=(0.0, 0.0, 0.0),
        upright_axis=upright_axis,
    )


def convolution_model(weights: FloatArray, biases: FloatArray, n_objects: int, n_keypoints: int) -> bytes:
    """Return the ONNX model whose output is one convolution of kernel and stride 8, split by channels."""
    lengths = [n_objects, 2 * n_keypoints, n_keypoints, 3, 1, 1, 1]
    names = list(OUTPUTS)
    nodes = [
        helper.make_node("Conv", ["image", "weights", "biases"], ["grid"], strides=[STRIDE, STRIDE]),
        helper.make_node("Split", ["grid", "lengths"], names, axis=1),
    ]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "height", "width"])
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", length, "rows", "columns"])
        for name, length in zip(names, lengths, strict=True)
    ]
    constants = [
        numpy_helper.from_array(weights.astype(np.float32), "weights"),
        numpy_helper.from_array(biases.astype(np.float32), "biases"),
        numpy_helper.from_array(np.array(lengths, np.int64), "lengths"),
    ]
    graph = helper.make_graph(nodes, "convolution", [image], outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def silent_model(n_objects: int = 1, n_keypoints: int = 12) -> bytes:
    """Return a model that sees nothing: all outputs are zero but the logits, which are -5."""
    channels = n_objects + 3 * n_keypoints + 6
    biases = np.zeros(channels)
    biases[:n_objects] = -5.0
    return convolution_model(np.zeros((channels, 3, STRIDE, STRIDE)), biases, n_objects, n_keypoints)


def description(folder: Path, *objects: ObjectModel) -> Bundle:
    """Return a bundle of `objects` (default: one box) that is not written yet."""
    return Bundle(
        path=folder,
        objects=objects or (box_object(),),
        stride=STRIDE,
        macs=1_000_000,
        params=1000,
        licence="Apache-2.0",
    )
