"""A whole data set: images drawn in parallel, resumable, each image fixed by the seed and its number alone."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from tqdm import tqdm

from fpgnas_core.camera import Camera
from training.rendering.bop_writer import (
    IMAGES_PER_SCENE,
    RenderedImage,
    make_scene_folders,
    scene_folder,
    write_image,
    write_model,
    write_scene_json,
)
from training.rendering.distractors import make_distractors
from training.rendering.mesh import decimated, from_trimesh, load_mesh
from training.rendering.renderer import Drawable, Geometry, Renderer, Scene
from training.rendering.scene import (
    Pool,
    sample_camera_and_target,
    sample_material,
    sample_occluders,
    sample_scene,
)
from training.rendering.sensor import photograph
from training.rendering.settings import RenderSettings

TARGET_INSTANCE = 1
OCCLUSION_TRIES = 6
IMAGES_PER_TASK = 50


class SceneRenderer:
    """Draws image number i of a data set; one a process."""

    def __init__(self, settings: RenderSettings) -> None:
        self.settings = settings
        self.renderer = Renderer()
        self.mesh = decimated(load_mesh(settings.mesh, settings.unit), settings.most_faces)
        target = self.renderer.upload(self.mesh)
        shapes = make_distractors(np.random.default_rng(0), 40)
        table = from_trimesh(trimesh.creation.box(extents=(3.0, 3.0, 0.002)).apply_translation([0, 0, -0.001]))
        self.pool = Pool(
            {settings.object_id: (target, self.mesh)},
            [self.renderer.upload(shape) for shape in shapes],
            self.renderer.upload(table),
        )

    def render(self, index: int) -> RenderedImage:
        """Image `index` of the data set; the same for the same settings."""
        settings, rng = self.settings, np.random.default_rng([self.settings.seed, index])
        camera, T_camera_object = sample_camera_and_target(rng, settings, self.mesh)
        material = sample_material(rng, settings.uniform_colour_share)
        target = Drawable(self.pool.targets[settings.object_id][0], T_camera_object, material, TARGET_INSTANCE)
        whole = self.renderer.render_geometry(camera, [target]).instances == TARGET_INSTANCE
        scene, geometry = self._sample_visible_scene(rng, camera, target, int(whole.sum()))
        rgb = photograph(rng, np.ascontiguousarray(self.renderer.render_colour(scene)), settings.sensor_strength)
        visible = geometry.instances == TARGET_INSTANCE
        return RenderedImage(rgb, geometry.depth, whole, visible, camera, settings.object_id, T_camera_object)

    def _sample_visible_scene(
        self, rng: np.random.Generator, camera: Camera, target: Drawable, whole: int
    ) -> tuple[Scene, Geometry]:
        """A scene that leaves enough of the target's `whole` pixels visible; the target alone where tries find none."""
        occluded = rng.random() < self.settings.occluded_share
        for _ in range(OCCLUSION_TRIES):
            occluders = sample_occluders(rng, self.pool, target) if occluded else []
            scene = sample_scene(rng, self.settings, self.pool, camera, target, occluders)
            geometry = self.renderer.render_geometry(camera, scene.drawables)
            visible = int((geometry.instances == TARGET_INSTANCE).sum())
            if visible >= self.settings.min_visible * whole and (visible < whole or not occluded):
                return scene, geometry
        scene = replace(scene, drawables=[target])
        return scene, self.renderer.render_geometry(camera, scene.drawables)


def generate(settings: RenderSettings) -> Path:
    """Write the whole data set of `settings`, going on where an earlier run stopped; returns the split's folder."""
    split = Path(settings.out) / settings.split
    mesh = load_mesh(settings.mesh, settings.unit)
    symmetries = json.loads(Path(settings.symmetries).read_text()) if settings.symmetries else {}
    write_model(Path(settings.out) / "models", settings.object_id, settings.object_name, mesh, symmetries)
    tasks = [task for task in _tasks(settings.images) if not _part_file(split, task).is_file()]
    done = settings.images - sum(len(task) for task in tasks)
    with tqdm(total=settings.images, initial=done, desc=f"render {split}", unit="image", smoothing=0.05) as progress:
        for task, entries in _run(settings, tasks):
            _write_part(split, task, entries)
            progress.update(len(task))
    _join_parts(split, settings.images)
    return split


def _tasks(images: int) -> list[range]:
    return [range(first, min(first + IMAGES_PER_TASK, images)) for first in range(0, images, IMAGES_PER_TASK)]


def _run(settings: RenderSettings, tasks: list[range]) -> Iterator[tuple[range, dict[int, Any]]]:
    workers = min(settings.workers or len(os.sched_getaffinity(0)), max(1, len(tasks)))
    context = multiprocessing.get_context("spawn")  # an OpenGL context does not survive a fork
    with context.Pool(workers, _start_worker, (settings,)) as pool:
        yield from pool.imap_unordered(_render_task, tasks)


_scene_renderer: SceneRenderer


def _start_worker(settings: RenderSettings) -> None:
    global _scene_renderer
    os.environ["LP_NUM_THREADS"] = (
        "0"  # one process a core: threads inside Mesa's software renderer only get in the way
    )
    _scene_renderer = SceneRenderer(settings)


def _render_task(task: range) -> tuple[range, dict[int, Any]]:
    settings = _scene_renderer.settings
    split, entries = Path(settings.out) / settings.split, {}
    make_scene_folders(split, task[0], settings.depth)
    for index in task:
        entries[index] = write_image(split, index, _scene_renderer.render(index), settings.depth)
    return task, entries


def _part_file(split: Path, task: range) -> Path:
    return scene_folder(split, task[0]) / "parts" / f"{task[0]:08d}-{task[-1]:08d}.json"


def _write_part(split: Path, task: range, entries: dict[int, Any]) -> None:
    path = _part_file(split, task)
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(entries))
    unfinished.replace(path)  # atomic, so that a part that exists is whole


def _join_parts(split: Path, images: int) -> None:
    scenes: dict[Path, dict[int, Any]] = defaultdict(dict)
    for task in _tasks(images):
        for index, entry in json.loads(_part_file(split, task).read_text()).items():
            scenes[scene_folder(split, int(index))][int(index) % IMAGES_PER_SCENE] = entry
    for folder, entries in scenes.items():
        write_scene_json(folder, entries)
