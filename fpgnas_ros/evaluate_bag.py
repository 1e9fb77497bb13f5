"""Scores the pose estimates of a recording, or runs bundles again over it: from a bag to a verdict. Needs no ROS."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from fpgnas_core.errors import FpgnasError
from fpgnas_ros.bag_evaluation.comparison import WITHIN_NOISE
from fpgnas_ros.bag_evaluation.evaluate import Evaluation, evaluate
from fpgnas_ros.bag_evaluation.gate import Condition
from fpgnas_ros.bag_evaluation.report.headline import headlines
from fpgnas_ros.bag_evaluation.settings import EvaluationSettings
from fpgnas_ros.bag_evaluation.sources import Source
from fpgnas_ros.bag_evaluation.truth import Matching

FAILED, BAD_USE, STOPPED = 1, 2, 130


def main() -> int:
    """0, 1 where a --fail-if holds, 2 with one line on stderr for bad use, 130 where Ctrl-C stops it."""
    arguments = _parser().parse_args()
    try:
        settings = settings_of(arguments)
        evaluation = evaluate(settings, shlex.join(["evaluate_bag", *sys.argv[1:]]))
    except FpgnasError as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_USE
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return STOPPED
    print("\n".join(_result(evaluation)))
    print(settings.out / "report.html")
    return FAILED if any(verdict.has_failed for verdict in evaluation.verdicts) else 0


def _result(evaluation: Evaluation) -> Iterator[str]:
    """What people want to know first."""
    yield from (f"warning: {line}" for line in evaluation.findings.lines())
    for run in evaluation.summary["runs"]:
        figures = ", ".join(f"{figure.name} {figure.value}" for figure in headlines(run))
        yield f"{run['name']}: {run['frames']} frames: {figures}"
    for title, changes in evaluation.changes.items():
        beyond = [change.line for change in changes if change.verdict != WITHIN_NOISE]
        yield f"{title}: {'; '.join(beyond) or 'nothing changed beyond noise'}"
    yield from (verdict.line for verdict in evaluation.verdicts)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="evaluate_bag", description=__doc__)
    add = parser.add_argument
    add("bags", nargs="+", type=Path, metavar="BAG", help="recording: a folder, or an .mcap, .db3 or .bag file")
    add("--bundle", action="append", default=[], help="bundle to run over the images; repeat to compare several")
    add(
        "--objects",
        default="",
        metavar="FOLDER",
        help="what describes the objects: a bundle, or a folder of BOP models with models_info.json and meshes "
        "(default: the first --bundle)",
    )
    add("--mesh", action="append", default=[], metavar="[OBJECT=]PLY", help="mesh of an object, millimetres")
    add(
        "--truth",
        action="append",
        default=[],
        metavar="[OBJECT=]SOURCE",
        help="ground truth: a PoseStamped topic, /tf:PARENT.CHILD, BOP's scene_gt.json or a TUM file (.txt, .tum) of "
        "T_camera_object; repeat for several objects (default: /ground_truth/pose)",
    )
    add(
        "--estimates",
        action="append",
        default=[],
        metavar="[OBJECT=]SOURCE",
        help="recorded estimates: a PoseStamped, PoseWithCovarianceStamped or Detection3DArray topic or "
        "/tf:PARENT.CHILD (default: /detections, or else /object_pose)",
    )
    add("--image", default="", metavar="TOPIC", help="images, raw or compressed (default: the only such topic)")
    add("--camera-info", default="", metavar="TOPIC", help="camera (default: the only one, or that beside the images)")
    add("--max-dt", type=float, default=0.02, metavar="S", help="furthest apart that stamps may be (default: 0.02 s)")
    add("--offset", type=float, default=0.0, metavar="S", help="added to the stamps of the ground truth (default: 0)")
    add("--interpolate", action="store_true", help="interpolate the ground truth to the frame's stamp")
    add("--max-gap", type=float, default=0.1, metavar="S", help="longest gap that is interpolated (default: 0.1 s)")
    add("--first-pass-period", type=int, default=1, metavar="N", help="as the node's parameter (default: 1)")
    add("--confidence", type=float, default=0.5, help="lowest confidence of a detection (default: 0.5)")
    add(
        "--workers",
        type=int,
        default=0,
        metavar="N",
        help="frames worked on at a time (default: one a CPU core, two on a GPU)",
    )
    add("--annotate", action="store_true", help="also write a recording of poses, tf and overlaid images")
    add(
        "--fail-if",
        action="append",
        default=[],
        metavar="CONDITION",
        help="exit with 1 where it holds, such as 'add_s_auc < 0.8'; any figure of summary.json; repeatable",
    )
    add("--baseline", type=Path, metavar="JSON", help="summary.json of before: say what changed beyond noise")
    add("--out", type=Path, default=Path("out/bag"), metavar="DIR", help="folder of the results (default: out/bag)")
    return parser


def settings_of(arguments: argparse.Namespace) -> EvaluationSettings:
    """Checked settings. Raises EvaluationError."""
    return EvaluationSettings(
        bags=tuple(arguments.bags),
        bundles=tuple(arguments.bundle),
        objects=arguments.objects,
        meshes=tuple(map(Source.parse, arguments.mesh)),
        truth=tuple(map(Source.parse, arguments.truth or ["/ground_truth/pose"])),
        estimates=tuple(map(Source.parse, arguments.estimates)),
        image=arguments.image,
        camera_info=arguments.camera_info,
        matching=Matching(
            _nanoseconds(arguments.max_dt),
            _nanoseconds(arguments.offset),
            arguments.interpolate,
            _nanoseconds(arguments.max_gap),
        ),
        out=arguments.out,
        first_pass_period=arguments.first_pass_period,
        confidence_threshold=arguments.confidence,
        workers=arguments.workers,
        annotate=arguments.annotate,
        fail_if=tuple(map(Condition.parse, arguments.fail_if)),
        baseline=arguments.baseline,
    )


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)


if __name__ == "__main__":
    sys.exit(main())
