"""Decoders that use one half of what the cells say."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.decoders import surface_alone, votes_alone, without_size
from fpgnas_core.metrics import add
from tests.fpgnas_core.test_pose import CAMERA, IDENTITY, MODEL, POSE, STRIDE, votes_for


@pytest.mark.parametrize("solve", [votes_alone, surface_alone, without_size])
def test_perfect_cells_give_the_pose(solve) -> None:
    found = solve(votes_for(0.0), MODEL, STRIDE, IDENTITY, CAMERA)
    assert add(found.T_camera_object, POSE, MODEL.keypoints) < 1e-4


def test_each_ignores_what_the_other_uses() -> None:
    wrong_votes, wrong_surface = votes_for(2.0), votes_for(0.0, surface_error=0.05)
    for solve, spoilt, other in (
        (votes_alone, wrong_votes, wrong_surface),
        (surface_alone, wrong_surface, wrong_votes),
    ):
        bad, good = (solve(votes, MODEL, STRIDE, IDENTITY, CAMERA).T_camera_object for votes in (spoilt, other))
        assert add(good, POSE, MODEL.keypoints) < 1e-3
        assert add(bad, POSE, MODEL.keypoints) > 3e-3


@pytest.mark.parametrize("solve", [votes_alone, surface_alone, without_size])
def test_wrong_size_is_ignored(solve) -> None:
    votes = votes_for(0.0, size_sigma=0.01)
    wrong = solve(replace(votes, size_px=1.2 * votes.size_px), MODEL, STRIDE, IDENTITY, CAMERA)
    assert add(wrong.T_camera_object, POSE, MODEL.keypoints) < 1e-4


def test_too_few_cells_give_no_pose() -> None:
    votes = votes_for(0.0)
    few = replace(
        votes,
        cells=votes.cells[:3],
        cell_confidences=votes.cell_confidences[:3],
        surface=votes.surface[:3],
        surface_sigmas=votes.surface_sigmas[:3],
    )
    assert surface_alone(few, MODEL, STRIDE, IDENTITY, CAMERA) is None
    assert np.isfinite(votes_alone(few, MODEL, STRIDE, IDENTITY, CAMERA).T_camera_object).all()
