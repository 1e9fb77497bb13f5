"""The command: its exit codes, its lines, and that it needs neither ROS nor PyTorch."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fpgnas_ros.bag_evaluation.bags import recording, write
from tests.patience import PATIENCE_S

CHECKOUT = Path(__file__).resolve().parents[2]
WITHOUT = ("rclpy", "sensor_msgs", "geometry_msgs", "vision_msgs", "torch", "matplotlib")
SCRIPT = (
    f"import sys; sys.modules.update(dict.fromkeys({WITHOUT!r})); "
    "from fpgnas_ros.evaluate_bag import main; raise SystemExit(main())"
)


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", SCRIPT, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, cwd=CHECKOUT)


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    truth = [0.01 * i for i in range(20)]
    return write(tmp_path_factory.mktemp("command") / "bag", recording(truth, [x + 0.002 for x in truth]))


def test_result_is_printed_and_files_are_written(bundle: Path, bag: Path, tmp_path: Path) -> None:
    done = run(bag, "--objects", bundle, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("warning: no mesh: errors are over the bundle's keypoints")
    assert lines[1].startswith(
        "recorded: 20 frames: ADD(-S) below 0.1 d 100.0 %, AUC of ADD-S 98.0 %, translation error 2 mm"
    )
    assert lines[-1] == str(tmp_path / "report.html")
    assert {path.name for path in tmp_path.iterdir()} == {
        "summary.json",
        "per_frame.csv",
        "bop_recorded.csv",
        "truth_part_0.tum",
        "estimate_recorded_part_0.tum",
        "report.html",
    }


@pytest.mark.parametrize(("conditions", "code"), [(["add_0_1d < 0.9"], 0), (["add_0_1d < 0.9", "add_mm.max > 1"], 1)])
def test_gate_exits_with_1_and_names_what_failed(
    bundle: Path, bag: Path, tmp_path: Path, conditions: list[str], code: int
) -> None:
    done = run(bag, "--objects", bundle, "--out", tmp_path, *(part for c in conditions for part in ("--fail-if", c)))
    assert done.returncode == code
    assert "passed: recorded: accuracy.add_0_1d is 1 (add_0_1d < 0.9)" in done.stdout
    assert ("failed: recorded: accuracy.errors_of_found.add_mm.max is 2 (add_mm.max > 1)" in done.stdout) == (code == 1)


def test_baseline_says_what_changed(bundle: Path, bag: Path, tmp_path: Path) -> None:
    truth = [0.01 * i for i in range(20)]
    worse = write(tmp_path / "worse", recording(truth, [x + 0.03 for x in truth]))
    assert run(bag, "--objects", bundle, "--out", tmp_path / "old").returncode == 0
    baseline = ("--baseline", tmp_path / "old" / "summary.json")
    same = run(bag, "--objects", bundle, "--out", tmp_path / "same", *baseline)
    assert "nothing changed beyond noise" in same.stdout
    other = run(worse, "--objects", bundle, "--out", tmp_path / "new", *baseline)
    assert "add_0_1d: 1 to 0 (-1 to -1): worse" in other.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.mcap", "--objects", "demo"], "error: none.mcap: expected a recording, got no such file or folder"),
        (["BAG"], "error: expected --bundle B to run again, or --objects B to score what was recorded, got neither"),
        (["BAG", "--objects", "nothing"], "error: nothing: expected a bundle folder"),
        (["BAG", "--objects", "BUNDLE", "--fail-if", "recall"], "error: --fail-if: expected FIGURE < NUMBER"),
        (["BAG", "--objects", "BUNDLE", "--fail-if", "recal < 1"], "error: recal: expected a figure of summary.json"),
        (["BAG", "--objects", "BUNDLE", "--truth", "/nowhere"], "expected the topic /nowhere of PoseStamped"),
        (["BAG", "--objects", "BUNDLE", "--truth", "cup=/tf:a.b"], "expected one of the objects part, got 'cup'"),
        (["BAG", "--objects", "BUNDLE", "--truth", "/tf:a"], "error: expected /tf:PARENT.CHILD, got '/tf:a'"),
        (["BAG", "--objects", "BUNDLE", "--truth", "/tf:a.b"], "expected the tf frame a, got none"),
        (["BAG", "--objects", "BUNDLE", "--mesh", "none.ply"], "error: none.ply: expected a PLY mesh"),
        (
            ["BAG", "BAG", "--objects", "BUNDLE", "--truth", "a.tum"],
            "error: --truth: expected a topic or tf of several",
        ),
        (["BAG", "--objects", "BUNDLE", "--max-dt", "-1"], "error: --max-dt, --max-gap: expected seconds"),
        (["BAG", "--bundle", "BUNDLE", "--confidence", "7"], "error: --confidence: expected more than 0"),
        (["BAG", "--objects", "BUNDLE", "--baseline", "old.json"], "error: old.json: expected a summary.json"),
    ],
)
def test_bad_use_is_one_line_and_exit_code_2(
    bundle: Path, bag: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    named = [{"BAG": str(bag), "BUNDLE": str(bundle)}.get(argument, argument) for argument in arguments]
    done = run(*named, "--out", tmp_path)
    assert done.returncode == 2
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_name_of_a_figure_that_is_none_does_not_cost_the_figures(bundle: Path, bag: Path, tmp_path: Path) -> None:
    done = run(bag, "--objects", bundle, "--out", tmp_path, "--fail-if", "recal < 1")
    assert done.returncode == 2
    assert json.loads((tmp_path / "summary.json").read_text())["runs"][0]["frames"] > 0
    assert (tmp_path / "report.html").is_file()


def test_cut_off_recording_is_scored_as_far_as_it_goes_and_says_so(bundle: Path, bag: Path, tmp_path: Path) -> None:
    content = next(bag.glob("*.mcap")).read_bytes()
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(content[:-200])
    done = run(cut, "--objects", bundle, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert f"warning: recording cut off or damaged (1 times; {cut}: the recording was cut off" in done.stdout


def test_help_explains_every_option() -> None:
    done = run("--help")
    assert done.returncode == 0
    for option in (
        "--bundle",
        "--truth",
        "--estimates",
        "--max-dt",
        "--offset",
        "--interpolate",
        "--fail-if",
        "--baseline",
    ):
        assert option in done.stdout
