"""What a search refuses: one clear line and exit code 2, and a run folder that is as it was."""

import json
import re
import resource
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import yaml

from training.cli import run_command
from training.learning.search import search
from training.learning.search_command import run
from training.learning.search_settings import SearchSettings

REPOSITORY = Path(__file__).parents[3]


def refusal(
    settings: SearchSettings,
    changes: dict[str, object],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> str:
    """Standard error of the command with these settings; it must end with code 2 and one line."""
    values = json.loads(json.dumps(asdict(settings)))
    for name, value in changes.items():
        *path, last = name.split(".")
        where = values
        for key in path:
            where = where[int(key) if key.isdigit() else key]
        where[last] = value
    config = folder / "search.yaml"
    config.write_text(yaml.safe_dump(values))
    monkeypatch.setattr("sys.argv", ["search.py", "--config", str(config)])
    with pytest.raises(SystemExit) as ended:
        run_command(SearchSettings, run)
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"space.operators": ["conv3x3", "conv9x9"]}, r"operator: expected one of conv1x1, .*, got 'conv9x9'"),
        ({"space.grid_stride": 64}, r"grid_stride: expected a stride that some stage can have .*, got 64"),
        ({"space.grid_stride": 2}, r"grid_stride: expected a stride that some stage can have .*, got 2"),
        ({"space.stages.0.widths": [8, 4]}, r"stage1.widths: expected ascending numbers from 1, got \[8, 4\]"),
        ({"space.stages.1.strides": [4]}, r"stage2.strides: expected 1, 2 or both, got \[4\]"),
        ({"input_size": 50}, "input_size: expected a multiple of 32, got 50"),
        (
            {"budget_macs": 1000},
            r"budget: 1,000 is infeasible, the smallest network of this space costs [0-9,]+; raise",
        ),
        (
            {"budget_macs": 10**10},
            r"budget: expected less than the largest network of this space .*, got 10,000,000,000",
        ),
        ({"steps": 9}, r".*: holds a run with another steps; use another --out or remove it"),
    ],
)
def test_bad_input_gives_one_line_and_leaves_the_run(
    search_run: Path,
    search_settings: SearchSettings,
    changes: dict[str, object],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = {file.name: file.read_bytes() for file in search_run.iterdir()}
    said = refusal(search_settings, changes, tmp_path, monkeypatch, capsys)
    assert re.search(f"^error: {message}", said), said
    assert {file.name: file.read_bytes() for file in search_run.iterdir()} == before


def test_search_on_a_full_disk_says_so_and_goes_on_when_there_is_room(
    search_run: Path, search_settings: SearchSettings, tmp_path: Path
) -> None:
    settings = replace(search_settings, out=str(tmp_path / "run"))
    config = tmp_path / "search.yaml"
    config.write_text(yaml.safe_dump(json.loads(json.dumps(asdict(settings)))))
    room = 10_000  # for settings, not for a checkpoint
    done = subprocess.run(
        [sys.executable, "training/search.py", "--config", str(config)],
        cwd=REPOSITORY,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )
    assert done.returncode == 2
    said = done.stderr.splitlines()[-1]
    assert re.search(r"^error: .*checkpoint.unfinished: expected to write, got: .*; free some disk space", said), said
    assert "Traceback" not in done.stderr
    search(settings)
    expected, got = (json.loads((run / "ranking.json").read_text()) for run in (search_run, tmp_path / "run"))
    assert got == expected


def test_disk_that_is_full_when_a_log_is_written_gives_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def fill(settings: SearchSettings) -> None:
        with Path("/dev/full").open("w") as file:
            file.write("a line")

    monkeypatch.setattr("sys.argv", ["search.py", "--dataset", "d", "--out", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        run_command(SearchSettings, fill)
    assert ended.value.code == 2
    expected = "error: No space left on device; free some disk space, the same command then goes on\n"
    assert capsys.readouterr().err == expected
