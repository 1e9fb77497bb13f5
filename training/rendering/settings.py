"""Settings of the renderer; each default lives here with its documentation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from training.errors import SettingsError


@dataclass(frozen=True)
class RenderSettings:
    """Synthetic images of one or many meshes, written as a BOP data set."""

    out: str
    """Folder of the data set; a run that was stopped goes on where it was."""
    mesh: str | list[str] = ""
    """Mesh files, one or several: PLY, OBJ, STL or GLB, with vertex colours or a texture."""
    models: str = ""
    """Instead of `mesh`: a BOP models folder (obj_000001.ply, millimetres, and models_info.json with symmetries)."""
    objects: list[int] = field(default_factory=list)
    """Ids of the objects of `models`; empty: all that models_info.json names."""
    unit: str = "mm"
    """Unit of the meshes' lengths: m, cm or mm."""
    object_id: int = 1
    """Number of the first mesh in the BOP files, from 1; the others follow."""
    object_name: str = "object"
    """Name of the object; several meshes have the names of their files."""
    symmetries: str = ""
    """JSON file with symmetries_discrete and symmetries_continuous as in BOP's models_info.json; empty: none.
    For one mesh; several with symmetries come as `models`."""
    distractors: str = ""
    """Folder of meshes (of `unit`) that stand about without annotation, beside the built-in shapes; empty: none."""
    backgrounds: str = ""
    """Folder of photographs (JPEG or PNG) that half of the images have as background; empty: none."""
    environment: Literal["room", "space", "lightbox", "sunlamp"] = "room"
    """Surroundings: a room, or one spacecraft as in SPEED and in the two domains of SPEED+."""
    backend: Literal["opengl", "blender"] = "opengl"
    """What draws the colours: our own renderer, or Blender's path tracer (extra `photoreal`), far slower."""
    objects_per_image: tuple[int, int] = (1, 1)
    """Whole frames: lowest and highest number of annotated objects. A crop is round one, annotated first; others stand
    in its way."""
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
    """Focal length of a fixed camera, px; 0: virtual cameras cropped round one object, as training wants."""
    extent_px: tuple[float, float] = (22.0, 125.0)
    """Virtual cameras: lowest and highest projected length of the mesh's box diagonal, px."""
    off_centre: float = 0.12
    """Virtual cameras: standard deviation of the object's place about the crop's middle, sides of the crop."""
    absent_share: float = 0.0
    """Share of images from which the objects are left out: what a network must not take for them, 0 to 1."""
    distance_m: tuple[float, float] = (0.3, 1.2)
    """Lowest and highest distance of the object, metres. In a room all are as likely, in space as in SPEED."""
    distractors_per_image: tuple[int, int] = (0, 3)
    """Lowest and highest number of things without annotation that stand about the object."""
    min_visible: float = 0.4
    """Lowest visible share of an annotated object's silhouette, 0 to 1."""
    occluded_share: float = 0.55
    """Share of images in which shapes stand in front of the object, 0 to 1."""
    standing: bool = False
    """Objects stand as they were modelled, z up, and are seen from above by a camera rolled by up to 45 degrees, as
    things on a table; otherwise in any rotation."""
    table_share: float = 0.6
    """Share of images with a table under the object, 0 to 1; the others float before a picture."""
    office_share: float = 0.0
    """Share of rooms that are offices: tables with magazines under and about the objects, dark carpets, 0 to 1."""
    uniform_colour_share: float = 0.5
    """Share of images in which the object has one random colour, as a print has, 0 to 1."""
    tint_share: float = 0.15
    """Highest share of a random tint over the object's own colours in the other images, 0 to 1."""
    contrast: tuple[float, float] = (1.0, 1.0)
    """Lowest and highest contrast of the object's own colours about their mean; 1: as in the mesh. Scans often have
    less than the thing."""
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
            "absent_share",
            "occluded_share",
            "table_share",
            "office_share",
            "uniform_colour_share",
            "tint_share",
            "sensor_strength",
        ):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"{name}: expected 0 to 1, got {getattr(self, name)}")
        self._check_objects()
        for name in ("extent_px", "distance_m", "contrast"):
            low, high = getattr(self, name)
            if not 0 < low <= high:
                raise SettingsError(f"{name}: expected two rising positive numbers, got {low} and {high}")

    @property
    def mesh_paths(self) -> list[str]:
        """The files of `mesh`."""
        return [self.mesh] if isinstance(self.mesh, str) else list(self.mesh)

    def _check_objects(self) -> None:
        fewest, most = self.distractors_per_image
        if not 0 <= fewest <= most:
            raise SettingsError(f"distractors_per_image: expected two rising numbers, got {fewest} and {most}")
        if bool(self.models) == bool(self.mesh):
            got = "both" if self.models else "neither"
            raise SettingsError(f"mesh and models: expected one of them, got {got}")
        if self.symmetries and len(self.mesh_paths) != 1:
            raise SettingsError("symmetries: expected one mesh with them, got several; use models instead")
        low, high = self.objects_per_image
        if not 1 <= low <= high:
            raise SettingsError(f"objects_per_image: expected two rising numbers from 1, got {low} and {high}")
        if high > 1 and self.environment != "room":
            raise SettingsError(f"objects_per_image: expected 1 outside a room, got {high}")
        if high > 1 and self.focal_px == 0:
            raise SettingsError("objects_per_image: expected 1 in crops, got more; set focal_px for whole frames")
