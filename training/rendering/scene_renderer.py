"""Draws image number i of a data set: view, scene, who hides whom, colours, and what a camera does to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fpgnas_core.camera import Camera
from training.rendering.bop_writer import RenderedImage
from training.rendering.photoreal import BlenderPainter
from training.rendering.pool import Uploads, make_pool
from training.rendering.renderer import Drawable, Geometry, Renderer, Scene
from training.rendering.scene import Draft, RoomSampler, Target, all_drawables
from training.rendering.settings import RenderSettings
from training.rendering.space import SpaceSampler
from training.rendering.visibility import Silhouettes

VIEW_TRIES = 10
OCCLUSION_TRIES = 6
LEAST_HIDDEN = 0.97  # share of what a free view shows, below which a target counts as occluded


class Painter(Uploads, Protocol):
    """What draws the colours of a scene."""

    def render_colour(self, scene: Scene) -> NDArray[np.uint8]:
        """(H, W, 3) RGB."""
        ...


class SceneRenderer:
    """Keeps everything that images are made of; one a process."""

    def __init__(self, settings: RenderSettings) -> None:
        self.settings = settings
        self.renderer = Renderer()
        self.painter: Painter = self.renderer
        uploads: list[Painter] = [self.renderer]
        if settings.backend == "blender":
            self.painter = BlenderPainter()
            uploads.append(self.painter)
        self.pool = make_pool(settings, uploads)
        sampler = RoomSampler if settings.environment == "room" else SpaceSampler
        self.sampler: RoomSampler | SpaceSampler = sampler(settings, self.pool)

    def render(self, index: int) -> RenderedImage:
        """Image `index` of the data set; the same for the same settings."""
        rng = np.random.default_rng([self.settings.seed, index])
        camera, main, silhouettes = self._sample_main(rng)
        draft, targets, seen = self._sample_visible(rng, camera, main, silhouettes)
        if np.random.default_rng([self.settings.seed, index, 1]).random() < self.settings.absent_share:
            targets, seen = [], silhouettes.surroundings(draft)
        scene = Scene(camera, all_drawables(targets, draft.others), draft.lighting, draft.background)
        clean = np.ascontiguousarray(self.painter.render_colour(scene))
        rgb = self.sampler.photograph(rng, clean)
        annotated = [*targets, *self._bystanders(draft, seen)]
        return RenderedImage(rgb, seen.depth, camera, [silhouettes.annotated(target, seen) for target in annotated])

    def _bystanders(self, draft: Draft, seen: Geometry) -> list[Target]:
        """Of a crop the other known objects that are seen: a network must not learn that they are none."""
        known = {prop.number: object_id for object_id, prop in self.pool.targets.items()}
        visible = set(np.unique(seen.instances).tolist())
        return [
            Target(known[part.mesh], part) for part in draft.others if part.mesh in known and part.instance in visible
        ]

    def _sample_main(self, rng: np.random.Generator) -> tuple[Camera, Target, Silhouettes]:
        """A view whose border leaves enough of the main target in the image."""
        object_id = int(rng.choice(list(self.pool.targets)))
        prop, material = self.pool.targets[object_id], self.sampler.material(rng)
        best: tuple[float, Camera, Target, Silhouettes] | None = None
        for _ in range(VIEW_TRIES):
            camera, T_camera_object = self.sampler.view(rng, prop)
            main = Target(object_id, Drawable(prop.number, T_camera_object, material, 1))
            silhouettes = Silhouettes(self.renderer, camera)
            share = silhouettes.visible_share(main, silhouettes.layer(main))
            if best is None or share > best[0]:
                best = share, camera, main, silhouettes
            if share >= min(1.0, self.settings.min_visible + 0.1):
                break
        assert best is not None
        return best[1:]

    def _sample_visible(
        self, rng: np.random.Generator, camera: Camera, main: Target, silhouettes: Silhouettes
    ) -> tuple[Draft, list[Target], Geometry]:
        """A scene that leaves enough of the main target visible; the target alone where tries find none."""
        occluded = self.sampler.is_occluded(rng)
        free = silhouettes.visible_share(main, silhouettes.layer(main))
        for _ in range(OCCLUSION_TRIES):
            draft = self.sampler.draft(rng, camera, main, occluded)
            targets, seen = silhouettes.resolve(draft, self.settings.min_visible)
            share = silhouettes.visible_share(main, seen)
            if share >= self.settings.min_visible and (share < LEAST_HIDDEN * free or not occluded):
                return draft, targets, seen
        return replace(draft, others=[]), [main], silhouettes.layer(main)
