"""Blender's pictures have the objects where our labels say."""

import importlib.util

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fpgnas_core.camera import Camera
from fpgnas_core.se3 import make_transform
from training.errors import RenderError
from training.rendering.mesh import Mesh
from training.rendering.photoreal import BlenderPainter
from training.rendering.renderer import Drawable, Lighting, Material, Renderer, Scene

CAMERA = Camera(310.0, 330.0, 70.3, 41.8, 160, 120)
POSE = make_transform(Rotation.from_euler("xyz", [0.4, -0.7, 0.2]).as_matrix(), np.array([0.012, -0.008, 0.31]))
WITHOUT_BLENDER = importlib.util.find_spec("bpy") is None


def test_silhouette_agrees_with_ours_within_a_pixel(renderer: Renderer, demo_mesh: Mesh) -> None:
    pytest.importorskip("bpy", reason="Blender is not installed: pip install 'fpgnas_ros[photoreal]'")
    painter = BlenderPainter()
    white = Material(tint=(1, 1, 1, 1), roughness=1.0)
    even = Lighting(
        np.tile([0.0, 0, -1], (3, 1)), np.zeros((3, 3)), *np.ones((2, 3)), np.array([0, -1.0, 0]), POSE[:3, 3], 0.4
    )
    drawn = Drawable(painter.upload(demo_mesh), POSE, white, 1)
    picture = painter.render_colour(Scene(CAMERA, [drawn], even, np.zeros((8, 8, 3), np.uint8)))
    ours = Drawable(renderer.upload(demo_mesh), POSE, white, 1)
    mask = renderer.render_geometry(CAMERA, [ours]).instances == 1
    seen = picture.min(axis=2) > 100
    near, small = np.ones((3, 3), np.uint8), mask.astype(np.uint8)
    assert not (seen & (cv2.dilate(small, near) == 0)).any()
    assert (seen | (cv2.erode(small, near) == 0)).mean() > 0.999  # but for deep corners in the dark
    centroids = [np.mean(np.nonzero(m), axis=1) for m in (mask, seen)]
    np.testing.assert_allclose(*centroids, atol=0.15)


def test_contrast_of_own_colours_is_ours(renderer: Renderer, two_tones: Mesh) -> None:
    """In even light."""
    pytest.importorskip("bpy", reason="Blender is not installed: pip install 'fpgnas_ros[photoreal]'")
    painter = BlenderPainter()
    numbers = painter.upload(two_tones), renderer.upload(two_tones)
    even = Lighting(
        np.tile([0.0, 0, -1], (3, 1)), np.zeros((3, 3)), *np.ones((2, 3)), np.array([0, -1.0, 0]), POSE[:3, 3], 1
    )
    pose, black = make_transform(np.eye(3), [0, 0, 0.5]), np.zeros((8, 8, 3), np.uint8)
    for contrast in (0.5, 1.0, 1.5):
        look = Material(roughness=1.0, contrast=contrast)
        seen = [
            place.render_colour(Scene(CAMERA, [Drawable(number, pose, look, 1)], even, black))[42, [33, 107], 1]
            for place, number in zip((painter, renderer), numbers, strict=True)
        ]
        np.testing.assert_allclose(*(pixels.astype(int) for pixels in seen), atol=12)


@pytest.mark.skipif(not WITHOUT_BLENDER, reason="Blender is installed")
def test_missing_blender_is_said_with_its_cure() -> None:
    with pytest.raises(RenderError, match=r"expected bpy 4.5, found none; pip install 'fpgnas_ros\[photoreal\]'"):
        BlenderPainter()
