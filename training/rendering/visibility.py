"""Who hides whom: geometry of several objects put together by depth, and how much of each is seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fpgnas_core.camera import Camera
from training.rendering.bop_writer import RenderedObject
from training.rendering.renderer import Geometry, Renderer
from training.rendering.scene import Draft, Target

Box = tuple[int, int, int, int]


def nearest_of(layers: Sequence[Geometry]) -> Geometry:
    """What a camera sees of several geometries of one camera drawn apart."""
    depth, instances = layers[0].depth, layers[0].instances
    for layer in layers[1:]:
        nearer = (layer.depth > 0) & ((depth == 0) | (layer.depth < depth))
        depth, instances = np.where(nearer, layer.depth, depth), np.where(nearer, layer.instances, instances)
    return Geometry(depth, instances)


class Silhouettes:
    """Draws each target once by itself; compares with the rest of its scene."""

    def __init__(self, renderer: Renderer, camera: Camera) -> None:
        self._renderer, self._camera = renderer, camera
        self._wide = camera.cropped(-camera.width, -camera.height, 3 * camera.width, 3 * camera.height)
        self._layers: dict[int, tuple[Target, Geometry]] = {}  # the target is kept, so that its id stays its own
        self._wholes: dict[int, tuple[int, Box]] = {}

    def layer(self, target: Target) -> Geometry:
        """The target alone."""
        if id(target) not in self._layers:
            self._layers[id(target)] = target, self._renderer.render_geometry(self._camera, [target.drawable])
        return self._layers[id(target)][1]

    def whole(self, target: Target) -> tuple[int, Box]:
        """Pixels of the silhouette and its rectangle (x, y, width, height), beyond the image's border too.

        As in BOP, as far as the image's own width and height beyond it.
        """
        if id(target) not in self._wholes:
            self._wholes[id(target)] = self._measure(target)
        return self._wholes[id(target)]

    def _measure(self, target: Target) -> tuple[int, Box]:
        mask, x0, y0 = self.layer(target).instances > 0, 0, 0
        if mask[[0, -1]].any() or mask[:, [0, -1]].any():
            mask = self._renderer.render_geometry(self._wide, [target.drawable]).instances > 0
            x0, y0 = -self._camera.width, -self._camera.height
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if len(rows) == 0:
            return 0, (-1, -1, -1, -1)
        box = (x0 + int(columns[0]), y0 + int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
        return int(mask.sum()), box

    def resolve(self, draft: Draft, min_visible: float) -> tuple[list[Target], Geometry]:
        """The targets of which enough is seen, with what the camera sees of them and the rest.

        Others than the first leave the scene one by one, the least visible first.
        """
        others = self._renderer.render_geometry(self._camera, draft.others) if draft.others else None
        targets = list(draft.targets)
        while True:
            seen = nearest_of([*map(self.layer, targets), *([others] if others else [])])
            shares = [self.visible_share(target, seen) for target in targets]
            worst = int(np.argmin(shares[1:])) + 1 if len(targets) > 1 else 0
            if worst == 0 or shares[worst] >= min_visible:
                return targets, seen
            del targets[worst]

    def surroundings(self, draft: Draft) -> Geometry:
        """What the camera sees without the targets."""
        return self._renderer.render_geometry(self._camera, draft.others)

    def visible_share(self, target: Target, seen: Geometry) -> float:
        """Visible share of the whole silhouette, 0 to 1."""
        whole = self.whole(target)[0]
        return float((seen.instances == target.drawable.instance).sum()) / whole if whole else 0.0

    def annotated(self, target: Target, seen: Geometry) -> RenderedObject:
        """The target as it is written."""
        pixels, box = self.whole(target)
        return RenderedObject(
            target.object_id,
            target.drawable.T_camera_object,
            self.layer(target).instances > 0,
            seen.instances == target.drawable.instance,
            pixels,
            box,
        )
