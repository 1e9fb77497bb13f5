"""Spacecraft images: poses as in SPEED's labels, grey, and a satellite that the landmarks lie on."""

from pathlib import Path

import numpy as np
import pytest
import trimesh
from scipy.stats import ks_2samp

from training.data.bop import read_split
from training.data.speed import read_labels
from training.data.tango import LANDMARKS
from training.rendering.generate import generate
from training.rendering.mesh import load_mesh
from training.rendering.pool import Pool, Prop
from training.rendering.settings import RenderSettings
from training.rendering.space import SpaceSampler

ROOT = Path(__file__).parents[3]
SATELLITE = ROOT / "assets" / "satellite.ply"
LABELS = ROOT.parent / "shared" / "data" / "speed" / "speed_train.json"


def settings(out: str = "", **changed: object) -> RenderSettings:
    base = {"mesh": str(SATELLITE), "width": 240, "height": 150, "focal_px": 375.4, "environment": "space"}
    base |= {"distance_m": (2.0, 10.0)}
    return RenderSettings(out=out, images=6, workers=1, **(base | changed))  # type: ignore[arg-type]


def test_every_landmark_is_on_the_satellite() -> None:
    mesh = trimesh.load(SATELLITE, process=False)
    _, distances, _ = trimesh.proximity.closest_point_naive(mesh, 1000 * LANDMARKS)
    assert distances.max() < 8  # millimetres: the antennas are 12 mm thick
    low, high = mesh.bounds / 1000
    assert np.all(low > LANDMARKS.min(axis=0) - 0.025)
    assert np.all(high < LANDMARKS.max(axis=0) + 0.025)


@pytest.mark.skipif(not LABELS.is_file(), reason="SPEED labels not in ../shared/data/speed")
def test_poses_are_distributed_as_in_the_labels() -> None:
    sampler = SpaceSampler(settings(distance_m=(2.9996, 41.0)), Pool({}, [], 0, 0, [0], [], [], [], [], []))
    prop = Prop(0, load_mesh(SATELLITE, "mm"), np.zeros(3), 0.7)
    rng = np.random.default_rng(1)
    drawn = np.array([sampler.view(rng, prop)[1] for _ in range(4000)])
    truth = np.array([label.T_camera_object for label in read_labels(LABELS)])
    assert ks_2samp(drawn[:, 2, 3], truth[:, 2, 3]).statistic < 0.06
    for axis in (0, 1):
        tangents = [poses[:, axis, 3] / poses[:, 2, 3] for poses in (drawn, truth)]
        assert ks_2samp(*tangents).statistic < 0.04
    for row in range(3):
        assert ks_2samp(drawn[:, 2, row], truth[:, 2, row]).statistic < 0.06


@pytest.mark.parametrize("environment", ["space", "lightbox", "sunlamp"])
def test_images_are_grey_dark_at_the_border_and_readable(tmp_path: Path, environment: str) -> None:
    made = settings(str(tmp_path), environment=environment)
    generate(made)
    samples = read_split(tmp_path, "train")
    assert len(samples) == 6
    brighter = 0
    for sample in samples:
        image = sample.load_image().astype(int)
        assert np.ptp(image, axis=2).max() == 0
        assert 2.0 <= sample.annotations[0].T_camera_object[2, 3] <= 10.0
        mask = sample.annotations[0].load_mask_visible()
        brighter += image[mask].mean() > np.median(image[~mask])
    assert brighter >= 4


def test_depth_stays_within_the_range_asked_for() -> None:
    sampler = SpaceSampler(settings(), Pool({}, [], 0, 0, [0], [], [], [], [], []))
    prop, rng = Prop(0, load_mesh(SATELLITE, "mm"), np.zeros(3), 0.7), np.random.default_rng(2)
    depths = [sampler.view(rng, prop)[1][2, 3] for _ in range(500)]
    assert 2.0 <= min(depths) < 2.2
    assert 9.5 < max(depths) <= 10.0
