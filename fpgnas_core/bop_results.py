"""BOP's file of pose estimates: one line each, millimetres; metres in this program."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fpgnas_core.arrays import FloatArray, checked

HEADER = "scene_id,im_id,obj_id,score,R,t,time"
_MM_PER_METRE = 1000.0


@dataclass(frozen=True, eq=False)
class BopResult:
    """One estimate."""

    scene_id: int
    image_id: int
    object_id: int
    confidence: float
    T_camera_object: FloatArray
    """(4, 4), metres."""
    seconds: float
    """Time of the whole image, the same for all its estimates; -1 if it was not measured."""


def write_bop_results(path: Path, results: Iterable[BopResult]) -> None:
    """Write the file (BOP Challenge 2019, `docs/bop_challenge_2019.md` of bop_toolkit): R row-major, t in mm."""
    path.write_text("\n".join([HEADER, *map(_line, results)]) + "\n")


def _line(result: BopResult) -> str:
    pose = checked("T_camera_object", result.T_camera_object, (4, 4))
    where = f"{result.scene_id},{result.image_id},{result.object_id},{result.confidence:.9g}"
    return f"{where},{_joined(pose[:3, :3])},{_joined(_MM_PER_METRE * pose[:3, 3])},{result.seconds:.6f}"


def _joined(values: FloatArray) -> str:
    return " ".join(f"{value:.9g}" for value in values.ravel())
