"""OpenGL by moderngl on EGL: the context, render targets, and matrices."""

from __future__ import annotations

from dataclasses import dataclass

import moderngl
import numpy as np
from numpy.typing import NDArray

from fpgnas_core.camera import Camera
from training.errors import RenderError

NEAR_M, FAR_M = 0.02, 30.0
OPENGL_FROM_OPENCV = np.diag([1.0, -1.0, -1.0, 1.0])
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Targets:
    """What pictures of one size are drawn to. surfaces: samples of albedo, normal and depth; `textures` are theirs."""

    geometry: moderngl.Framebuffer
    surfaces: moderngl.Framebuffer
    textures: tuple[moderngl.Texture, ...]
    colour: moderngl.Framebuffer


def create_context() -> moderngl.Context:
    """A context without a window. Raises RenderError."""
    try:
        return moderngl.create_context(
            standalone=True, backend="egl", require=330, libgl="libGL.so.1", libegl="libEGL.so.1"
        )
    except Exception as error:  # glcontext raises bare exceptions
        raise RenderError(
            f"expected OpenGL 3.3 through EGL, got: {error}; on Debian: apt install libegl1 libgl1 libgl1-mesa-dri"
        ) from error


def create_targets(context: moderngl.Context, size: tuple[int, int], side: int) -> Targets:
    """Targets for pictures of `size` (width, height), with side * side surface samples a pixel."""
    values = [context.texture(size, 1, dtype="f4"), context.texture(size, 1, dtype="u4")]
    geometry = context.framebuffer(values, context.depth_renderbuffer(size))
    fine = (side * size[0], side * size[1])
    albedo, normal = context.texture(fine, 4), context.texture(fine, 4, dtype="f2")
    depth = create_depth(context, fine)
    surfaces = context.framebuffer([albedo, normal], depth)
    for texture in (albedo, normal):
        texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
    return Targets(geometry, surfaces, (albedo, normal, depth), context.framebuffer([context.texture(size, 4)]))


def create_depth(context: moderngl.Context, size: tuple[int, int]) -> moderngl.Texture:
    """A depth texture that shaders read as numbers."""
    texture = context.depth_texture(size)
    texture.compare_func = ""
    texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
    return texture


def create_texture(context: moderngl.Context, picture: NDArray[np.uint8], repeat: bool) -> moderngl.Texture:
    """A texture of an (H, W, 3) RGB picture, its first row at the bottom; repeated ones have mipmaps."""
    height, width = picture.shape[:2]
    texture = context.texture((width, height), 3, np.ascontiguousarray(picture).tobytes(), alignment=1)
    texture.repeat_x = texture.repeat_y = repeat
    if repeat:
        texture.build_mipmaps()
        texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
    return texture


def write_matrix(program: moderngl.Program, name: str, matrix: Matrix) -> None:
    """Set a mat4; OpenGL's matrices are column-major."""
    program[name].write(np.ascontiguousarray(matrix.T, dtype=np.float32).tobytes())


def projection_matrix(camera: Camera) -> Matrix:
    """(4, 4) OpenGL clip matrix of an ideal pinhole. OpenGL's pixel centres lie at half integers, ours at integers."""
    width, height = camera.width, camera.height
    return np.array(
        [
            [2 * camera.fx / width, 0, 1 - 2 * (camera.cx + 0.5) / width, 0],
            [0, 2 * camera.fy / height, 2 * (camera.cy + 0.5) / height - 1, 0],
            [0, 0, -(FAR_M + NEAR_M) / (FAR_M - NEAR_M), -2 * FAR_M * NEAR_M / (FAR_M - NEAR_M)],
            [0, 0, -1, 0],
        ]
    )


def light_matrix(direction: Matrix, centre: Matrix, radius_m: float) -> Matrix:
    """(4, 4) orthographic clip matrix seen from a light, from the camera's OpenGL frame.

    direction: (3,) unit vector towards the light; centre: (3,) of the lit region, both in the OpenCV camera frame.
    """
    flip = OPENGL_FROM_OPENCV[:3, :3]
    towards = flip @ direction
    right = np.cross(np.eye(3)[np.argmin(np.abs(towards))], towards)
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(towards, right), -towards]) / radius_m
    rotation[2] /= 3.0  # what casts a shadow may stand farther off than what it falls on
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    matrix[:3, 3] = -rotation @ (flip @ centre)
    return matrix
