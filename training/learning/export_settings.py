"""Settings of the export; each default lives here with its documentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ExportSettings:
    """Turn a trained network into a bundle that the robot loads."""

    run: str
    """Run folder of training/retrain.py."""
    dataset: str
    """BOP folder with the objects' models, and images for the parity check."""
    out: str
    """Folder of the bundle."""
    split: str = "val"
    """Split that checks the parity of ONNX Runtime and PyTorch and calibrates the covariances."""
    parity_images: int = 32
    """Images of the parity check."""
    calibration_crops: int = 1000
    """Most crops that calibrate the covariances."""
    calibration_frames: str = ""
    """BOP folder of whole frames (of `split`) that calibrate covariances and confidences by both passes, as the robot
    takes them; empty: crops do the covariances, by the second pass alone, which is surer than both."""
    tolerance: float = 1e-4
    """Greatest difference of any output, relative to the larger of 1 and its size."""
    licence: str = "Apache-2.0"
    """Licence of the weights (SPDX identifier)."""
    first_pass_sizes: Sequence[int] = (320,)
    """Longer side of the frame in the first pass, px. A further one is taken where the ones before found nothing sure:
    for objects of one kind, whose size in the image varies."""
    crop_fill: float = 0.7
    """Share of the crop that the object spans in the second pass, 0 to 1."""
