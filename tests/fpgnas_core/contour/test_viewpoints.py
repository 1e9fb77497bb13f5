from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fpgnas_core.contour import ViewpointModel, load_viewpoints, viewpoints_to_bytes
from fpgnas_core.errors import BundleError
from fpgnas_core.se3 import make_transform

DIRECTIONS = np.array([[0, 0, 1], [0, 0, -1], [1, 0, 0]], np.float32)


def numbered(center: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> ViewpointModel:
    """Return a model whose points in view n have the coordinate n."""
    points = np.tile(np.arange(3, dtype=np.float32)[:, None, None], (1, 4, 3))
    inner = np.array([0, 0, 0, 1], np.float32)
    return ViewpointModel(np.array(center, np.float32), DIRECTIONS, points, points + 0.5, inner)


def test_nearest_view_is_the_one_from_where_the_camera_is() -> None:
    """An object that is not turned, before the camera, is seen from its -z side."""
    points, normals = numbered().nearest(make_transform(np.eye(3), [0.0, 0.0, 1.0]))
    assert (points == 1).all()
    assert (normals == 1.5).all()
    turned = make_transform(np.diag([1.0, -1.0, -1.0]), [0.0, 0.0, 1.0])
    assert (numbered().nearest(turned)[0] == 0).all()


def test_direction_counts_from_the_objects_centre() -> None:
    """The origin is before the camera, but the object is far to its left, so its right side is seen."""
    points, _ = numbered((-5.0, 0.0, 0.0)).nearest(make_transform(np.eye(3), [0.0, 0.0, 1.0]))
    assert (points == 2).all()


def test_file_comes_back_to_half_precision(tmp_path: Path) -> None:
    written = {3: numbered((0.01, 0.02, 0.03)), 12: numbered()}
    (tmp_path / "o.npz").write_bytes(viewpoints_to_bytes(written))
    read = load_viewpoints(tmp_path / "o.npz")
    assert list(read) == [3, 12]
    np.testing.assert_allclose(read[3].center, [0.01, 0.02, 0.03], rtol=1e-3)
    np.testing.assert_array_equal(read[12].points, written[12].points)
    np.testing.assert_array_equal(read[12].inner, [0, 0, 0, 1])


def test_same_content_gives_the_same_bytes() -> None:
    assert viewpoints_to_bytes({1: numbered()}) == viewpoints_to_bytes({1: numbered()})


def test_broken_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "o.npz"
    path.write_bytes(b"no archive")
    with pytest.raises(BundleError, match=r"o\.npz: expected outlines"):
        load_viewpoints(path)
    np.savez(path, **{"1_center": np.zeros(3)})
    with pytest.raises(BundleError, match="expected outlines as an export writes them"):
        load_viewpoints(path)


def test_pickled_objects_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "o.npz"
    np.savez(path, **{"1_center": np.array([{}], object)})
    with pytest.raises(BundleError, match="expected outlines"):
        load_viewpoints(path)


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        ("directions", DIRECTIONS[:2]),
        ("normals", np.zeros((3, 5, 3), np.float32)),
        ("points", np.full((3, 4, 3), np.nan, np.float32)),
        ("inner", np.zeros(5, np.float32)),
        ("inner", np.ones(4, np.float32)),
        ("inner", np.array([0, 1, 0, 0], np.float32)),
    ],
)
def test_arrays_that_do_not_fit_are_named(tmp_path: Path, part: str, wrong: np.ndarray) -> None:
    path = tmp_path / "o.npz"
    path.write_bytes(viewpoints_to_bytes({7: replace(numbered(), **{part: wrong})}))
    with pytest.raises(BundleError, match=r"object 7: expected finite arrays of shapes .*got .*export the bundle"):
        load_viewpoints(path)


def test_outlines_without_inner_edges_are_of_another_version(tmp_path: Path) -> None:
    parts = {f"1_{name}": getattr(numbered(), name) for name in ("center", "directions", "points", "normals")}
    np.savez(tmp_path / "o.npz", **parts)
    with pytest.raises(BundleError, match=r"expected outlines as an export writes them.*1_inner.*export"):
        load_viewpoints(tmp_path / "o.npz")
