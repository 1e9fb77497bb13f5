"""One image of a scene by OpenGL (moderngl on EGL): colour with light and shadow, metric depth, instance ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import moderngl
import numpy as np
from numpy.typing import NDArray

from fpgnas_core.camera import Camera
from training.errors import RenderError
from training.rendering import shaders
from training.rendering.mesh import Mesh

N_LIGHTS = 3
NEAR_M, FAR_M = 0.02, 30.0
SHADOW_MAP_SIZE = 512
OPENGL_FROM_OPENCV = np.diag([1.0, -1.0, -1.0, 1.0])
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Material:
    """Look of one object. tint: r, g, b, and its share over the vertex colours. pattern_scale: repeats a metre."""

    tint: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    roughness: float = 0.6
    metallic: float = 0.0
    pattern_strength: float = 0.0
    pattern_scale: float = 5.0


@dataclass(frozen=True)
class Drawable:
    """A mesh on the GPU at a pose. instance: its id in the id image (0 is the background)."""

    mesh: int
    T_camera_object: Vector
    material: Material
    instance: int


@dataclass(frozen=True)
class Lighting:
    """directions: (3, 3) unit vectors towards each light, camera frame; the first light casts shadows.

    colours: (3, 3) linear radiance.  ambient_up, ambient_down: (3,) linear, from the side of `up` (3,) and from below.
    shadow_radius_m: half the width of the shadow's region round `shadow_centre` (3,), camera frame, metres.
    """

    directions: Vector
    colours: Vector
    ambient_up: Vector
    ambient_down: Vector
    up: Vector
    shadow_centre: Vector
    shadow_radius_m: float
    shadow_softness: float = 0.003


@dataclass(frozen=True)
class Scene:
    """All that one image shows. background, pattern: (H, W, 3) uint8 RGB pictures of any size."""

    camera: Camera
    drawables: Sequence[Drawable]
    lighting: Lighting
    background: NDArray[np.uint8]
    pattern: NDArray[np.uint8]


@dataclass(frozen=True)
class Geometry:
    """depth: (H, W) float32 metres along the optical axis, 0 where nothing is. instances: (H, W) uint32 ids."""

    depth: NDArray[np.float32]
    instances: NDArray[np.uint32]


@dataclass
class _Target:
    geometry: moderngl.Framebuffer
    multisampled: moderngl.Framebuffer
    resolved: moderngl.Framebuffer


class Renderer:
    """Keeps meshes and targets on one OpenGL context; one renderer a process."""

    def __init__(self) -> None:
        self._context = _create_context()
        create = self._context.program
        self._shadow = create(shaders.SHADOW_VERTEX, shaders.SHADOW_FRAGMENT)
        self._geometry = create(shaders.GEOMETRY_VERTEX, shaders.GEOMETRY_FRAGMENT)
        self._backdrop = create(shaders.BACKGROUND_VERTEX, shaders.BACKGROUND_FRAGMENT)
        self._colour = create(shaders.COLOUR_VERTEX, shaders.COLOUR_FRAGMENT)
        self._meshes: list[dict[str, moderngl.VertexArray]] = []
        self._targets: dict[tuple[int, int], _Target] = {}
        corners = np.array([-1, -1, 3, -1, -1, 3], np.float32)
        self._screen = self._context.vertex_array(self._backdrop, self._context.buffer(corners), "corner")
        self._shadow_map = self._context.depth_texture((SHADOW_MAP_SIZE, SHADOW_MAP_SIZE))
        self._shadow_map.compare_func = "<="
        self._shadow_map.repeat_x = self._shadow_map.repeat_y = False
        self._shadow_target = self._context.framebuffer(depth_attachment=self._shadow_map)

    @property
    def device(self) -> str:
        """Name of the OpenGL device that draws."""
        return str(self._context.info["GL_RENDERER"])

    def upload(self, mesh: Mesh) -> int:
        """Put a mesh on the GPU; the number returned names it in `Drawable.mesh`."""
        vertices = np.concatenate([mesh.vertices, mesh.normals, mesh.colours], axis=1).astype(np.float32)
        buffer = self._context.buffer(np.ascontiguousarray(vertices))
        indices = self._context.buffer(np.ascontiguousarray(mesh.faces, dtype=np.int32))
        positions = [(buffer, "3f 24x", "position")]
        full = [(buffer, "3f 3f 3f", "position", "normal", "colour")]
        self._meshes.append(
            {
                "shadow": self._context.vertex_array(self._shadow, positions, indices),
                "geometry": self._context.vertex_array(self._geometry, positions, indices),
                "colour": self._context.vertex_array(self._colour, full, indices),
            }
        )
        return len(self._meshes) - 1

    def render_geometry(self, camera: Camera, drawables: Sequence[Drawable]) -> Geometry:
        """Depth and instance ids, without antialiasing: one sample at each pixel's centre."""
        target = self._target(camera)
        target.geometry.use()
        target.geometry.clear()
        self._context.enable(moderngl.DEPTH_TEST)
        _write_matrix(self._geometry, "projection", projection_matrix(camera))
        for drawable in drawables:
            self._geometry["instance"].value = drawable.instance
            self._draw(self._geometry, "geometry", drawable)
        shape = (camera.height, camera.width)
        depth = np.frombuffer(target.geometry.read(components=1, attachment=0, dtype="f4"), np.float32)
        ids = np.frombuffer(target.geometry.read(components=1, attachment=1, dtype="u4"), np.uint32)
        return Geometry(depth.reshape(shape)[::-1], ids.reshape(shape)[::-1])

    def render_colour(self, scene: Scene) -> NDArray[np.uint8]:
        """(H, W, 3) RGB with shadows, 4 samples a pixel."""
        target, context = self._target(scene.camera), self._context
        light_projection = _light_projection(scene.lighting)
        self._draw_shadow_map(scene, light_projection)
        target.multisampled.use()
        target.multisampled.clear()
        self._draw_background(scene.background)
        context.enable(moderngl.DEPTH_TEST)
        self._set_light(scene, light_projection)
        pattern = self._texture(scene.pattern, repeat=True)
        pattern.use(1)
        self._shadow_map.use(0)
        for drawable in scene.drawables:
            self._set_material(drawable.material)
            self._draw(self._colour, "colour", drawable)
        context.copy_framebuffer(target.resolved, target.multisampled)
        pattern.release()
        shape = (scene.camera.height, scene.camera.width, 3)
        return np.frombuffer(target.resolved.read(components=3, alignment=1), np.uint8).reshape(shape)[::-1]

    def _draw(self, program: moderngl.Program, kind: str, drawable: Drawable) -> None:
        _write_matrix(program, "model", OPENGL_FROM_OPENCV @ drawable.T_camera_object)
        self._meshes[drawable.mesh][kind].render()

    def _draw_shadow_map(self, scene: Scene, light_projection: Vector) -> None:
        self._context.enable(moderngl.DEPTH_TEST)
        self._shadow_target.use()
        self._shadow_target.clear()
        _write_matrix(self._shadow, "light_projection", light_projection)
        for drawable in scene.drawables:
            self._draw(self._shadow, "shadow", drawable)

    def _draw_background(self, picture: NDArray[np.uint8]) -> None:
        texture = self._texture(picture[::-1], repeat=False)
        texture.use(0)
        self._backdrop["picture"].value = 0
        self._context.disable(moderngl.DEPTH_TEST)
        self._screen.render()
        texture.release()

    def _texture(self, picture: NDArray[np.uint8], repeat: bool) -> moderngl.Texture:
        height, width = picture.shape[:2]
        texture = self._context.texture((width, height), 3, np.ascontiguousarray(picture).tobytes(), alignment=1)
        texture.repeat_x = texture.repeat_y = repeat
        if repeat:
            texture.build_mipmaps()
            texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        return texture

    def _set_light(self, scene: Scene, light_projection: Vector) -> None:
        light, flip = scene.lighting, OPENGL_FROM_OPENCV[:3, :3]
        _write_matrix(self._colour, "projection", projection_matrix(scene.camera))
        _write_matrix(self._colour, "light_projection", light_projection)
        self._colour["light_direction"].write((light.directions @ flip).astype(np.float32).tobytes())
        self._colour["light_colour"].write(light.colours.astype(np.float32).tobytes())
        self._colour["up"].value = tuple(flip @ light.up)
        self._colour["ambient_up"].value = tuple(light.ambient_up)
        self._colour["ambient_down"].value = tuple(light.ambient_down)
        self._colour["shadow_softness"].value = light.shadow_softness
        self._colour["shadow_map"].value = 0
        self._colour["pattern"].value = 1

    def _set_material(self, material: Material) -> None:
        for name in ("tint", "roughness", "metallic", "pattern_strength", "pattern_scale"):
            self._colour[name].value = getattr(material, name)

    def _target(self, camera: Camera) -> _Target:
        size = (camera.width, camera.height)
        if size not in self._targets:
            self._targets[size] = self._create_target(size)
        return self._targets[size]

    def _create_target(self, size: tuple[int, int]) -> _Target:
        context = self._context
        values = [context.texture(size, 1, dtype="f4"), context.texture(size, 1, dtype="u4")]
        geometry = context.framebuffer(values, context.depth_renderbuffer(size))
        samples = context.renderbuffer(size, 4, samples=4)
        multisampled = context.framebuffer([samples], context.depth_renderbuffer(size, samples=4))
        return _Target(geometry, multisampled, context.framebuffer([context.texture(size, 3)]))


def projection_matrix(camera: Camera) -> Vector:
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


def _light_projection(light: Lighting) -> Vector:
    """(4, 4) orthographic clip matrix from the first light, in the camera's OpenGL frame."""
    towards = OPENGL_FROM_OPENCV[:3, :3] @ light.directions[0]
    centre = OPENGL_FROM_OPENCV[:3, :3] @ light.shadow_centre
    helper = np.eye(3)[np.argmin(np.abs(towards))]
    right = np.cross(helper, towards)
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(towards, right), -towards]) / light.shadow_radius_m
    rotation[2] /= 3.0
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    matrix[:3, 3] = -rotation @ centre
    return matrix


def _write_matrix(program: moderngl.Program, name: str, matrix: Vector) -> None:
    program[name].write(np.ascontiguousarray(matrix.T, dtype=np.float32).tobytes())


def _create_context() -> moderngl.Context:
    try:
        return moderngl.create_context(
            standalone=True, backend="egl", require=330, libgl="libGL.so.1", libegl="libEGL.so.1"
        )
    except Exception as error:  # glcontext raises bare exceptions
        raise RenderError(
            f"expected OpenGL 3.3 through EGL, got: {error}; on Debian: apt install libegl1 libgl1 libgl1-mesa-dri"
        ) from error
