"""Brings missing message packages into this environment."""

import fcntl
import importlib
import importlib.util
import logging
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from fpgnas_ros.message_types.libraries import compile_libraries
from fpgnas_ros.message_types.sources import DEFINITIONS, MessageTypeError, generate_sources

LOG = logging.getLogger(__name__)
PACKAGES = tuple(sorted(path.name for path in DEFINITIONS.iterdir() if path.is_dir()))


def missing_packages() -> list[str]:
    """Those of our message packages that cannot be imported."""
    importlib.invalidate_caches()
    return [package for package in PACKAGES if importlib.util.find_spec(package) is None]


def install_package(package: str, prefix: Path) -> None:
    """Generates, compiles and installs one package's type support into `prefix`, the running environment."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fpgnas_messages_") as scratch:
        sources = generate_sources(package, Path(scratch) / "sources", prefix)
        output = Path(scratch) / "output"
        compile_libraries(sources, output, prefix)
        _copy(sources.root / "python" / package, output, prefix, package)
    LOG.info("%s: compiled in %.0f s", package, time.monotonic() - started)


def _copy(python_sources: Path, output: Path, prefix: Path, package: str) -> None:
    for library in (output / "lib").glob("*.so"):
        shutil.copy2(library, prefix / "lib" / library.name)
    for extension in (output / "python").glob("*.so"):
        shutil.copy2(extension, python_sources)
    # the Python package comes last: where it can be imported the libraries are there
    target = Path(sysconfig.get_path("platlib")) / package
    shutil.copytree(python_sources, target, ignore=shutil.ignore_patterns("*.c", "tmp"), dirs_exist_ok=True)


def install_missing() -> list[str]:
    """Installs what is missing, once, however many processes ask; returns the packages made."""
    if not missing_packages():
        return []
    prefix = Path(sys.prefix)
    try:
        with (prefix / ".fpgnas_message_types.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            missing = missing_packages()
            for package in missing:
                install_package(package, prefix)
    except PermissionError as error:
        raise MessageTypeError(f"cannot write message types into {prefix}; use a virtual environment") from error
    return missing


def require_message_types() -> None:
    """Makes sure that tf2_msgs and vision_msgs can be imported; the first use may compile them."""
    missing = missing_packages()
    if not missing:
        return
    print(f"compiling the message types of {' and '.join(missing)}, once for this environment", file=sys.stderr)
    # a process of its own: the generators change the environment variables
    result = subprocess.run([sys.executable, "-m", "fpgnas_ros.message_types"], stderr=subprocess.PIPE, text=True)
    if result.returncode:
        raise MessageTypeError(result.stderr.strip().removeprefix("error: ") or "the message types do not compile")
    importlib.invalidate_caches()
