"""Maximum symmetry-aware surface distance."""

from numpy.typing import ArrayLike

from fpgnas_core.metrics.points import distances, equivalent_poses, points_at


def mssd(T_estimated: ArrayLike, T_true: ArrayLike, points: ArrayLike, symmetries: ArrayLike) -> float:
    """Return the largest distance of (P, 3) model points, metres, the least over the object's symmetries.

    Hodan et al., "BOP Challenge 2020 on 6D Object Localization", ECCVW 2020 (after Drost et al.,
    "Introducing MVTec ITODD", ICCVW 2017). Poses are (4, 4) `T_camera_object`; `symmetries` (S, 4, 4) with the
    identity, as `symmetry_transforms` returns them (BOP: `steps=BOP_SYMMETRY_STEPS`), metres.
    """
    estimated, equivalents = points_at(T_estimated, points), equivalent_poses(T_true, symmetries)
    return min(float(distances(estimated, points_at(pose, points)).max()) for pose in equivalents)
