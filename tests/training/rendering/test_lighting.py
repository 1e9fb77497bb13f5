"""Looks that are drawn for an object."""

from dataclasses import replace

import numpy as np

from training.rendering.lighting import sample_material


def test_contrast_is_as_often_below_as_above_the_middle_ratio_and_changes_nothing_else() -> None:
    materials = {
        contrast: [sample_material(np.random.default_rng(seed), 0.3, 0.2, contrast, [0, 1]) for seed in range(400)]
        for contrast in ((0.5, 2.0), (1.0, 1.0))
    }
    drawn = np.array([material.contrast for material in materials[0.5, 2.0]])
    assert drawn.min() >= 0.5
    assert drawn.max() <= 2.0
    np.testing.assert_allclose(np.log(drawn).mean(), 0.0, atol=0.06)  # its standard error is 0.02
    assert [replace(material, contrast=1.0) for material in materials[0.5, 2.0]] == materials[1.0, 1.0]
