"""Ground truth out of files: BOP's scene_gt.json (millimetres) and TUM trajectories (metres)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from fpgnas_core.errors import ShapeError
from fpgnas_core.recording.pose_track import PoseTrack
from fpgnas_core.se3 import make_transform, matrix_from_quaternion_xyzw
from fpgnas_ros.bag_evaluation.data import TrueInstance
from fpgnas_ros.bag_evaluation.errors import EvaluationError
from fpgnas_ros.bag_evaluation.findings import Findings

METRES_PER_MM = 0.001
TUM_COLUMNS = 8


def read_bop_scene(path: Path, known_ids: set[int], findings: Findings) -> dict[int, list[TrueInstance]]:
    """The instances of each image by its number, with visible shares where scene_gt_info.json lies beside.

    Raises EvaluationError.
    """
    scene, info_path = _read(path), path.with_name(path.name.replace("scene_gt", "scene_gt_info"))
    info = _read(info_path) if info_path.is_file() else {}
    images: dict[int, list[TrueInstance]] = {}
    try:
        for key, entries in scene.items():
            shares = [entry["visib_fract"] for entry in info.get(key, [])] or [None] * len(entries)
            found = [_instance(entry, share) for entry, share in zip(entries, shares, strict=True)]
            images[int(key)] = [instance for instance in found if instance.object_id in known_ids]
            for instance in found:
                if instance.object_id not in known_ids:
                    findings.add("unknown_objects", f"{path}: image {key}: obj_id {instance.object_id}")
    except (KeyError, TypeError, ValueError, AttributeError, ShapeError) as error:
        raise EvaluationError(f"{path}: expected BOP's scene_gt.json, got another content ({error!r})") from error
    return images


def _instance(entry: dict[str, Any], visible: float | None) -> TrueInstance:
    pose = make_transform(np.reshape(entry["cam_R_m2c"], (3, 3)), METRES_PER_MM * np.array(entry["cam_t_m2c"]))
    return TrueInstance(int(entry["obj_id"]), pose, visible)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise EvaluationError(f"{path}: expected a file, got {error.strerror}") from error
    except ValueError as error:
        raise EvaluationError(f"{path}: expected JSON, got something else ({error})") from error


def read_tum(path: Path) -> PoseTrack:
    """A trajectory, one line `timestamp tx ty tz qx qy qz qw` for each pose: seconds, metres. Raises EvaluationError.

    Stamps are read digit by digit: a float of 64 bits has only 200 nanoseconds at today's times.
    """
    try:
        lines = [line.split() for line in path.read_text().splitlines() if line.strip() and line[0] != "#"]
        stamps = [_nanoseconds(fields[0]) for fields in lines]
        values = np.array([fields[1:] for fields in lines], np.float64).reshape(-1, TUM_COLUMNS - 1)
        poses = [make_transform(matrix_from_quaternion_xyzw(row[3:]), row[:3]) for row in values]
        return PoseTrack(stamps, poses)
    except OSError as error:
        raise EvaluationError(f"{path}: expected a file, got {error.strerror}") from error
    except (ValueError, ShapeError) as error:
        raise EvaluationError(f"{path}: expected lines of `timestamp tx ty tz qx qy qz qw` ({error})") from error


def _nanoseconds(seconds: str) -> int:
    whole, _, part = seconds.partition(".")
    if not whole.lstrip("-").isdecimal() or (part and not part.isdecimal()):
        return round(float(seconds) * 1e9)
    return int(whole) * 10**9 + int(part.ljust(9, "0")[:9])
