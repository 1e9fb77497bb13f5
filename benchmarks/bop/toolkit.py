"""The official bop_toolkit: its error functions, and its scripts run on files."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import logging
import runpy
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.bop.files import RESULT_NAME
from benchmarks.bop.scenes import CAMERA, Estimate, Image, Instance
from benchmarks.bop.shapes import Shape
from fpgnas_core.errors import FpgnasError

SAME_POSE_MM = 1e-4
Array = NDArray[np.float64]


class KnownDepthMaps:
    """Stands where the toolkit's renderer does and gives it the depth maps that our side has, millimetres."""

    def __init__(self, images: list[Image]) -> None:
        known = [
            *((i.shape.object_id, i.T_camera_object, i.depth) for image in images for i in image.instances),
            *((e.shape.object_id, e.result.T_camera_object, e.depth) for image in images for e in image.estimates),
        ]
        self._ids = np.array([object_id for object_id, _, _ in known])
        self._poses = np.array([_in_mm(pose) for _, pose, _ in known])
        self._depths = [depth for _, _, depth in known]

    def add_object(self, object_id: int, path: str) -> None:
        """Nothing to load."""

    def render_object(self, object_id: int, R: Array, t: Array, *camera: float) -> dict[str, Array]:
        """The map of this pose; an empty one if it is none of ours, which the recalls then show."""
        differences = np.abs(self._poses - np.c_[R, t]).max(axis=(1, 2))
        differences[self._ids != object_id] = np.inf
        nearest = int(np.argmin(differences))
        known = self._depths[nearest]
        return {"depth": 1000 * known if differences[nearest] < SAME_POSE_MM else np.zeros_like(known)}


class Toolkit:
    """A checkout of github.com/thodan/bop_toolkit. Raises FpgnasError if `path` holds none or a package is missing."""

    def __init__(self, path: Path, images: list[Image]) -> None:
        if not (path / "bop_toolkit_lib" / "pose_error.py").is_file():
            raise FpgnasError(f"{path}: expected a checkout of bop_toolkit, got no bop_toolkit_lib/pose_error.py in it")
        self._path, self._maps = path.resolve(), KnownDepthMaps(images)
        sys.path.insert(1, str(self._path))
        try:
            self._pose_error = importlib.import_module("bop_toolkit_lib.pose_error")
            self._misc = importlib.import_module("bop_toolkit_lib.misc")
            self._renderer = importlib.import_module("bop_toolkit_lib.rendering.renderer")
            importlib.import_module("bop_toolkit_lib.inout")
        except ImportError as error:
            raise FpgnasError(
                f"bop_toolkit: expected what it imports, got {error}; pip install imageio pypng"
            ) from error

    def error(self, name: str, image: Image, estimate: Estimate, instance: Instance) -> list[float]:
        """Errors of one pair by the toolkit's function `name`: millimetres, pixels, degrees."""
        shape = estimate.shape
        first, second = _in_mm(estimate.result.T_camera_object), _in_mm(instance.T_camera_object)
        poses = first[:, :3], first[:, 3:], second[:, :3], second[:, 3:]
        points, K = 1000 * shape.points, CAMERA.matrix
        function = getattr(self._pose_error, name)
        if name == "vsd":
            taus, depth = np.arange(0.05, 0.51, 0.05).tolist(), image.measured_mm.astype(np.float32)
            settings = depth, K, 15, taus, True, 1000 * shape.diameter, self._maps, shape.object_id, "step"
            return [float(e) for e in function(*poses, *settings)]
        arguments = {
            "mssd": (*poses, points, self.symmetries(shape)),
            "mspd": (*poses, K, points, self.symmetries(shape)),
            "proj": (*poses, K, points),
            "re": (poses[0], poses[2]),
            "te": (poses[1], poses[3]),
        }
        return [float(function(*arguments.get(name, (*poses, points))))]

    def symmetries(self, shape: Shape) -> list[dict[str, Array]]:
        """The object's symmetries as the toolkit makes them of models_info.json, millimetres."""
        discrete = shape.discrete.copy()
        discrete[:, :3, 3] *= 1000
        axes = [{"axis": s.axis, "offset": [1000 * x for x in s.offset]} for s in shape.continuous]
        info = {"symmetries_discrete": discrete.reshape(-1, 16).tolist(), "symmetries_continuous": axes}
        found: list[dict[str, Array]] = self._misc.get_symmetry_transformations(info, 0.01)
        return found

    def recalls(self, name: str, folder: Path, thresholds: Sequence[float]) -> Array:
        """Recalls (thresholds, n) of `folder`'s result file by the toolkit's own scripts; n: taus of VSD, or 1."""
        common = [f"--eval_path={folder / 'scores'}", f"--datasets_path={folder}"]
        files = [f"--result_filenames={RESULT_NAME}.csv", f"--results_path={folder}"]
        settings = ["--n_top=-1", f"--error_type={name}", "--num_workers=1"]
        with self._quiet_and_with_our_maps():
            self._run("eval_calc_errors.py", [*common, *files, *settings])
            folders = sorted((folder / "scores" / RESULT_NAME).glob(f"error={name}_*"))
            paths = ",".join(f"{RESULT_NAME}/{path.name}" for path in folders)
            for threshold in thresholds:
                self._run(
                    "eval_calc_scores.py", [*common, f"--error_dir_paths={paths}", f"--correct_th_{name}={threshold}"]
                )
        return np.array([[_recall(path, threshold) for path in folders] for threshold in thresholds])

    def _run(self, script: str, arguments: list[str]) -> None:
        before, sys.argv = sys.argv, [script, *arguments]
        try:
            runpy.run_path(str(self._path / "scripts" / script), run_name="__main__")
        finally:
            sys.argv = before

    @contextlib.contextmanager
    def _quiet_and_with_our_maps(self) -> Iterator[None]:
        original = self._renderer.create_renderer
        self._renderer.create_renderer = lambda *_, **__: self._maps
        logging.disable(logging.CRITICAL)
        try:
            with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        finally:
            self._renderer.create_renderer = original
            logging.disable(logging.NOTSET)


def _recall(errors: Path, threshold: float) -> float:
    scores: dict[str, Any] = json.loads((errors / f"scores_th={threshold:.3f}_min-visib=-1.000.json").read_text())
    return float(scores["recall"])


def _in_mm(pose: Array) -> Array:
    return np.c_[pose[:3, :3], 1000 * pose[:3, 3]]
