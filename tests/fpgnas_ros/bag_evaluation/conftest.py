"""What several tests of the evaluation need."""

from pathlib import Path

import pytest

from tests.fpgnas_ros.painted_scene import write_painted_bundle


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sees the painted object, `part`, a box of 10 x 8 x 6 cm."""
    return write_painted_bundle(tmp_path_factory.mktemp("bundle") / "painted").path
