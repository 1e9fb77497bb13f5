"""Earlier results are read back and compared with."""

import json
from pathlib import Path

import pytest

from fpgnas_ros.bag_evaluation.baseline import Baseline
from fpgnas_ros.bag_evaluation.errors import EvaluationError
from fpgnas_ros.bag_evaluation.evaluate import evaluate
from fpgnas_ros.bag_evaluation.findings import Findings
from fpgnas_ros.bag_evaluation.summary import summarise, summarise_run
from tests.fpgnas_ros.bag_evaluation.bags import evaluated, recording, settings, write
from tests.fpgnas_ros.bag_evaluation.scored import OBJECTS, run_of


def test_same_recording_is_compared_instance_by_instance(bundle: Path, tmp_path: Path) -> None:
    errors = [0.002, None, 0.008, 0.05] * 10
    evaluated(bundle, tmp_path, recording([0.0] * 40, errors))
    again = settings(bundle, tmp_path / "new", tmp_path / "bag", baseline=tmp_path / "out" / "summary.json")
    ((title, changes),) = evaluate(again, "test").changes.items()
    assert title.endswith("to recorded, over the same frames")
    for change in changes:
        assert change.before == pytest.approx(change.after, abs=1e-4)
        assert max(abs(change.low), abs(change.high)) < 1e-4  # the table's rounding, and no noise of other frames


def test_other_recording_is_compared_with_the_noise_of_both(bundle: Path, tmp_path: Path) -> None:
    errors = [0.002, None, 0.008, 0.05] * 10
    evaluated(bundle, tmp_path, recording([0.0] * 40, errors))
    other = write(tmp_path / "other", recording([0.0] * 41, [*errors, 0.002]))
    again = settings(bundle, tmp_path / "new", other, baseline=tmp_path / "out" / "summary.json")
    ((title, changes),) = evaluate(again, "test").changes.items()
    assert title.endswith("over other frames")
    assert {change.verdict for change in changes} == {"within noise"}
    assert changes[0].high - changes[0].low > 0.1


def test_written_summary_is_read_and_others_are_refused(tmp_path: Path) -> None:
    summary = summarise([summarise_run(run_of([0.0, 0.01]), OBJECTS)], [], Findings(), "test")
    path = tmp_path / "summary.json"
    path.write_text(json.dumps(summary))
    assert Baseline.read(path).summary == json.loads(json.dumps(summary))
    path.write_text(json.dumps({**summary, "format_version": 99}))
    with pytest.raises(EvaluationError, match="expected format_version 1, got 99; evaluate again"):
        Baseline.read(path)
    for content in ("[]", "{", '{"add_0_1d": 1}'):
        path.write_text(content)
        with pytest.raises(EvaluationError, match=r"expected a summary\.json of evaluate_bag"):
            Baseline.read(path)
    with pytest.raises(EvaluationError, match=r"none\.json: expected a summary\.json, got No such file"):
        Baseline.read(tmp_path / "none.json")
