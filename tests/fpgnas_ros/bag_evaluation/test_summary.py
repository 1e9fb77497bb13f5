"""What summary.json says of objects apart and together, and of the files it is about."""

import hashlib
from pathlib import Path

import pytest

from fpgnas_ros.bag_evaluation.data import Answer, Estimate, TrueInstance
from fpgnas_ros.bag_evaluation.run import Run
from fpgnas_ros.bag_evaluation.scoring import score_frame
from fpgnas_ros.bag_evaluation.summary import digest, summarise_run
from tests.fpgnas_ros.bag_evaluation.scored import OBJECTS, at, evaluated, frame, run_of


def test_figures_of_each_object_are_of_its_instances_alone() -> None:
    objects = {1: evaluated(), 2: evaluated(object_id=2, name="cup")}
    run = Run("run")
    for number in range(4):
        truth = [TrueInstance(1, at()), TrueInstance(2, at(x=0.5))]
        found = (Estimate(1, at(x=0.004), 0.9), Estimate(2, at(x=0.5 + 0.02 * number), 0.9))
        about = frame(number)
        run.add(score_frame(about, Answer(about.stamp_ns, None, found), truth, objects), {})
    summary = summarise_run(run, objects)
    part, cup = (summary["objects"][name]["accuracy"] for name in ("part", "cup"))
    assert [figures["instances"] for figures in (summary["accuracy"], part, cup)] == [8, 4, 4]
    assert part["errors_of_found"]["add_mm"]["max"] == pytest.approx(4)
    assert cup["errors_of_found"]["add_mm"] == pytest.approx({"mean": 30, "median": 30, "p95": 57, "max": 60})
    assert (part["add_0_1d"], cup["add_0_1d"], summary["accuracy"]["add_0_1d"]) == (1, 0.25, 0.625)


def test_figures_of_the_only_object_are_those_of_all() -> None:
    summary = summarise_run(run_of([0.001, 0.02, None]), OBJECTS)
    assert summary["objects"]["part"]["accuracy"] == summary["accuracy"]
    assert summary["accuracy"]["add_0_1d"] == pytest.approx(1 / 3)


def test_hash_is_that_of_the_content(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"second" * 500_000)
    (tmp_path / "a").write_bytes(b"first")
    assert digest(tmp_path / "b") == hashlib.sha256(b"second" * 500_000).hexdigest()
    assert digest(tmp_path) == hashlib.sha256(b"first" + b"second" * 500_000).hexdigest()
