"""What validation makes of pose errors."""

import numpy as np

from training.learning.validation import Validation


def test_shares_count_missed_crops_and_each_object() -> None:
    found = Validation(("cat", "can"), np.array([0, 0, 1, 1]), np.array([0.04, 0.09, 0.2, np.inf]))
    assert found.shares() == {
        "add_0_1d": 0.5, "add_0_1d/cat": 1.0, "add_0_1d/can": 0.0,
        "add_0_05d": 0.25, "add_0_05d/cat": 0.5, "add_0_05d/can": 0.0,
    }  # fmt: skip
