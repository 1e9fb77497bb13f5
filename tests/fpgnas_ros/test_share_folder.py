"""Where the package's files are found."""

import shutil
import subprocess
import sys
from pathlib import Path

from fpgnas_ros.share_folder import resolve_model, share_folder

CHECKOUT = Path(__file__).resolve().parents[2]


def test_a_checkout_is_its_own_share_folder() -> None:
    assert share_folder() == CHECKOUT


def test_a_path_is_taken_as_it_is() -> None:
    assert resolve_model("some/folder") == Path("some/folder")


def test_an_installed_module_finds_the_files_of_its_own_prefix(tmp_path: Path) -> None:
    site = tmp_path / "lib" / "python3" / "site-packages"
    for package in ("fpgnas_ros", "fpgnas_core"):
        shutil.copytree(CHECKOUT / package, site / package)
    share = tmp_path / "share" / "fpgnas_ros"
    (share / "models" / "mine").mkdir(parents=True)
    shutil.copy(CHECKOUT / "package.xml", share)
    script = "from fpgnas_ros.share_folder import *; print(share_folder(), resolve_model('mine'))"
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(site)!r}); {script}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.split() == [str(share), str(share / "models" / "mine")]
