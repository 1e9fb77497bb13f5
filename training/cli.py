"""Command lines of the training side: settings from `--config FILE.yaml` and options, one clear line for an error."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from typing import TypeVar

import docstring_parser
from jsonargparse import ArgumentParser, set_parsing_settings

from fpgnas_core.errors import FpgnasError

Settings = TypeVar("Settings")
EXIT_BAD_USE = 2
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def run_command(settings_class: type[Settings], run: Callable[[Settings], object]) -> None:
    """Parse the command line into `settings_class` (a dataclass whose attribute docstrings are the help) and run.

    Bad input, of the command line or found later as FpgnasError, ends the process with exit code 2 and one line.
    """
    try:
        run(parse_settings(settings_class))
    except FpgnasError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(EXIT_BAD_USE)
    except OSError as error:
        if error.errno not in FULL:
            raise
        where = f"{error.filename}: " if error.filename else ""
        print(f"error: {where}{error.strerror}; free some disk space, the same command then goes on", file=sys.stderr)
        sys.exit(EXIT_BAD_USE)
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        sys.exit(130)


def parse_settings(settings_class: type[Settings], arguments: list[str] | None = None) -> Settings:
    """Settings from the command line; `--config FILE.yaml` gives defaults, options overrule it."""
    set_parsing_settings(docstring_parse_attribute_docstrings=True)
    description = docstring_parser.parse(settings_class.__doc__ or "").description
    parser = ArgumentParser(description=description)
    parser.add_argument("--config", action="config", help="YAML file with any of the settings below")
    parser.add_class_arguments(settings_class, as_group=False)
    values = parser.instantiate(parser.parse_args(arguments))
    del values["config"]
    return settings_class(**vars(values))
