from pathlib import Path

import numpy as np
import pytest

from fpgnas_core.bop_results import BopResult, write_bop_results
from fpgnas_core.errors import ShapeError

QUARTER_TURN = np.array([[0, -1, 0, 0.1], [1, 0, 0, -0.025], [0, 0, 1, 1.5], [0, 0, 0, 1]], dtype=np.float64)


def test_rotation_is_row_major_and_translation_in_millimetres(tmp_path: Path) -> None:
    write_bop_results(tmp_path / "a.csv", [BopResult(2, 31, 5, 0.75, QUARTER_TURN, 0.0125)])
    header, line = (tmp_path / "a.csv").read_text().splitlines()
    assert header == "scene_id,im_id,obj_id,score,R,t,time"
    assert line == "2,31,5,0.75,0 -1 0 1 0 0 0 0 1,100 -25 1500,0.012500"


def test_close_confidences_stay_apart(tmp_path: Path) -> None:
    results = [BopResult(1, 1, 1, confidence, QUARTER_TURN, -1) for confidence in (0.99999998, 0.99999999)]
    write_bop_results(tmp_path / "a.csv", results)
    first, second = (line.split(",")[3] for line in (tmp_path / "a.csv").read_text().splitlines()[1:])
    assert float(first) < float(second)


def test_no_estimates_are_a_file_with_a_header(tmp_path: Path) -> None:
    write_bop_results(tmp_path / "a.csv", [])
    assert (tmp_path / "a.csv").read_text() == "scene_id,im_id,obj_id,score,R,t,time\n"


def test_pose_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match="T_camera_object: expected finite numbers"):
        write_bop_results(tmp_path / "a.csv", [BopResult(1, 1, 1, 0.5, np.full((4, 4), np.nan), 0.1)])
