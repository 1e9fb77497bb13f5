"""The picture of three frames: one right, one 8 mm off, one missed."""

from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from benchmarks.outline import TILE, OutlineSettings, run
from fpgnas_core.bundle import load_bundle, write_bundle
from tests.training.evaluation.conftest import bundle_folder, dataset  # noqa: F401
from training.data.models import read_models
from training.errors import DatasetError
from training.rendering.renderer import Renderer
from training.rendering.viewpoints import viewpoint_model


def test_found_objects_are_drawn_with_both_errors(
    bundle_folder: Path,  # noqa: F811
    dataset: Path,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plain = load_bundle(bundle_folder)
    renderer, models = Renderer(), read_models(dataset / "models")
    outlines = {object_id: viewpoint_model(renderer, model, views=60) for object_id, model in models.items()}
    bundle = replace(plain, path=tmp_path / "outlined", viewpoints=outlines)
    write_bundle(bundle, plain.model_path.read_bytes())
    picture = tmp_path / "pictures" / "outline.jpg"
    run(OutlineSettings(str(bundle.path), str(dataset), out=str(picture), threads=1))
    assert cv2.imread(str(picture)).shape == (TILE, 2 * TILE, 3)
    assert "median ADD(-S) of 2 objects 0.0" in capsys.readouterr().out


def test_bundle_without_outlines_has_nothing_to_draw(bundle_folder: Path, dataset: Path, tmp_path: Path) -> None:  # noqa: F811
    with pytest.raises(DatasetError, match="expected frames in which an object with outlines is found"):
        run(OutlineSettings(str(bundle_folder), str(dataset), out=str(tmp_path / "o.jpg"), threads=1))
