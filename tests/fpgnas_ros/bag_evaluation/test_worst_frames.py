"""Which frames are pictured."""

from pathlib import Path

import cv2
import numpy as np

from tests.fpgnas_ros.bag_evaluation.bags import evaluated, recording


def test_worst_are_apart_and_missed_ones_first(bundle: Path, tmp_path: Path) -> None:
    errors: list[float | None] = [0.001 * i for i in range(40)]
    errors[20] = None
    result = evaluated(bundle, tmp_path, recording([0.0] * 40, errors))
    pictures = result.pictures["recorded"]
    assert [picture.title for picture in pictures] == [*(f"worst {i}" for i in range(1, 7)), "median", "best"]
    assert [picture.frame.number for picture in pictures] == [20, 39, 36, 33, 30, 27, 19, 0]
    image = cv2.imdecode(np.frombuffer(pictures[0].jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (320, 320, 3)
    assert pictures[0].data_uri.startswith("data:image/jpeg;base64,/9j/")


def test_without_images_there_are_no_pictures(bundle: Path, tmp_path: Path) -> None:
    messages = [entry for entry in recording([0.0], [0.0]) if "image" not in entry[0]]
    assert evaluated(bundle, tmp_path, messages).pictures == {"recorded": []}
