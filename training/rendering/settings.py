"""Settings of the renderer; each default lives here with its documentation."""

from __future__ import annotations

from dataclasses import dataclass

from training.errors import SettingsError


@dataclass(frozen=True)
class RenderSettings:
    """Synthetic images of one mesh, written as a BOP data set."""

    mesh: str
    """Mesh file: PLY, OBJ, STL or GLB."""
    out: str
    """Folder of the data set; a run that was stopped goes on where it was."""
    unit: str = "mm"
    """Unit of the mesh's lengths: m, cm or mm."""
    object_id: int = 1
    """Number of the object in the BOP files, from 1."""
    object_name: str = "object"
    """Name of the object."""
    symmetries: str = ""
    """JSON file with symmetries_discrete and symmetries_continuous as in BOP's models_info.json; empty: none."""
    most_faces: int = 0
    """Triangles to which the drawn mesh is simplified, for speed; 0: as it is."""
    images: int = 20000
    """Number of images."""
    split: str = "train"
    """Name of the split, a sub-folder of `out`."""
    seed: int = 1
    """Seed; image i of a seed is always the same."""
    workers: int = 0
    """Processes; 0: one a core."""
    width: int = 128
    """Image width, px."""
    height: int = 128
    """Image height, px."""
    focal_px: float = 0.0
    """Focal length of a fixed camera, px; 0: virtual cameras cropped round the object, as training wants."""
    extent_px: tuple[float, float] = (22.0, 125.0)
    """Virtual cameras: lowest and highest projected length of the mesh's box diagonal, px."""
    distance_m: tuple[float, float] = (0.3, 1.2)
    """Lowest and highest distance of the object, metres."""
    min_visible: float = 0.4
    """Lowest visible share of the object's silhouette, 0 to 1."""
    occluded_share: float = 0.55
    """Share of images in which shapes stand in front of the object, 0 to 1."""
    table_share: float = 0.6
    """Share of images with a table under the object, 0 to 1; the others float before a picture."""
    uniform_colour_share: float = 0.5
    """Share of images in which the object has one random colour, as a print has, 0 to 1."""
    sensor_strength: float = 0.5
    """Strength of exposure, blur, noise and JPEG, 0 to 1."""
    depth: bool = True
    """Write depth images too; training wants them."""

    def __post_init__(self) -> None:
        """Refuse what cannot be rendered: SettingsError names the field."""
        for name in ("images", "width", "height", "object_id"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name}: expected at least 1, got {getattr(self, name)}")
        for name in (
            "min_visible",
            "occluded_share",
            "table_share",
            "uniform_colour_share",
            "sensor_strength",
        ):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"{name}: expected 0 to 1, got {getattr(self, name)}")
        for name in ("extent_px", "distance_m"):
            low, high = getattr(self, name)
            if not 0 < low <= high:
                raise SettingsError(f"{name}: expected two rising positive numbers, got {low} and {high}")
