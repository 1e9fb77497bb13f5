"""Depth, masks and colour against an independent ray caster and against what light must do."""

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from fpgnas_core.camera import Camera
from fpgnas_core.se3 import make_transform
from tests.training.rendering.casting import cast
from training.rendering.mesh import Mesh, Texture, from_trimesh
from training.rendering.renderer import Drawable, Lighting, Material, Renderer, Scene

CAMERA = Camera(310.0, 330.0, 70.3, 41.8, 160, 120)
POSE = make_transform(Rotation.from_euler("xyz", [0.4, -0.7, 0.2]).as_matrix(), np.array([0.012, -0.008, 0.31]))


def test_depth_and_mask_agree_with_a_ray_caster(renderer: Renderer, demo_mesh: Mesh) -> None:
    drawable = Drawable(renderer.upload(demo_mesh), POSE, Material(), 7)
    drawn, expected = renderer.render_geometry(CAMERA, [drawable]), cast(demo_mesh, CAMERA, POSE)
    mask, truth = drawn.instances == 7, expected > 0
    assert truth.sum() > 4000
    assert (mask != truth).sum() <= 0.002 * truth.sum()
    centroid = [np.mean(np.nonzero(m), axis=1) for m in (mask, truth)]
    np.testing.assert_allclose(centroid[0], centroid[1], atol=0.05)
    both = mask & truth
    error = np.abs(drawn.depth - expected)[both]
    assert np.percentile(error, 98) < 1e-4


def test_texture_is_drawn_where_the_uv_coordinates_say(renderer: Renderer) -> None:
    """The picture's upper half red, its lower half green; v runs up the square, y runs down the image."""
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:32], picture[32:] = (220, 0, 0), (0, 220, 0)
    corners = np.array([[-0.1, -0.1, 0], [0.1, -0.1, 0], [0.1, 0.1, 0], [-0.1, 0.1, 0]], np.float32)
    normals, grey = np.tile([0, 0, -1.0], (4, 1)), np.full((4, 3), 0.5)
    uv = np.array([[0.05, 0.95], [0.95, 0.95], [0.95, 0.05], [0.05, 0.05]], np.float32)
    square = Mesh(corners, normals, grey, np.array([[0, 2, 1], [0, 3, 2]]), Texture(picture, uv))
    even = Lighting(
        np.tile([0, 0, -1.0], (3, 1)), np.zeros((3, 3)), *np.ones((2, 3)), np.array([0, -1.0, 0]), POSE[:3, 3], 1
    )
    drawn = Drawable(renderer.upload(square), make_transform(np.eye(3), [0, 0, 0.5]), Material(roughness=1.0), 1)
    black = np.zeros((8, 8, 3), np.uint8)
    image = renderer.render_colour(Scene(CAMERA, [drawn], even, black)).astype(int)
    above, below = image[20, 70], image[65, 70]
    assert above[0] > 150 > 80 > above[1]
    assert below[1] > 150 > 80 > below[0]


def test_face_that_looks_away_is_drawn_only_on_open_meshes(renderer: Renderer) -> None:
    """A square seen from behind: it encloses nothing, so nothing may be left out."""
    corners = np.array([[-0.1, -0.1, 0], [0.1, -0.1, 0], [0.1, 0.1, 0], [-0.1, 0.1, 0]], np.float32)
    pose = make_transform(np.eye(3), [0, 0, 0.5])
    for faces in ([[0, 2, 1], [0, 3, 2]], [[0, 1, 2], [0, 2, 3]]):
        square = from_trimesh(trimesh.Trimesh(corners, faces, process=False))
        drawn = renderer.render_geometry(CAMERA, [Drawable(renderer.upload(square), pose, Material(), 1)])
        assert drawn.instances[42, 70] == 1


def test_off_axis_principal_point_moves_the_picture_by_whole_pixels(renderer: Renderer, demo_mesh: Mesh) -> None:
    drawable = [Drawable(renderer.upload(demo_mesh), POSE, Material(), 1)]
    moved = Camera(CAMERA.fx, CAMERA.fy, CAMERA.cx + 5, CAMERA.cy - 3, 160, 120)
    first = renderer.render_geometry(CAMERA, drawable).instances
    second = renderer.render_geometry(moved, drawable).instances
    assert np.array_equal(first[3:, :-5], second[:-3, 5:])


def lit(up: float, centre: NDArray[np.float64]) -> Lighting:
    """One white light from above the camera."""
    directions = np.array([[0.0, -up, -1.0]] * 3)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    colours = np.array([[3.0, 3.0, 3.0], [0, 0, 0], [0, 0, 0]])
    ambient = np.full(3, 0.05)
    return Lighting(directions, colours, ambient, ambient, np.array([0.0, -1.0, 0.0]), centre, 0.4)


def render_wall(renderer: Renderer, occluder: bool) -> NDArray[np.uint8]:
    wall = from_trimesh(trimesh.creation.box(extents=(2, 2, 0.01)))
    ball = from_trimesh(trimesh.creation.icosphere(3, 0.05))
    centre = np.array([0.0, 0.0, 0.6])
    white = Material(tint=(0.8, 0.8, 0.8, 1.0), roughness=1.0)
    drawables = [Drawable(renderer.upload(wall), make_transform(np.eye(3), centre), white, 1)]
    if occluder:
        beside = make_transform(np.eye(3), np.array([0.0, -0.12, 0.45]))
        drawables.append(Drawable(renderer.upload(ball), beside, white, 2))
    picture = np.zeros((8, 8, 3), np.uint8)
    return renderer.render_colour(Scene(CAMERA, drawables, lit(1.0, centre), picture))


def test_an_object_before_a_wall_casts_a_shadow_on_it(renderer: Renderer) -> None:
    free, shaded = (render_wall(renderer, occluder).astype(int).mean(axis=2) for occluder in (False, True))
    shadow = (free - shaded) > 40
    assert shadow.sum() > 100
    assert np.nonzero(shadow)[0].mean() > CAMERA.cy  # the light comes from above, so the shadow falls below the ball


def test_background_is_upright_and_unlit(renderer: Renderer) -> None:
    picture = np.zeros((12, 16, 3), np.uint8)
    picture[:6] = (200, 10, 30)
    drawn = renderer.render_colour(Scene(CAMERA, [], lit(0.0, np.zeros(3)), picture))
    np.testing.assert_allclose(drawn[10, 80], [200, 10, 30], atol=1)
    assert drawn[-10, 80].tolist() == [0, 0, 0]


def test_silhouette_is_antialiased(renderer: Renderer, demo_mesh: Mesh) -> None:
    black = np.zeros((8, 8, 3), np.uint8)
    drawable = Drawable(renderer.upload(demo_mesh), POSE, Material(tint=(1, 1, 1, 1), roughness=1.0), 1)
    bright = np.full(3, 1.0)
    light = lit(0.0, POSE[:3, 3])
    even = Lighting(light.directions, light.colours, bright, bright, light.up, light.shadow_centre, 0.4)
    grey = renderer.render_colour(Scene(CAMERA, [drawable], even, black)).astype(int).mean(axis=2)
    assert ((grey > 20) & (grey < 200)).sum() > 50


@pytest.mark.parametrize("size", [(64, 48), (128, 128)])
def test_picture_has_the_camera_s_size(renderer: Renderer, size: tuple[int, int]) -> None:
    camera = Camera(100, 100, 30, 30, *size)
    assert renderer.render_geometry(camera, []).depth.shape == (size[1], size[0])


def test_surfaces_are_colours_and_normals_without_light(renderer: Renderer) -> None:
    """A square turned by 60 degrees about y."""
    corners = np.array([[-0.1, -0.1, 0], [0.1, -0.1, 0], [0.1, 0.1, 0], [-0.1, 0.1, 0]], np.float32)
    colour, turn = np.array([0.2, 0.6, 0.9]), Rotation.from_euler("y", 60, degrees=True).as_matrix()
    faces = np.array([[0, 2, 1], [0, 3, 2]])
    square = Mesh(corners, np.tile([0, 0, -1.0], (4, 1)), np.tile(colour, (4, 1)), faces)
    drawn = Drawable(renderer.upload(square), make_transform(turn, [0, 0, 0.5]), Material(), 1)
    surfaces = renderer.render_surfaces(CAMERA, [drawn])
    np.testing.assert_allclose(surfaces.albedo[42, 70], colour, atol=1 / 255)
    np.testing.assert_allclose(surfaces.normals[42, 70], turn @ [0, 0, -1.0] * [1, -1, -1], atol=1e-3)
    assert (surfaces.albedo[2, 2] == 0).all()
    assert (surfaces.normals[2, 2] == 0).all()


def test_contrast_moves_colours_away_from_the_mesh_s_mean_in_linear_light(renderer: Renderer, two_tones: Mesh) -> None:
    """0.2 and 0.6, whose mean is 0.4: at 1.5 they are 0.1 and 0.7, at 4 the ends."""
    number, pose = renderer.upload(two_tones), make_transform(np.eye(3), [0, 0, 0.5])
    for contrast, expected in ((1.0, [0.2, 0.6]), (1.5, [0.1, 0.7]), (0.5, [0.3, 0.5]), (4.0, [0.0, 1.0])):
        surfaces = renderer.render_surfaces(CAMERA, [Drawable(number, pose, Material(contrast=contrast), 1)])
        np.testing.assert_allclose(surfaces.albedo[42, [33, 107], 1] ** 2, expected, atol=0.006)
