"""Errors of one estimated pose against the true one; metres in, metres out."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import cKDTree

from fpgnas_core.arrays import FloatArray, checked
from fpgnas_core.camera import Camera
from fpgnas_core.se3 import rotation_angle, transform_points


def add(T_estimated: ArrayLike, T_true: ArrayLike, points: ArrayLike) -> float:
    """Return the average distance of (P, 3) model points, ADD, metres.

    Hinterstoisser et al., "Model Based Training, Detection and Pose Estimation of Texture-Less 3D
    Objects in Heavily Cluttered Scenes", ACCV 2012, equation 4. Poses are (4, 4) `T_camera_object`.
    """
    difference = transform_points(T_estimated, points) - transform_points(T_true, points)
    return float(np.linalg.norm(difference, axis=1).mean())


def adi(T_estimated: ArrayLike, T_true: ArrayLike, points: ArrayLike) -> float:
    """Return the average distance to the nearest model point, ADI (also ADD-S), metres.

    For objects with symmetries: for each point at the true pose, the nearest point at the estimated
    one. Hinterstoisser et al., ACCV 2012, equation 5; Hodan et al., "On Evaluation of 6D Object Pose
    Estimation", ECCVW 2016.
    """
    tree = cKDTree(transform_points(T_estimated, points))
    distances, _ = tree.query(transform_points(T_true, points))
    return float(np.mean(distances))


def add_or_adi(T_estimated: ArrayLike, T_true: ArrayLike, points: ArrayLike, symmetric: bool) -> float:
    """Return ADI for a symmetric object and ADD for another, ADD(-S), metres."""
    measure = adi if symmetric else add
    return measure(T_estimated, T_true, points)


def rotation_error_deg(rotation_estimated: ArrayLike, rotation_true: ArrayLike) -> float:
    """Return the angle between two (3, 3) rotations, degrees, 0 to 180."""
    estimated = checked("rotation_estimated", rotation_estimated, (3, 3))
    relative = estimated @ checked("rotation_true", rotation_true, (3, 3)).T
    return float(np.degrees(rotation_angle(relative)))


def translation_error(translation_estimated: ArrayLike, translation_true: ArrayLike) -> float:
    """Return the distance between two (3,) translations, in their unit (metres)."""
    estimated = checked("translation_estimated", translation_estimated, (3,))
    return float(np.linalg.norm(estimated - checked("translation_true", translation_true, (3,))))


def projection_error_px(T_estimated: ArrayLike, T_true: ArrayLike, points: ArrayLike, camera: Camera) -> float:
    """Return the average distance of the projections of (P, 3) model points, pixels.

    Brachmann et al., "Uncertainty-Driven 6D Pose Estimation of Objects and Scenes from a Single RGB
    Image", CVPR 2016. Infinite if the estimate puts a point behind the camera.
    """
    estimated, true = transform_points(T_estimated, points), transform_points(T_true, points)
    if (estimated[:, 2] <= 0).any():
        return float("inf")
    difference: FloatArray = camera.project(estimated) - camera.project(true)
    return float(np.linalg.norm(difference, axis=1).mean())
