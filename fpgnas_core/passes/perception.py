"""The network with what goes into it and what its cells say: what both passes share."""

from fpgnas_core.arrays import Float32Array
from fpgnas_core.bundle import Bundle
from fpgnas_core.decode import CELL_CONFIDENCE, Votes, decode
from fpgnas_core.imaging import Normaliser
from fpgnas_core.network import Grids, Network
from fpgnas_core.stopwatch import Stopwatch

_WORTH_A_LOOK = 0.25
"""Confidence from which a crop is taken, or taken anew: the next look says more than the last."""


class Perception:
    """Runs a bundle's network and decodes its grids. Not safe for several threads at once."""

    def __init__(self, bundle: Bundle, threads: int | None, confidence_threshold: float) -> None:
        """Open the network on `threads` CPU threads (None: all cores) or on a GPU if there is one.

        `confidence_threshold`, 0 to 1, may be changed at any time. Raises BundleError.
        """
        self.bundle = bundle
        self.confidence_threshold = confidence_threshold
        self.network = Network(bundle.model_path, threads)
        self.normaliser = Normaliser(bundle.mean, bundle.std)
        self.watch = Stopwatch()

    @property
    def worth_a_look(self) -> float:
        """Confidence from which an instance is looked at again."""
        return min(_WORTH_A_LOOK, self.confidence_threshold)

    def run(self, batch: Float32Array) -> Grids:
        """Return what the network makes of (N, 3, H, W), as `normaliser` makes it."""
        with self.watch.network:
            return self.network.run(batch)

    def votes(self, grids: Grids, index: int, objects: slice = slice(None)) -> list[Votes]:
        """Return the instances of `objects` that image `index` of a batch shows, the most confident first."""
        return decode(
            grids.class_logits[index, objects],
            grids.keypoint_offsets[index],
            grids.keypoint_log_scales[index],
            grids.surface_coordinates[index],
            grids.surface_log_scales[index],
            grids.log_sizes[index],
            grids.size_log_scales[index],
            self.bundle.stride,
            min(CELL_CONFIDENCE, self.confidence_threshold),
        )
