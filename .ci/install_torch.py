"""Installs PyTorch into the running environment, but never its CUDA packages on a machine without an NVIDIA GPU.

usage: install_torch.py PIP_ARGUMENT...     for example: install_torch.py torch==2.13.0
"""

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

PIP = [sys.executable, "-m", "pip", "install", "--quiet"]


def has_nvidia_gpu() -> bool:
    """Whether the NVIDIA driver is present."""
    return Path("/dev/nvidiactl").exists() or shutil.which("nvidia-smi") is not None


def packages_that_pip_would_install(arguments: list[str]) -> list[str]:
    """Names that pip resolves `arguments` to, without installing anything."""
    command = [*PIP, "--dry-run", "--ignore-installed", "--report", "-", *arguments]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return [item["metadata"]["name"].lower() for item in report["install"]]


def main(arguments: list[str]) -> int:
    """Checks what pip would take, then installs it; 2 when CUDA packages would come to a machine without a GPU."""
    if find_spec("torch") is not None:
        return 0
    if not has_nvidia_gpu():
        cuda = [n for n in packages_that_pip_would_install(arguments) if n.startswith(("nvidia-", "triton"))]
        if cuda:
            print(
                f"error: no NVIDIA GPU here, but pip resolves '{' '.join(arguments)}' to a CUDA build "
                f"({len(cuda)} packages such as {cuda[0]}, several GB); name the CPU build as the start page of "
                "PyTorch tells, for example: make test TORCH_INSTALL='torch==2.13.0 --index-url URL_OF_THE_CPU_INDEX'",
                file=sys.stderr,
            )
            return 2
    return subprocess.run([*PIP, *arguments]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
