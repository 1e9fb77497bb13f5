"""Learning rates and temperatures over a run."""

from __future__ import annotations

import math


def cosine_rate(step: int, steps: int, highest: float, warmup: int) -> float:
    """Linear rise over `warmup` steps, then a cosine down to a hundredth of `highest` (Loshchilov and Hutter 2017)."""
    if step < warmup:
        return highest * (step + 1) / warmup
    share = (step - warmup) / max(1, steps - warmup)
    return highest * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))


def geometric(start: float, end: float, share: float) -> float:
    """From start to end as `share` goes from 0 to 1, by equal factors."""
    return float(start * (end / start) ** min(1.0, max(0.0, share)))
