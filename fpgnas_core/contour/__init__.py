"""Aligns a pose with the object's outline in the picture, by colours and edges: no texture, no training."""

from fpgnas_core.contour.alignment import Alignment, align
from fpgnas_core.contour.viewpoints import ViewpointModel, load_viewpoints, viewpoints_to_bytes

__all__ = ["Alignment", "ViewpointModel", "align", "load_viewpoints", "viewpoints_to_bytes"]
