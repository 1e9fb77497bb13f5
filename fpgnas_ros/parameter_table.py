"""`python -m fpgnas_ros.parameter_table yaml|markdown`: the node's parameters as they are documented.

`config/pose_node.yaml` is the first, the table in the README the second: both come from `parameters.PARAMETERS`.
"""

import argparse
import json
import textwrap

from fpgnas_ros.parameters import PARAMETERS, Changes, ParameterSpec

WIDTH = 120
HEADING = """\
# Parameters of pose_node, with their defaults.
# Written by `python -m fpgnas_ros.parameter_table yaml`; `ros2 param describe /pose_node <name>` says the same.
/**/pose_node:
  ros__parameters:
"""


def as_yaml() -> str:
    """A parameters file with every default, grouped by when a parameter may change."""
    groups = [f"    # --- changes {when.value}\n{_group(when)}" for when in Changes]
    return HEADING + "\n".join(groups)


def _group(when: Changes) -> str:
    return "".join(_entry(spec) for spec in PARAMETERS if spec.changes is when)


def _entry(spec: ParameterSpec) -> str:
    description = f"{spec.description}{_allowed(spec)}"
    comment = textwrap.fill(description, WIDTH, initial_indent="    # ", subsequent_indent="    #   ")
    return f"{comment}\n    {spec.name}: {json.dumps(spec.default)}\n"


def _allowed(spec: ParameterSpec) -> str:
    return f" [{spec.values}]" if spec.values else ""


def as_markdown() -> str:
    """A table with a row for each parameter."""
    rows = [
        f"| `{s.name}` | `{json.dumps(s.default)}` | {s.values} | {s.changes.value} | {s.description} |\n"
        for s in PARAMETERS
    ]
    return "".join(["| Parameter | Default | Values | Changes | |\n|---|---|---|---|---|\n", *rows])


def main() -> None:
    """Prints one of the two."""
    parser = argparse.ArgumentParser(prog="python -m fpgnas_ros.parameter_table", description=__doc__)
    forms = {"yaml": as_yaml, "markdown": as_markdown}
    parser.add_argument("form", choices=list(forms))
    print(forms[parser.parse_args().form](), end="")


if __name__ == "__main__":
    main()
