import numpy as np

from benchmarks.bop.scenes import make_images
from benchmarks.bop.shapes import make_shapes

IMAGES = make_images(make_shapes(), 4, np.random.default_rng(1))


def test_same_seed_makes_the_same_images() -> None:
    again = make_images(make_shapes(), 4, np.random.default_rng(1))
    assert [len(image.estimates) for image in again] == [len(image.estimates) for image in IMAGES]
    assert all(np.array_equal(a.measured_mm, b.measured_mm) for a, b in zip(again, IMAGES, strict=True))


def test_never_more_to_find_than_there_is() -> None:
    for image in IMAGES:
        for object_id, count in image.targets.items():
            assert 1 <= count <= sum(i.shape.object_id == object_id for i in image.instances)


def test_sensor_sees_the_nearest_surface_or_nothing() -> None:
    for image in IMAGES:
        for instance in image.instances:
            seen = (instance.depth > 0) & (image.measured_mm > 0)
            assert (image.measured_mm[seen] <= np.round(1000 * instance.depth[seen])).all()
        assert 0.09 < (image.measured_mm == 0).mean() < 0.11
