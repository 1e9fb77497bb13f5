"""CUDA packages are refused on a machine without a GPU, whatever brings them."""

import importlib.util
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / ".ci" / "install_torch.py"


@pytest.fixture(scope="module")
def install_torch() -> ModuleType:
    specification = importlib.util.spec_from_file_location("install_torch", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def write_wheel(folder: Path, name: str, *requirements: str) -> Path:
    """A wheel without content, of version 1."""
    stem = f"{name.replace('-', '_')}-1"
    needs = "".join(f"Requires-Dist: {requirement}\n" for requirement in requirements)
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{stem}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n{needs}")
        wheel.writestr(
            f"{stem}.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(f"{stem}.dist-info/RECORD", "")
    return path


def test_cuda_packages_are_refused_where_there_is_no_gpu(install_torch: ModuleType, tmp_path: Path) -> None:
    cuda = write_wheel(tmp_path, "nvidia-made-up")
    network = write_wheel(tmp_path, "networks", f"nvidia-made-up @ {cuda.as_uri()}")
    reason = install_torch.refusal([str(network)])
    if install_torch.has_nvidia_gpu():
        assert reason is None
    else:
        assert "nvidia-made-up" in reason
        assert "TORCH_INSTALL=" in reason


def test_packages_for_the_cpu_are_welcome(install_torch: ModuleType, tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, "networks")
    assert install_torch.packages_that_pip_would_install([str(wheel)]) == ["networks"]
    assert install_torch.refusal([str(wheel)]) is None


def test_nothing_is_installed_where_torch_is_there_already(install_torch: ModuleType) -> None:
    assert install_torch.main(["no-such-package==0"]) == 0
