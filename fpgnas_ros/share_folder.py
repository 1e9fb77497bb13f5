"""Where launch files, settings and shipped models are: a checkout, a colcon install or a pip install."""

from pathlib import Path

from fpgnas_core.errors import FpgnasError

PACKAGE = "fpgnas_ros"


class ShareFolderError(FpgnasError):
    """The files that belong to the package are not where an installation puts them."""


def share_folder() -> Path:
    """The folder that holds launch/, config/ and models/ of the code that is running.

    It goes by where this module lies, not by what is sourced, so that code and files are of one version.
    """
    module = Path(__file__).resolve()
    checkout = module.parents[1]
    if (checkout / "package.xml").is_file():
        return checkout
    for prefix in module.parents:
        installed = prefix / "share" / PACKAGE
        if (installed / "package.xml").is_file():
            return installed
    raise ShareFolderError(f"no share/{PACKAGE} above {module.parent}; install the package with pip or colcon")


def resolve_model(model: str) -> Path:
    """The bundle folder that `model` names: a shipped bundle's name (`demo`) or a path."""
    shipped = share_folder() / "models" / model
    if model and "/" not in model and shipped.is_dir():
        return shipped
    return Path(model).expanduser()
