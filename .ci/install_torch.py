"""Installs PyTorch into the running environment, but no CUDA packages on a machine without an NVIDIA GPU.

usage: install_torch.py PIP_ARGUMENT...     for example: install_torch.py torch==2.13.0
"""

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

NO_GPU_MESSAGE = (
    "error: no NVIDIA GPU here, but pip resolves '{request}' to a CUDA build ({count} packages such as "
    "{example}, several GB); name the CPU build, as PyTorch's start page tells, for example: "
    "make test TORCH_INSTALL='torch==2.13.0 --index-url URL_OF_ITS_CPU_INDEX'"
)
PIP = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]


def has_nvidia_gpu() -> bool:
    """Whether the NVIDIA driver is present."""
    return Path("/dev/nvidiactl").exists() or shutil.which("nvidia-smi") is not None


def packages_that_pip_would_install(arguments: list[str]) -> list[str]:
    """Names that pip resolves `arguments` to, without installing anything."""
    command = [*PIP, "--dry-run", "--ignore-installed", "--report", "-", *arguments]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return [item["metadata"]["name"].lower() for item in report["install"]]


def refusal(arguments: list[str]) -> str | None:
    """Why `arguments` are not for this machine: they bring CUDA packages and there is no GPU; None if they are."""
    if has_nvidia_gpu():
        return None
    cuda = [n for n in packages_that_pip_would_install(arguments) if n.startswith(("nvidia-", "triton"))]
    if not cuda:
        return None
    return NO_GPU_MESSAGE.format(request=" ".join(arguments), count=len(cuda), example=cuda[0])


def main(arguments: list[str]) -> int:
    """Checks what pip would take, then installs it; 2 where CUDA packages would come without a GPU."""
    if find_spec("torch") is not None:
        return 0
    try:
        if reason := refusal(arguments):
            print(reason, file=sys.stderr)
            return 2
        subprocess.run([*PIP, *arguments], check=True)
    except subprocess.CalledProcessError as error:
        return error.returncode  # pip has said why
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
