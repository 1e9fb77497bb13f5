"""A whole data set: images drawn in parallel, resumable, each image fixed by the seed and its number alone."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tqdm import tqdm

from training.rendering.bop_writer import (
    IMAGES_PER_SCENE,
    make_scene_folders,
    scene_folder,
    write_image,
    write_models,
    write_scene_json,
)
from training.rendering.objects import load_objects
from training.rendering.scene_renderer import SceneRenderer
from training.rendering.settings import RenderSettings

IMAGES_PER_TASK = 50


def generate(settings: RenderSettings) -> Path:
    """Write the whole data set of `settings`, going on where an earlier run stopped; returns the split's folder."""
    split = Path(settings.out) / settings.split
    write_models(Path(settings.out) / "models", load_objects(settings))
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


_settings: RenderSettings


def _start_worker(settings: RenderSettings) -> None:
    global _settings
    os.environ["LP_NUM_THREADS"] = (
        "0"  # one process a core: threads inside Mesa's software renderer only get in the way
    )
    _settings = settings


@cache
def _scene_renderer() -> SceneRenderer:
    """Made with the first task: a pool reports errors of its tasks, those of its start it tries again for ever."""
    return SceneRenderer(_settings)


def _render_task(task: range) -> tuple[range, dict[int, Any]]:
    renderer, settings = _scene_renderer(), _settings
    split, entries = Path(settings.out) / settings.split, {}
    make_scene_folders(split, task[0], settings.depth)
    for index in task:
        entries[index] = write_image(split, index, renderer.render(index), settings.depth)
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
