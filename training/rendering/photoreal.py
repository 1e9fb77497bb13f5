"""Colours by Blender's path tracer (Cycles) in place of our own: `pip install 'fpgnas_ros[photoreal]'`.

Labels always come from our renderer. Camera, light and materials are the same; inter-reflections, true soft shadows and
ambient occlusion come on top.
"""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fpgnas_core.camera import Camera
from training.errors import RenderError
from training.rendering.gpu import OPENGL_FROM_OPENCV
from training.rendering.mesh import Mesh, mean_colour
from training.rendering.renderer import Lighting, Material, Scene

SAMPLES = 24
SENSOR_MM = 36.0
SUN_ANGLE_PER_SOFTNESS = 6.0  # radians: a shadow as wide as that of the map's filter at a third of its region's depth


class BlenderPainter:
    """Draws colours of scenes; takes meshes and pictures under the same numbers as our renderer.

    Raises RenderError where Blender is not installed.
    """

    def __init__(self) -> None:
        self._blender = load_blender()
        self._blender.ops.wm.read_factory_settings(use_empty=True)
        self._data, self._scene = self._blender.data, self._blender.context.scene
        self._meshes: list[Any] = []
        self._mean_colours: list[NDArray[np.float64]] = []
        self._pictures: list[Any] = []
        self._textures: dict[int, Any] = {}
        self._prepare()

    def upload(self, mesh: Mesh) -> int:
        """Keep a mesh; the number returned names it in `Drawable.mesh`."""
        made = self._data.meshes.new("mesh")
        made.from_pydata(mesh.vertices.tolist(), [], mesh.faces.tolist())
        made.normals_split_custom_set_from_vertices(mesh.normals.tolist())
        colours = made.attributes.new("colour", "FLOAT_COLOR", "POINT")
        linear = np.concatenate([mesh.colours**2, np.ones((len(mesh.vertices), 1))], axis=1)
        colours.data.foreach_set("color", linear.astype(np.float32).ravel())
        if mesh.texture is not None:
            layer = made.uv_layers.new(name="uv")
            layer.data.foreach_set("uv", mesh.texture.uv[mesh.faces.ravel()].astype(np.float32).ravel())
            self._textures[len(self._meshes)] = self._image(mesh.texture.picture)
        self._meshes.append(made)
        self._mean_colours.append(mean_colour(mesh))
        return len(self._meshes) - 1

    def upload_picture(self, picture: NDArray[np.uint8]) -> int:
        """Keep an (H, W, 3) uint8 RGB picture; the number returned names it in `Material.pattern`."""
        self._pictures.append(self._image(picture))
        return len(self._pictures) - 1

    def render_colour(self, scene: Scene) -> NDArray[np.uint8]:
        """(H, W, 3) RGB. The background is put behind afterwards, unlit, as in our renderer."""
        self._clear()
        self._place_camera(scene.camera)
        self._place_light(scene.lighting)
        for drawable in scene.drawables:
            thing = self._data.objects.new("thing", self._meshes[drawable.mesh])
            thing.matrix_world = (OPENGL_FROM_OPENCV @ drawable.T_camera_object).T.tolist()
            self._scene.collection.objects.link(thing)
            thing.data.materials.clear()
            thing.data.materials.append(None)
            thing.material_slots[0].link = "OBJECT"  # one mesh may be seen several times with different looks
            thing.material_slots[0].material = self._material(drawable.material, drawable.mesh)
        return _composite(self._render(), scene.background)

    def _prepare(self) -> None:
        render, cycles = self._scene.render, self._scene.cycles
        render.engine = "CYCLES"
        cycles.device, cycles.samples, cycles.use_denoising, cycles.seed = "CPU", SAMPLES, True, 0
        render.threads_mode, render.threads = "FIXED", 1  # one process a core
        render.film_transparent = True
        cycles.filter_width = 1.0
        render.image_settings.file_format, render.image_settings.color_mode = "PNG", "RGBA"
        render.image_settings.color_depth = "16"
        self._scene.view_settings.view_transform = "Raw"
        self._scene.world = self._data.worlds.new("world")
        self._scene.world.use_nodes = True

    def _clear(self) -> None:
        for thing in list(self._scene.collection.objects):
            self._data.objects.remove(thing)
        for kind in (self._data.materials, self._data.lights, self._data.cameras):
            for block in list(kind):
                kind.remove(block)

    def _place_camera(self, camera: Camera) -> None:
        """Blender's picture spans pixel edges, its shifts are shares of the width."""
        data = self._data.cameras.new("camera")
        data.sensor_fit, data.sensor_width = "HORIZONTAL", SENSOR_MM
        data.lens = camera.fx * SENSOR_MM / camera.width
        data.clip_start, data.clip_end = 0.01, 100.0
        aspect = camera.fx / camera.fy
        data.shift_x = (camera.width / 2 - (camera.cx + 0.5)) / camera.width
        data.shift_y = ((camera.cy + 0.5) - camera.height / 2) * aspect / camera.width
        render = self._scene.render
        render.resolution_x, render.resolution_y, render.resolution_percentage = camera.width, camera.height, 100
        render.pixel_aspect_x, render.pixel_aspect_y = max(1.0, 1 / aspect), max(1.0, aspect)
        thing = self._data.objects.new("camera", data)
        self._scene.collection.objects.link(thing)
        self._scene.camera = thing

    def _place_light(self, light: Lighting) -> None:
        flip = OPENGL_FROM_OPENCV[:3, :3]
        for place, (direction, colour) in enumerate(zip(light.directions @ flip, light.colours, strict=True)):
            if colour.max() <= 0:
                continue
            data = self._data.lights.new("sun", "SUN")
            data.energy, data.color = float(colour.max()), (colour / colour.max()).tolist()
            data.angle = min(0.5, SUN_ANGLE_PER_SOFTNESS * light.shadow_softness)
            data.use_shadow = place == 0
            thing = self._data.objects.new("sun", data)
            thing.matrix_world = _facing(direction).T.tolist()
            self._scene.collection.objects.link(thing)
        self._light_world(light, flip @ light.up)

    def _light_world(self, light: Lighting, up: NDArray[np.float64]) -> None:
        """Radiance from below to above, linear in the cosine with `up`."""
        tree = self._scene.world.node_tree
        tree.nodes.clear()
        place, dot = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeVectorMath")
        share, mix = tree.nodes.new("ShaderNodeMapRange"), tree.nodes.new("ShaderNodeMixRGB")
        shine, out = tree.nodes.new("ShaderNodeBackground"), tree.nodes.new("ShaderNodeOutputWorld")
        dot.operation = "DOT_PRODUCT"
        dot.inputs[1].default_value = up.tolist()
        share.inputs["From Min"].default_value = -1.0
        mix.inputs[1].default_value = (*light.ambient_down.tolist(), 1.0)
        mix.inputs[2].default_value = (*light.ambient_up.tolist(), 1.0)
        tree.links.new(place.outputs["Generated"], dot.inputs[0])
        tree.links.new(dot.outputs["Value"], share.inputs["Value"])
        tree.links.new(share.outputs["Result"], mix.inputs[0])
        tree.links.new(mix.outputs[0], shine.inputs["Color"])
        tree.links.new(shine.outputs[0], out.inputs["Surface"])

    def _material(self, material: Material, mesh: int) -> Any:
        made = self._data.materials.new("material")
        made.use_nodes = True
        tree = made.node_tree
        surface = tree.nodes["Principled BSDF"]
        surface.inputs["Roughness"].default_value = material.roughness
        surface.inputs["Metallic"].default_value = material.metallic
        own = _contrasted(tree, self._own_colour(tree, mesh), self._mean_colours[mesh], material.contrast)
        tint = _mixed(tree, own, material.tint[3])
        tint.inputs[2].default_value = (*(value**2 for value in material.tint[:3]), 1.0)
        last = tint
        if material.pattern_strength > 0:
            last = _mixed(tree, tint.outputs[0], material.pattern_strength)
            tree.links.new(self._pattern(tree, material).outputs["Color"], last.inputs[2])
        tree.links.new(last.outputs[0], surface.inputs["Base Color"])
        return made

    def _own_colour(self, tree: Any, mesh: int) -> Any:
        if mesh in self._textures:
            own = tree.nodes.new("ShaderNodeTexImage")
            own.image = self._textures[mesh]
        else:
            own = tree.nodes.new("ShaderNodeAttribute")
            own.attribute_name = "colour"
        return own.outputs["Color"]

    def _pattern(self, tree: Any, material: Material) -> Any:
        place, scale = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeVectorMath")
        scale.operation = "SCALE"
        scale.inputs["Scale"].default_value = material.pattern_scale
        picture = tree.nodes.new("ShaderNodeTexImage")
        picture.image, picture.projection = self._pictures[material.pattern], "BOX"
        tree.links.new(place.outputs["Object"], scale.inputs[0])
        tree.links.new(scale.outputs[0], picture.inputs["Vector"])
        return picture

    def _image(self, picture: NDArray[np.uint8]) -> Any:
        height, width = picture.shape[:2]
        image = self._data.images.new("picture", width, height)
        rgba = np.concatenate([picture[::-1] / 255.0, np.ones((height, width, 1))], axis=2)
        image.pixels.foreach_set(rgba.astype(np.float32).ravel())
        image.pack()
        return image

    def _render(self) -> NDArray[np.uint16]:
        with tempfile.TemporaryDirectory() as folder:
            self._scene.render.filepath = str(Path(folder) / "image.png")
            self._blender.ops.render.render(write_still=True)
            drawn = cv2.imread(self._scene.render.filepath, cv2.IMREAD_UNCHANGED)
        return np.asarray(drawn, np.uint16)


def load_blender() -> Any:
    """The module bpy, loaded only where it is used: it changes paths that new processes inherit. Raises RenderError."""
    try:
        return importlib.import_module("bpy")
    except ImportError as error:
        raise RenderError(
            "backend blender: expected bpy 4.5, found none; pip install 'fpgnas_ros[photoreal]'"
        ) from error


def _mixed(tree: Any, colour: Any, share: float) -> Any:
    node = tree.nodes.new("ShaderNodeMixRGB")
    node.inputs[0].default_value = share
    tree.links.new(colour, node.inputs[1])
    return node


def _contrasted(tree: Any, colour: Any, mean: NDArray[np.float64], contrast: float) -> Any:
    """A linear colour moved away from the mean of its mesh, or towards it where contrast is below 1."""
    node = tree.nodes.new("ShaderNodeMix")
    node.data_type, node.clamp_factor, node.clamp_result = "RGBA", False, True
    node.inputs["Factor"].default_value = contrast
    first, second = (socket for socket in node.inputs if socket.name in ("A", "B") and socket.type == "RGBA")
    first.default_value = (*mean.tolist(), 1.0)
    tree.links.new(colour, second)
    return next(socket for socket in node.outputs if socket.type == "RGBA")


def _facing(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """(4, 4) pose of a lamp, which shines along its -z, towards `direction` (3,)."""
    right = np.cross(np.eye(3)[np.argmin(np.abs(direction))], direction)
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(direction, right), direction], axis=1)
    return pose


def _composite(drawn: NDArray[np.uint16], background: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Linear straight RGBA (16 bit, blue first) over a picture, with the curve of our shaders."""
    height, width = drawn.shape[:2]
    linear = drawn.astype(np.float32) / 65535.0
    alpha = linear[..., 3:]
    behind = cv2.resize(background, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32) / 255.0
    mixed = alpha * linear[..., 2::-1] + (1 - alpha) * behind**2
    return np.asarray((255 * np.sqrt(mixed)).round().clip(0, 255), np.uint8)
