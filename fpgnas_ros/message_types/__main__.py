"""`python -m fpgnas_ros.message_types`: installs tf2_msgs and vision_msgs where ROS 2 came from PyPI."""

import argparse
import logging
import sys

from fpgnas_core.errors import FpgnasError
from fpgnas_ros.message_types.install import PACKAGES, install_missing


def main() -> int:
    """Installs what is missing; 2 with one line on stderr where that fails."""
    argparse.ArgumentParser(prog="python -m fpgnas_ros.message_types", description=__doc__).parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        made = install_missing()
    except FpgnasError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for package in sorted(set(PACKAGES) - set(made)):
        print(f"{package}: already there")
    return 0


if __name__ == "__main__":
    sys.exit(main())
