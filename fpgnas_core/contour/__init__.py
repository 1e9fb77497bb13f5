"""Aligns a pose with the object's outline and inner edges in the picture: no rendering, no training."""

from fpgnas_core.contour.alignment import Alignment, align
from fpgnas_core.contour.viewpoints import ViewpointModel, load_viewpoints, viewpoints_to_bytes

__all__ = ["Alignment", "ViewpointModel", "align", "load_viewpoints", "viewpoints_to_bytes"]
