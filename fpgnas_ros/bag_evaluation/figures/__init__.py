"""Figures of a run: pure functions of its scores; shares are 0 to 1."""
