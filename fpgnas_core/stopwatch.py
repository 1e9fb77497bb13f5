"""Time spent in the stages of one frame."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Timings:
    """Where the time of a frame went, seconds, both passes together."""

    preprocess_s: float
    network_s: float
    decode_s: float
    pnp_s: float


class Stopwatch:
    """Sums the time of each stage; `with watch.network: ...` adds to one."""

    def __init__(self) -> None:
        """Start from zero."""
        self.reset()

    def reset(self) -> None:
        """Set all stages to zero."""
        self._spent = dict.fromkeys(("preprocess", "network", "decode", "pnp"), 0.0)

    @property
    def preprocess(self) -> AbstractContextManager[None]:
        """Resizing, cropping, normalising."""
        return self._stage("preprocess")

    @property
    def network(self) -> AbstractContextManager[None]:
        """Running the network."""
        return self._stage("network")

    @property
    def decode(self) -> AbstractContextManager[None]:
        """From grids to votes."""
        return self._stage("decode")

    @property
    def pnp(self) -> AbstractContextManager[None]:
        """From votes to poses."""
        return self._stage("pnp")

    def timings(self) -> Timings:
        """Return the sums, seconds."""
        return Timings(**{f"{stage}_s": spent for stage, spent in self._spent.items()})

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self._spent[name] += time.perf_counter() - start
