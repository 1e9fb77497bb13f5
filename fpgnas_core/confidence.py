"""Confidences that mean the same for every object: 0.5 is as likely right as wrong."""

import math

_CERTAIN = 1 - 1e-9


def shifted(confidence: float, offset: float) -> float:
    """Return a confidence, 0 to 1, moved by `offset` in log odds."""
    odds = min(confidence, _CERTAIN) / (1 - min(confidence, _CERTAIN)) * math.exp(offset)
    return odds / (1 + odds)
