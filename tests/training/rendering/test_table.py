"""What lies on a table: sheets flat on it, and in offices carpets and magazines, one above the other."""

import numpy as np
import pytest

from fpgnas_core.se3 import make_transform
from training.rendering.mesh import Mesh
from training.rendering.pool import Pool, Prop
from training.rendering.renderer import Drawable
from training.rendering.table import PAGE_M, Table

UP, PLACE = np.array([0.0, -0.8, -0.6]), np.array([0.05, 0.02, 0.7])
TABLE, BOARD, MAGAZINES, CARPETS = 1, 2, (80, 81, 82), (90, 91)
SEEDS = range(60)


@pytest.fixture
def prop(demo_mesh: Mesh) -> Prop:
    return Prop(0, demo_mesh, np.zeros(3), 0.07)


def sheets(prop: Prop, seed: int, office: bool) -> list[Drawable]:
    pool = Pool({1: prop}, [prop], TABLE, BOARD, [3], [4], [5], MAGAZINES, CARPETS, [])
    rng, pose = np.random.default_rng(seed), make_transform(np.eye(3), PLACE)
    return Table(rng, pool, prop, pose, UP, office).drawables(rng)


def test_sheets_lie_flat_one_above_the_other_under_the_object(prop: Prop) -> None:
    for seed in SEEDS:
        found = sheets(prop, seed, office=True)
        heights = [sheet.T_camera_object[:3, 3] @ UP for sheet in found]
        assert (np.diff(heights) > 1e-4).all()
        lowest = (prop.mesh.vertices + PLACE) @ UP
        assert heights[0] == pytest.approx(lowest.min())
        assert heights[-1] < lowest.min() + 0.005
        assert all(np.allclose(sheet.T_camera_object[:3, 2], UP) for sheet in found)


def test_magazines_are_as_large_as_magazines(prop: Prop) -> None:
    found = [sheet for seed in SEEDS for sheet in sheets(prop, seed, office=True)]
    pages = [sheet.T_camera_object for sheet in found if sheet.material.pattern in MAGAZINES]
    assert len(pages) > len(SEEDS)
    sides = np.linalg.norm(np.array(pages)[:, :3, :2], axis=1)
    assert PAGE_M[0] <= sides.min() < sides.max() <= PAGE_M[1]
    assert np.ptp(np.array(pages)[:, :3, 3], axis=0).max() > 0.2  # they lie about


def test_carpets_and_magazines_are_in_offices_only(prop: Prop) -> None:
    office, other = (
        {sheet.material.pattern for seed in SEEDS for sheet in sheets(prop, seed, office)} for office in (True, False)
    )
    assert {*CARPETS, *MAGAZINES} <= office
    assert not {*CARPETS, *MAGAZINES} & other
