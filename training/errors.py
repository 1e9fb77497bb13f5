"""Errors of the training side; all share the root `FpgnasError`."""

from __future__ import annotations

from fpgnas_core.errors import FpgnasError


class SettingsError(FpgnasError):
    """A setting outside its range."""


class MeshError(FpgnasError):
    """A file that is no usable mesh."""


class RenderError(FpgnasError):
    """No OpenGL to draw with."""


class BudgetError(FpgnasError):
    """A FLOPs budget that no network of the search space can meet."""


class RunError(FpgnasError):
    """A run folder that does not fit the settings, or a training that went wrong."""


class DatasetError(FpgnasError):
    """A data set with a missing file or an impossible value; the message names file, entry and field."""
