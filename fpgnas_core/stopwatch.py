"""Time spent in the stages of one frame."""

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Timings:
    """Where the time of a frame went, seconds, both passes together."""

    preprocess_s: float
    network_s: float
    decode_s: float
    pnp_s: float
    outline_s: float


class Stage:
    """Sums the time spent inside `with`. A class, not a generator: it is entered ten times a frame."""

    def __init__(self) -> None:
        """Start from zero."""
        self.spent_s = 0.0

    def __enter__(self) -> None:
        self._start = time.perf_counter()

    def __exit__(self, *error: object) -> None:
        self.spent_s += time.perf_counter() - self._start


class Stopwatch:
    """Sums the time of each stage; `with watch.network: ...` adds to one."""

    def __init__(self) -> None:
        """Start from zero."""
        self.reset()

    def reset(self) -> None:
        """Set all stages to zero."""
        self.preprocess = Stage()
        """Resizing, cropping, normalising."""
        self.network = Stage()
        """Running the network."""
        self.decode = Stage()
        """From grids to votes."""
        self.pnp = Stage()
        """From votes to poses."""
        self.outline = Stage()
        """Moving poses to where the outlines are."""

    def timings(self) -> Timings:
        """Return the sums, seconds."""
        stages = (self.preprocess, self.network, self.decode, self.pnp, self.outline)
        return Timings(*(stage.spent_s for stage in stages))
