"""Several objects in one image: who hides whom, against an independent ray caster."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from fpgnas_core.camera import Camera
from fpgnas_core.se3 import make_transform
from tests.training.rendering.casting import cast, nearest
from training.rendering.lighting import sample_lighting
from training.rendering.mesh import Mesh, from_trimesh, load_mesh
from training.rendering.renderer import Drawable, Material, Renderer
from training.rendering.scene import Draft, Target
from training.rendering.visibility import Silhouettes

ASSETS = Path(__file__).parents[3] / "assets"
CAMERA = Camera(400.0, 400.0, 161.3, 118.2, 320, 240)
POSES = [
    make_transform(Rotation.from_euler("xyz", [0.4, -0.7, 0.2]).as_matrix(), [0.012, -0.008, 0.41]),
    make_transform(Rotation.from_euler("xyz", [1.4, 0.3, 2.2]).as_matrix(), [-0.055, 0.02, 0.47]),
    make_transform(Rotation.from_euler("xyz", [0.9, 0.1, -1.0]).as_matrix(), [0.05, 0.03, 0.35]),
]


@pytest.fixture(scope="module")
def meshes(demo_mesh: Mesh) -> list[Mesh]:
    torus = from_trimesh(trimesh.creation.torus(0.04, 0.012))
    return [demo_mesh, load_mesh(ASSETS / "demo_object.stl", "mm"), torus]


@pytest.fixture(scope="module")
def draft(renderer: Renderer, meshes: list[Mesh]) -> Draft:
    """Two objects, and the torus before both of them without annotation."""
    drawables = [
        Drawable(renderer.upload(mesh), pose, Material(), number)
        for number, (mesh, pose) in enumerate(zip(meshes, POSES, strict=True), start=1)
    ]
    light = sample_lighting(np.random.default_rng(0), POSES[0][:3, 3], np.array([0.0, -1.0, 0.0]), 0.4)
    return Draft(
        [Target(5, drawables[0]), Target(9, drawables[1])], drawables[2:], light, np.zeros((8, 8, 3), np.uint8)
    )


def centroid(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.mean(np.nonzero(mask), axis=1)


def test_masks_and_depth_of_every_object_agree_with_a_ray_caster(
    renderer: Renderer, draft: Draft, meshes: list[Mesh]
) -> None:
    silhouettes = Silhouettes(renderer, CAMERA)
    targets, seen = silhouettes.resolve(draft, 0.1)
    alone = [cast(mesh, CAMERA, pose) for mesh, pose in zip(meshes, POSES, strict=True)]
    depth, place = nearest(alone)
    for target, number in zip(targets, (0, 1), strict=True):
        written = silhouettes.annotated(target, seen)
        whole, visible = alone[number] > 0, place == number
        assert 1500 < visible.sum() < 0.95 * whole.sum()
        np.testing.assert_allclose(centroid(written.mask), centroid(whole), atol=0.1)
        np.testing.assert_allclose(centroid(written.mask_visible), centroid(visible), atol=0.1)
        assert written.whole_pixels == pytest.approx(whole.sum(), rel=2e-3)
    same = np.where(seen.instances == place + 1, 1, 0).astype(np.uint8)
    steps = cv2.morphologyEx(depth.astype(np.float32), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    interior = (cv2.erode(same, np.ones((5, 5), np.uint8)) > 0) & (place >= 0) & (steps < 0.004)
    assert interior.sum() > 5000
    assert np.abs(seen.depth - depth)[interior].max() < 1e-4


def test_object_of_which_too_little_is_seen_leaves_the_scene(renderer: Renderer, draft: Draft) -> None:
    silhouettes = Silhouettes(renderer, CAMERA)
    second = silhouettes.visible_share(draft.targets[1], silhouettes.resolve(draft, 0.0)[1])
    targets, seen = silhouettes.resolve(draft, second + 0.01)
    assert [target.object_id for target in targets] == [5]
    assert not (seen.instances == 2).any()


def test_silhouette_is_counted_beyond_the_border(renderer: Renderer, draft: Draft, meshes: list[Mesh]) -> None:
    """The camera moved so that the image cuts the object; the count is that of a camera that sees all of it."""
    cut = CAMERA.cropped(150, 100, 320, 240)
    whole, box = Silhouettes(renderer, cut).whole(draft.targets[0])
    truth = cast(meshes[0], CAMERA, POSES[0]) > 0
    rows, columns = np.nonzero(truth)
    assert whole == pytest.approx(truth.sum(), rel=2e-3)
    expected = (columns.min() - 150, rows.min() - 100, np.ptp(columns) + 1, np.ptp(rows) + 1)
    np.testing.assert_allclose(box, expected, atol=1)
    assert max(box[:2]) < 0
