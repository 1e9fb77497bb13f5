"""One image of a scene by OpenGL: colour with light and shadow, metric depth, instance ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import moderngl
import numpy as np
from numpy.typing import NDArray

from fpgnas_core.camera import Camera
from training.errors import RenderError
from training.rendering import shaders
from training.rendering.gpu import (
    OPENGL_FROM_OPENCV,
    Targets,
    create_context,
    create_depth,
    create_targets,
    create_texture,
    light_matrix,
    projection_matrix,
    write_matrix,
)
from training.rendering.mesh import Mesh, is_closed, mean_colour

SHADOW_MAP_SIZE = 512
SAMPLES_SIDE = 2
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Material:
    """Look of one object. tint: r, g, b, and its share over the mesh's own colours.

    contrast: of the mesh's own colours about their mean, in linear light; 1 leaves them. pattern: number of an uploaded
    picture. pattern_scale: repeats a metre.
    """

    tint: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    roughness: float = 0.6
    metallic: float = 0.0
    pattern_strength: float = 0.0
    pattern_scale: float = 5.0
    pattern: int = 0
    contrast: float = 1.0


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
    """All that one image shows. background: (H, W, 3) uint8 RGB picture of any size."""

    camera: Camera
    drawables: Sequence[Drawable]
    lighting: Lighting
    background: NDArray[np.uint8]


@dataclass(frozen=True)
class Geometry:
    """depth: (H, W) float32 metres along the optical axis, 0 where nothing is. instances: (H, W) uint32 ids."""

    depth: NDArray[np.float32]
    instances: NDArray[np.uint32]


@dataclass(frozen=True)
class Surfaces:
    """albedo: (H, W, 3) float32, 0 to 1.  normals: (H, W, 3) float32, camera's OpenGL frame. 0 where nothing is."""

    albedo: NDArray[np.float32]
    normals: NDArray[np.float32]


@dataclass(frozen=True)
class _Uploaded:
    shadow: moderngl.VertexArray
    geometry: moderngl.VertexArray
    surface: moderngl.VertexArray
    picture: moderngl.Texture | None
    mean_colour: Vector
    closed: bool


class Renderer:
    """Keeps meshes, pictures and targets on one OpenGL context; one renderer a process."""

    def __init__(self) -> None:
        self._context = create_context()
        create = self._context.program
        self._shadow = create(shaders.SHADOW_VERTEX, shaders.SHADOW_FRAGMENT)
        self._geometry = create(shaders.GEOMETRY_VERTEX, shaders.GEOMETRY_FRAGMENT)
        self._surface = create(shaders.SURFACE_VERTEX, shaders.SURFACE_FRAGMENT)
        self._light = create(shaders.SCREEN_VERTEX, shaders.light_fragment(SAMPLES_SIDE))
        self._meshes: list[_Uploaded] = []
        self._pictures: list[moderngl.Texture] = []
        self._targets: dict[tuple[int, int], Targets] = {}
        corners = np.array([-1, -1, 3, -1, -1, 3], np.float32)
        self._screen = self._context.vertex_array(self._light, self._context.buffer(corners), "corner")
        self._shadow_map = create_depth(self._context, (SHADOW_MAP_SIZE, SHADOW_MAP_SIZE))
        self._shadow_target = self._context.framebuffer(depth_attachment=self._shadow_map)
        for unit, name in enumerate(("shadow_map", "albedos", "normals", "depths", "background")):
            self._light[name].value = unit
        self._light["taps"].write(_golden_spiral(shaders.SHADOW_TAPS).astype(np.float32).tobytes())
        for unit, name in enumerate(("pattern", "picture")):
            self._surface[name].value = unit

    @property
    def device(self) -> str:
        """Name of the OpenGL device that draws."""
        return str(self._context.info["GL_RENDERER"])

    def upload(self, mesh: Mesh) -> int:
        """Put a mesh on the GPU; the number returned names it in `Drawable.mesh`."""
        uv = mesh.texture.uv if mesh.texture else np.zeros((len(mesh.vertices), 2))
        vertices = np.concatenate([mesh.vertices, mesh.normals, mesh.colours, uv], axis=1).astype(np.float32)
        buffer = self._context.buffer(vertices)
        indices = self._context.buffer(np.ascontiguousarray(mesh.faces, dtype=np.int32))
        positions = [(self._context.buffer(np.ascontiguousarray(mesh.vertices, dtype=np.float32)), "3f", "position")]
        full = [(buffer, "3f 3f 3f 2f", "position", "normal", "colour", "uv")]
        picture = mesh.texture and create_texture(self._context, mesh.texture.picture[::-1], repeat=True)
        create = self._context.vertex_array
        self._meshes.append(
            _Uploaded(
                create(self._shadow, positions, indices),
                create(self._geometry, positions, indices),
                create(self._surface, full, indices),
                picture,
                mean_colour(mesh),
                is_closed(mesh),
            )
        )
        return len(self._meshes) - 1

    def upload_picture(self, picture: NDArray[np.uint8]) -> int:
        """Put an (H, W, 3) uint8 RGB picture on the GPU; the number returned names it in `Material.pattern`."""
        self._pictures.append(create_texture(self._context, picture[::-1], repeat=True))
        return len(self._pictures) - 1

    def render_geometry(self, camera: Camera, drawables: Sequence[Drawable]) -> Geometry:
        """Depth and instance ids, without antialiasing: one sample at each pixel's centre."""
        target = self._target(camera)
        target.geometry.use()
        target.geometry.clear()
        write_matrix(self._geometry, "projection", projection_matrix(camera))
        for drawable in drawables:
            self._geometry["instance"].value = drawable.instance
            self._place(self._geometry, drawable).geometry.render()
        shape = (camera.height, camera.width)
        depth = np.frombuffer(target.geometry.read(components=1, attachment=0, dtype="f4"), np.float32)
        ids = np.frombuffer(target.geometry.read(components=1, attachment=1, dtype="u4"), np.uint32)
        return Geometry(depth.reshape(shape)[::-1], ids.reshape(shape)[::-1])

    def render_surfaces(self, camera: Camera, drawables: Sequence[Drawable]) -> Surfaces:
        """What the objects' surfaces are without light, antialiased."""
        target = self._target(camera)
        self._draw_surfaces(camera, drawables, target)
        size = (camera.width, camera.height)
        albedo, normals = (
            np.frombuffer(target.surfaces.read(components=4, attachment=attachment, dtype=kind), dtype)
            .reshape(SAMPLES_SIDE * camera.height, SAMPLES_SIDE * camera.width, 4)[::-1, :, :3]
            .astype(np.float32)
            for attachment, (kind, dtype) in enumerate((("f1", np.uint8), ("f2", np.float16)))
        )
        small = (cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in (albedo / 255, normals))
        return Surfaces(*small)

    def render_colour(self, scene: Scene) -> NDArray[np.uint8]:
        """(H, W, 3) RGB with shadows, antialiased. Raises RenderError for more drawables than the shaders hold."""
        if len(scene.drawables) > shaders.MOST_DRAWABLES:
            raise RenderError(f"scene: expected at most {shaders.MOST_DRAWABLES} objects, got {len(scene.drawables)}")
        target, light = self._target(scene.camera), scene.lighting
        light_projection = light_matrix(light.directions[0], light.shadow_centre, light.shadow_radius_m)
        self._draw_shadow_map(scene, light_projection)
        self._draw_surfaces(scene.camera, scene.drawables, target)
        self._shadow_map.use(0)
        for unit, texture in enumerate(target.textures, start=1):
            texture.use(unit)
        background = create_texture(self._context, scene.background[::-1], repeat=False)
        background.use(4)
        self._set_light(scene, light_projection)
        target.colour.use()
        self._context.enable_only(0)
        self._screen.render()
        background.release()
        shape = (scene.camera.height, scene.camera.width, 3)
        return np.frombuffer(target.colour.read(components=3, alignment=1), np.uint8).reshape(shape)[::-1]

    def _draw_shadow_map(self, scene: Scene, light_projection: Vector) -> None:
        self._shadow_target.use()
        self._shadow_target.clear()
        write_matrix(self._shadow, "light_projection", light_projection)
        for drawable in scene.drawables:
            self._place(self._shadow, drawable).shadow.render()

    def _draw_surfaces(self, camera: Camera, drawables: Sequence[Drawable], target: Targets) -> None:
        target.surfaces.use()
        target.surfaces.clear()
        program = self._surface
        write_matrix(program, "projection", projection_matrix(camera))
        for number, drawable in enumerate(drawables, start=1):
            mesh, material = self._place(program, drawable), drawable.material
            program["number"].value = number
            for name in ("contrast", "tint", "pattern_strength", "pattern_scale"):
                program[name].value = getattr(material, name)
            program["mean_colour"].value = tuple(mesh.mean_colour)
            if material.pattern_strength > 0:
                self._pictures[material.pattern].use(0)
            program["textured"].value = mesh.picture is not None
            if mesh.picture is not None:
                mesh.picture.use(1)
            mesh.surface.render()

    def _place(self, program: moderngl.Program, drawable: Drawable) -> _Uploaded:
        """Set pose and culling for a mesh that is drawn next."""
        mesh = self._meshes[drawable.mesh]
        write_matrix(program, "model", OPENGL_FROM_OPENCV @ drawable.T_camera_object)
        self._context.enable_only(moderngl.DEPTH_TEST | (moderngl.CULL_FACE if mesh.closed else 0))
        return mesh

    def _set_light(self, scene: Scene, light_projection: Vector) -> None:
        light, flip, program = scene.lighting, OPENGL_FROM_OPENCV[:3, :3], self._light
        write_matrix(program, "to_camera", np.linalg.inv(projection_matrix(scene.camera)))
        write_matrix(program, "light_projection", light_projection)
        program["light_direction"].write((light.directions @ flip).astype(np.float32).tobytes())
        program["light_colour"].write(light.colours.astype(np.float32).tobytes())
        program["up"].value = tuple(flip @ light.up)
        program["ambient_up"].value = tuple(light.ambient_up)
        program["ambient_down"].value = tuple(light.ambient_down)
        program["shadow_softness"].value = light.shadow_softness
        materials = np.zeros((shaders.MOST_DRAWABLES, 2), np.float32)
        for row, drawable in enumerate(scene.drawables):
            materials[row] = drawable.material.roughness, drawable.material.metallic
        program["materials"].write(materials.tobytes())

    def _target(self, camera: Camera) -> Targets:
        size = (camera.width, camera.height)
        if size not in self._targets:
            self._targets[size] = create_targets(self._context, size, SAMPLES_SIDE)
        return self._targets[size]


def _golden_spiral(count: int) -> Vector:
    """(count, 2) points spread evenly over a disc of radius 1.3 (Vogel 1979)."""
    place = np.arange(count)
    radius, angle = 1.3 * np.sqrt((place + 0.5) / count), np.pi * (3 - np.sqrt(5)) * place
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
