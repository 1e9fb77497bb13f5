"""Scores the pose estimates of a recording, or runs bundles again over it: from a bag to a verdict. Needs no ROS."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from fpgnas_core.errors import FpgnasError
from fpgnas_ros.bag_evaluation.worker_processes import worker_context

FAILED, BAD_USE, STOPPED = 1, 2, 130


def main() -> int:
    """0, 1 where a --fail-if holds, 2 with one line on stderr for bad use, 130 where Ctrl-C stops it."""
    arguments = _parser().parse_args()
    if arguments.bundle:
        worker_context()
    # Only now: what the workers need is imported in another process at the same time.
    from fpgnas_ros.bag_evaluation.command import run

    try:
        has_failed = run(arguments, shlex.join(["evaluate_bag", *sys.argv[1:]]))
    except FpgnasError as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_USE
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return STOPPED
    return FAILED if has_failed else 0


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


if __name__ == "__main__":
    sys.exit(main())
