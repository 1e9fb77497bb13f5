"""The exported network in ONNX Runtime: opening it, checking its interface, running a batch."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort

from fpgnas_core.arrays import Float32Array
from fpgnas_core.errors import BundleError

SIZE_MULTIPLE = 32
"""Widths and heights that the network takes are multiples of this, pixels."""

PROVIDERS = ("TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider")
"""Execution providers, best first."""

INPUT = "image"
OUTPUTS = (
    "class_logits",
    "keypoint_offsets",
    "keypoint_log_scales",
    "surface_coordinates",
    "surface_log_scales",
    "log_sizes",
    "size_log_scales",
)

_SILENT = 3


@dataclass(frozen=True, eq=False)
class Grids:
    """Outputs of one pass for a batch of N images, on h x w cells."""

    class_logits: Float32Array
    """(N, n_objects, h, w): is this cell on the visible part of the object."""
    keypoint_offsets: Float32Array
    """(N, 2 * n_keypoints, h, w), x and y by turns, in strides, from the cell's centre."""
    keypoint_log_scales: Float32Array
    """(N, n_keypoints, h, w), natural log of the Laplace scale of an axis, in strides."""
    surface_coordinates: Float32Array
    """(N, 3, h, w), where in the object's box lies what the cell sees, -0.5 to 0.5 an axis."""
    surface_log_scales: Float32Array
    """(N, 1, h, w), natural log of the Laplace scale of an axis, in boxes."""
    log_sizes: Float32Array
    """(N, 1, h, w), natural log of how large the object appears: its diameter at its distance, in 64 input pixels."""
    size_log_scales: Float32Array
    """(N, 1, h, w), natural log of the Laplace scale of that."""


class Network:
    """An ONNX Runtime session of a bundle's model."""

    def __init__(self, path: Path, threads: int | None = None) -> None:
        """Open `path` on the best provider there is, with `threads` CPU threads (None: all cores).

        Raises BundleError if ONNX Runtime cannot open it.
        """
        available = ort.get_available_providers()
        self._session = _open(path, [p for p in PROVIDERS if p in available], threads, optimised=True)

    @property
    def execution_provider(self) -> str:
        """Name of the provider that runs the network."""
        return str(self._session.get_providers()[0])

    def run(self, images: Float32Array) -> Grids:
        """Run (N, 3, height, width) normalised RGB images; sides are multiples of SIZE_MULTIPLE."""
        return Grids(*self._session.run(list(OUTPUTS), {INPUT: images}))


def check_model(path: Path, n_objects: int, n_keypoints: int, stride: int) -> None:
    """Raise BundleError unless the ONNX file has the inputs and outputs that a bundle promises.

    Names, element types, ranks and channel counts must agree; batch, height and width must be free; and
    a small blank image must give one cell per `stride` pixels.
    """
    session = _open(path, ["CPUExecutionProvider"], threads=1, optimised=False)
    channels = dict(zip(OUTPUTS, (n_objects, 2 * n_keypoints, n_keypoints, 3, 1, 1, 1), strict=True))
    _check_tensors(path, "inputs", session.get_inputs(), {INPUT: 3})
    _check_tensors(path, "outputs", session.get_outputs(), channels)
    free = session.get_inputs()[0].shape
    if any(isinstance(free[axis], int) for axis in (0, 2, 3)):
        msg = f"{path}: expected input '{INPUT}' of free batch, height and width, got {free}; export it again"
        raise BundleError(msg)
    _check_grids(path, session, stride)


def _check_grids(path: Path, session: ort.InferenceSession, stride: int) -> None:
    height, width = SIZE_MULTIPLE, 2 * SIZE_MULTIPLE
    try:
        outputs = session.run(list(OUTPUTS), {INPUT: np.zeros((1, 3, height, width), np.float32)})
    except Exception as err:  # as in _open
        msg = f"{path}: expected a model that runs {height}x{width} pixels, got: {str(err).splitlines()[0]}"
        raise BundleError(msg) from err
    found, expected = [output.shape[2:] for output in outputs], (height // stride, width // stride)
    if any(size != expected for size in found):
        msg = f"{path}: expected grids of {expected} cells for {height}x{width} pixels, got {found}"
        raise BundleError(msg)


def _open(path: Path, providers: list[str], threads: int | None, optimised: bool) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.inter_op_num_threads = 1
    options.log_severity_level = _SILENT
    # Otherwise the threads wait for the next frame by spinning, and take the cores from all that is not the network.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    if not optimised:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        # From bytes: a model that refers to files beside it, which no hash covers, is refused.
        return ort.InferenceSession(path.read_bytes(), options, providers=providers)
    except Exception as err:  # ONNX Runtime's exceptions have no common root of their own.
        reason = str(err).splitlines()[0]
        msg = f"{path}: expected a model that ONNX Runtime {ort.__version__} opens, got: {reason}"
        raise BundleError(msg) from err


def _check_tensors(path: Path, what: str, tensors: list[ort.NodeArg], channels: dict[str, int]) -> None:
    names = [tensor.name for tensor in tensors]
    if sorted(names) != sorted(channels):
        msg = f"{path}: expected {what} {list(channels)}, got {names}; export it again"
        raise BundleError(msg)
    for tensor in tensors:
        want = channels[tensor.name]
        if tensor.type != "tensor(float)" or len(tensor.shape) != 4 or tensor.shape[1] != want:
            got = f"{tensor.type} {tensor.shape}"
            msg = f"{path}: expected '{tensor.name}' float of 4 axes, {want} channels, got {got}"
            raise BundleError(msg)
