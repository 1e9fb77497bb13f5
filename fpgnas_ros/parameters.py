"""The node's parameters: one table that declares, documents and checks them."""

from __future__ import annotations  # Parameter is not generic at run time on Humble

from dataclasses import dataclass
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter

from fpgnas_core.errors import FpgnasError


class ParameterError(FpgnasError):
    """A parameter's value makes no sense."""


@dataclass(frozen=True)
class ParameterSpec:
    """One parameter. live: may change at any time, otherwise only while the node is unconfigured."""

    name: str
    default: bool | int | float | str
    description: str
    bounds: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    live: bool = True

    def descriptor(self) -> ParameterDescriptor:
        """What `ros2 param describe` shows; rclpy enforces the range."""
        descriptor = ParameterDescriptor(description=self.description)
        if self.choices:
            descriptor.additional_constraints = "one of: " + ", ".join(self.choices)
        if self.bounds is not None and isinstance(self.default, int):
            low, high = (int(bound) for bound in self.bounds)
            descriptor.integer_range = [IntegerRange(from_value=low, to_value=high, step=0)]
        elif self.bounds is not None:
            low, high = self.bounds
            descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high, step=0.0)]
        return descriptor


PARAMETERS = (
    ParameterSpec("model", "demo", "Bundle to run: name of a shipped one, or path of its folder", live=False),
    ParameterSpec(
        "image_transport",
        "raw",
        "Which images to subscribe to: raw is topic image, compressed is topic image/compressed",
        choices=("raw", "compressed"),
        live=False,
    ),
    ParameterSpec("threads", 0, "CPU threads of the network; 0: as ONNX Runtime chooses", bounds=(0, 256), live=False),
    ParameterSpec("autostart", True, "Configure and activate on start, without a lifecycle manager", live=False),
    ParameterSpec(
        "confidence_threshold",
        0.5,
        "Instances below this confidence are not published; 0 to 1",
        bounds=(0.0, 1.0),
    ),
    ParameterSpec("object", "", "Object whose best instance goes to object_pose; empty: the best of all"),
    ParameterSpec(
        "first_pass_period",
        1,
        "The whole frame is searched in one of this many frames, known objects are followed in the others",
        bounds=(1, 1000),
    ),
    ParameterSpec("publish_tf", True, "Publish a transform to each instance on /tf"),
    ParameterSpec("tf_prefix", "", "Put before the name of each child frame, `<prefix><object>_<n>`"),
)
_BY_NAME = {spec.name: spec for spec in PARAMETERS}


@dataclass(frozen=True)
class NodeSettings:
    """Values of all parameters at one moment; see PARAMETERS for their meaning."""

    model: str
    image_transport: str
    threads: int
    autostart: bool
    confidence_threshold: float
    object: str
    first_pass_period: int
    publish_tf: bool
    tf_prefix: str


def declare_parameters(node: Node) -> None:
    """Declares all with descriptions and ranges; overrides from files and the command line apply."""
    for spec in PARAMETERS:
        node.declare_parameter(spec.name, spec.default, spec.descriptor())


def read_settings(node: Node) -> NodeSettings:
    """The current values. Raises ParameterError for a value that is none of the choices."""
    values = {spec.name: node.get_parameter(spec.name).value for spec in PARAMETERS}
    for spec in PARAMETERS:
        if problem := _choice_problem(spec, values[spec.name]):
            raise ParameterError(problem)
    return NodeSettings(**values)


def check_changes(
    changes: list[Parameter[Any]], is_configured: bool, object_names: tuple[str, ...]
) -> SetParametersResult:
    """Whether the node accepts `changes`, with the reason if not; object_names: of the loaded bundle."""
    problems = [problem for c in changes if (problem := _problem(c, is_configured, object_names))]
    return SetParametersResult(successful=not problems, reason="; ".join(problems))


def _problem(change: Parameter[Any], is_configured: bool, object_names: tuple[str, ...]) -> str:
    spec = _BY_NAME.get(change.name)
    if spec is None:
        return ""
    if is_configured and not spec.live:
        return f"{spec.name}: changes only while the node is unconfigured; clean it up first"
    if spec.name == "object" and object_names and change.value not in ("", *object_names):
        return f"object: expected one of {', '.join(object_names)}, got {change.value!r}"
    return _choice_problem(spec, change.value)


def _choice_problem(spec: ParameterSpec, value: object) -> str:
    if spec.choices and value not in spec.choices:
        return f"{spec.name}: expected one of {', '.join(spec.choices)}, got {value!r}"
    return ""
