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
    return ViewpointModel(np.array(center, np.float32), DIRECTIONS, points, points + 0.5)


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


def test_shapes_that_do_not_fit_are_named(tmp_path: Path) -> None:
    path, model = tmp_path / "o.npz", numbered()
    wrong = ViewpointModel(model.center, model.directions[:2], model.points, model.normals)
    path.write_bytes(viewpoints_to_bytes({7: wrong}))
    with pytest.raises(BundleError, match=r"object 7: expected finite arrays of shapes .*\(2, 4, 3\)"):
        load_viewpoints(path)
