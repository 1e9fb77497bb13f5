"""Bundles: the folder that a robot loads, `bundle.json` beside the files whose hashes it lists."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from fpgnas_core.bundle_schema import Json, Reader
from fpgnas_core.contour import ViewpointModel, load_viewpoints, viewpoints_to_bytes
from fpgnas_core.errors import BundleError
from fpgnas_core.network import SIZE_MULTIPLE, check_model
from fpgnas_core.object_model import ObjectModel

FORMAT_VERSION = 3
DESCRIPTION = "bundle.json"
MODEL = "model.onnx"
OUTLINES = "outlines.npz"


@dataclass(frozen=True, eq=False)
class Bundle:
    """A network with all that is needed to run it and to read its outputs."""

    path: Path
    """The folder."""
    objects: tuple[ObjectModel, ...]
    """In the order of the network's class logits; all have the same number of keypoints."""
    stride: int
    """Input pixels per cell of the output grid."""
    macs: int
    """Multiply-accumulates of one crop pass, head included."""
    params: int
    """Number of weights."""
    licence: str
    """Licence of the weights (SPDX identifier)."""
    first_pass_sizes: tuple[int, ...] = (320,)
    """Longer side of the frame in the first pass, pixels; a further one where the ones before found nothing sure."""
    crop_size: int = 128
    """Side of the second pass's crop, pixels."""
    crop_fill: float = 0.7
    """Share of the crop's side that the object's projected keypoints span."""
    most_roll_deg: float = 180.0
    """Objects are seen turned from upright by so much at most, degrees; less where they stand before a level camera."""
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    """Subtracted from RGB values of 0 to 1."""
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    """RGB values are then divided by this."""
    acceptance: Mapping[str, Json] = field(default_factory=dict)
    """Metrics that the bundle was accepted with, and the data's name."""
    covariance_scales: tuple[float, float] = (1.0, 1.0)
    """Factors on the variances of translation and rotation, fitted on validation data."""
    confidence_offsets: tuple[float, ...] = ()
    """Log odds to add to the confidence of each object, fitted on validation data; none: 0 for all."""
    viewpoints: Mapping[int, ViewpointModel] = field(default_factory=dict)
    """Outlines by BOP id; the pose of an object without them stays as the network says."""

    @property
    def n_keypoints(self) -> int:
        """Keypoints per object."""
        return len(self.objects[0].keypoints)

    @property
    def flops(self) -> int:
        """Floating-point operations of one crop pass, 2 * macs."""
        return 2 * self.macs

    @property
    def model_path(self) -> Path:
        """The ONNX file."""
        return self.path / MODEL

    def macs_of(self, width: int, height: int) -> int:
        """Return the multiply-accumulates of one pass of `width` x `height` input pixels.

        The network is fully convolutional, so the cost is proportional to the area.
        """
        return round(self.macs * width * height / self.crop_size**2)


def load_bundle(path: str | Path) -> Bundle:
    """Load and validate a bundle: schema, version, SHA-256 of each file, then the model's interface.

    Nothing is unpickled. Raises BundleError, with one line that says what is wrong and where.
    """
    folder = Path(path)
    reader = Reader(_read_description(folder), str(folder / DESCRIPTION))
    version = reader.integer("format_version", minimum=0)
    if version != FORMAT_VERSION:
        msg = f"{reader.where}: expected format_version {FORMAT_VERSION}, got {version}; export it again"
        raise BundleError(msg)
    bundle = _parse(folder, reader)
    _check_files(folder, reader)
    check_model(bundle.model_path, len(bundle.objects), bundle.n_keypoints, bundle.stride)
    outlines = folder / OUTLINES
    return replace(bundle, viewpoints=load_viewpoints(outlines)) if OUTLINES in reader.mapping("files") else bundle


def write_bundle(bundle: Bundle, model: bytes, extra_files: Mapping[str, bytes] | None = None) -> Bundle:
    """Write `bundle` to its folder, with `model` as ONNX and `extra_files` by name, and load it again.

    Writing the same content gives the same bytes. Raises BundleError if the result is not valid.
    """
    files = {MODEL: model, **(extra_files or {})}
    if bundle.viewpoints:
        files[OUTLINES] = viewpoints_to_bytes(bundle.viewpoints)
    bundle.path.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (bundle.path / name).write_bytes(content)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    description = json.dumps(_describe(bundle) | {"files": hashes}, indent=1)
    (bundle.path / DESCRIPTION).write_text(description + "\n", encoding="utf-8")
    return load_bundle(bundle.path)


def _describe(bundle: Bundle) -> dict[str, Json]:
    translation, rotation = bundle.covariance_scales
    return {
        "format_version": FORMAT_VERSION,
        "licence": bundle.licence,
        "macs": bundle.macs,
        "flops": bundle.flops,
        "params": bundle.params,
        "stride": bundle.stride,
        "first_pass_sizes": list(bundle.first_pass_sizes),
        "crop_size": bundle.crop_size,
        "crop_fill": bundle.crop_fill,
        "most_roll_deg": bundle.most_roll_deg,
        "mean": list(bundle.mean),
        "std": list(bundle.std),
        "covariance_scales": {"translation": translation, "rotation": rotation},
        "confidence_offsets": list(bundle.confidence_offsets),
        "acceptance": dict(bundle.acceptance),
        "objects": [model.to_json() for model in bundle.objects],
    }


def _read_description(folder: Path) -> Json:
    file = folder / DESCRIPTION
    if not folder.is_dir():
        msg = f"{folder}: expected a bundle folder, found none; check the path or export a bundle"
        raise BundleError(msg)
    if not file.is_file():
        msg = f"{file}: missing; a bundle folder holds {DESCRIPTION} and {MODEL}"
        raise BundleError(msg)
    try:
        return json.loads(file.read_bytes())
    except ValueError as err:
        msg = f"{file}: expected JSON, got something else ({err}); export the bundle again"
        raise BundleError(msg) from err


def _parse(folder: Path, reader: Reader) -> Bundle:
    scales = Reader(reader.mapping("covariance_scales"), f"{reader.where}: covariance_scales")
    mean = reader.array("mean", (3,))
    offsets = reader.array("confidence_offsets", (None,)) if "confidence_offsets" in reader.values else np.zeros(0)
    bundle = Bundle(
        path=folder,
        objects=tuple(map(ObjectModel.from_json, reader.readers("objects"))),
        stride=reader.integer("stride"),
        macs=reader.integer("macs"),
        params=reader.integer("params"),
        licence=reader.text("licence"),
        first_pass_sizes=reader.integers("first_pass_sizes"),
        crop_size=reader.integer("crop_size"),
        crop_fill=reader.positive("crop_fill"),
        most_roll_deg=reader.positive("most_roll_deg"),
        mean=(float(mean[0]), float(mean[1]), float(mean[2])),
        std=reader.positive_triple("std"),
        acceptance=reader.mapping("acceptance"),
        covariance_scales=(scales.positive("translation"), scales.positive("rotation")),
        confidence_offsets=tuple(offsets.tolist()),
    )
    _check_consistency(bundle, reader)
    return bundle


def _check_consistency(bundle: Bundle, reader: Reader) -> None:
    """Raise BundleError for values that are valid alone and not together."""
    counts = sorted({len(model.keypoints) for model in bundle.objects})
    names = [model.name for model in bundle.objects]
    ids = [model.object_id for model in bundle.objects]
    flops = reader.integer("flops")
    problems = {
        f"expected one object or more with keypoints of one number, got {counts}": len(counts) != 1,
        f"expected distinct object names and ids, got {names} and {ids}": (
            len(set(names)) < len(names) or len(set(ids)) < len(ids)
        ),
        f"expected crop_size as a multiple of {SIZE_MULTIPLE}, got {bundle.crop_size}": (
            bundle.crop_size % SIZE_MULTIPLE != 0
        ),
        f"expected a stride that divides {SIZE_MULTIPLE}, got {bundle.stride}": (SIZE_MULTIPLE % bundle.stride != 0),
        f"expected crop_fill of at most 1, got {bundle.crop_fill}": bundle.crop_fill > 1,
        f"expected confidence_offsets of all objects or none, got {len(bundle.confidence_offsets)} for {len(ids)}": (
            len(bundle.confidence_offsets) not in (0, len(ids))
        ),
        f"expected flops = 2 * macs = {bundle.flops}, got {flops}": flops != bundle.flops,
    }
    for problem, present in problems.items():
        if present:
            msg = f"{reader.where}: {problem}"
            raise BundleError(msg)


def _check_files(folder: Path, reader: Reader) -> None:
    files = Reader(reader.mapping("files"), f"{reader.where}: files")
    if MODEL not in files.values:
        msg = f"{files.where}: expected a hash of {MODEL}, got none; export the bundle again"
        raise BundleError(msg)
    for name in files.values:
        expected, file = files.text(name), folder / name
        if Path(name).name != name:
            msg = f"{files.where}: expected plain file names, got {name!r}"
            raise BundleError(msg)
        if not file.is_file():
            msg = f"{file}: missing, though {DESCRIPTION} lists it; copy the whole bundle again"
            raise BundleError(msg)
        actual = hashlib.sha256(file.read_bytes()).hexdigest()
        if actual != expected:
            msg = f"{file}: expected SHA-256 {expected[:12]}, got {actual[:12]}; damaged, copy it again"
            raise BundleError(msg)
