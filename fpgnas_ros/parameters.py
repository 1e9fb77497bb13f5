"""The node's parameters: one table that declares, documents and checks them."""

from __future__ import annotations  # Parameter is not generic at run time on Humble

import re
from dataclasses import dataclass
from enum import Enum
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter

from fpgnas_core.errors import FpgnasError
from fpgnas_core.tracking.motion import MotionModel
from fpgnas_core.tracking.tracker import TrackerSettings


class ParameterError(FpgnasError):
    """A parameter's value makes no sense."""


class Changes(Enum):
    """When a parameter may change."""

    NEVER = "never (read on start)"
    UNCONFIGURED = "only while unconfigured"
    LIVE = "at any time"


@dataclass(frozen=True)
class ParameterSpec:
    """One parameter. bounds: inclusive; text: regular expression of the whole text, and what it says."""

    name: str
    default: bool | int | float | str
    description: str
    bounds: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    text: tuple[str, str] | None = None
    changes: Changes = Changes.LIVE

    @property
    def values(self) -> str:
        """Which values are allowed, in words; empty where any of the type is."""
        if self.bounds is not None:
            return "{:g} to {:g}".format(*self.bounds)
        return self.text[1] if self.text else ", ".join(self.choices)

    def problem(self, value: object) -> str:
        """Why the value makes no sense, empty where it does; rclpy sees to type and bounds (NaN is in none)."""
        if self.choices and value not in self.choices:
            return f"{self.name}: expected one of {self.values}, got {value!r}"
        if self.text and not re.fullmatch(self.text[0], str(value), re.ASCII):
            return f"{self.name}: expected {self.values}, got {value!r}"
        return ""

    def descriptor(self) -> ParameterDescriptor:
        """What `ros2 param describe` shows; rclpy enforces range and read-only mark."""
        descriptor = ParameterDescriptor(description=self.description, read_only=self.changes is Changes.NEVER)
        constraints = [self.values] if self.values and self.bounds is None else []
        if self.changes is not Changes.LIVE:
            constraints.append(f"changes {self.changes.value}")
        descriptor.additional_constraints = "; ".join(constraints)
        if self.bounds is not None and isinstance(self.default, int):
            low, high = (int(bound) for bound in self.bounds)
            descriptor.integer_range = [IntegerRange(from_value=low, to_value=high, step=0)]
        elif self.bounds is not None:
            low, high = self.bounds
            descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high, step=0.0)]
        return descriptor


TRACKING = TrackerSettings()
PARAMETERS = (
    ParameterSpec(
        "autostart", True, "Configure and activate on start, without a lifecycle manager", changes=Changes.NEVER
    ),
    ParameterSpec(
        "model",
        "demo",
        "Bundle to run: name of a shipped one, or path of its folder",
        changes=Changes.UNCONFIGURED,
    ),
    ParameterSpec(
        "image_transport",
        "raw",
        "Which images to subscribe to: raw is topic image, compressed is topic image/compressed",
        choices=("raw", "compressed"),
        changes=Changes.UNCONFIGURED,
    ),
    ParameterSpec(
        "rectified",
        False,
        "The images are rectified (image_rect): camera_info's P holds, without distortion, in place of K and D",
        changes=Changes.UNCONFIGURED,
    ),
    ParameterSpec(
        "threads",
        0,
        "CPU threads of the network; 0: as ONNX Runtime chooses",
        bounds=(0, 256),
        changes=Changes.UNCONFIGURED,
    ),
    ParameterSpec("confidence_threshold", 0.5, "Instances below this confidence are not published", bounds=(0.0, 1.0)),
    ParameterSpec("object", "", "Object whose best instance goes to object_pose; empty: the best of all"),
    ParameterSpec(
        "first_pass_period",
        5,
        "The whole frame is searched in one of this many frames, known instances are followed in the others",
        bounds=(1, 1000),
    ),
    ParameterSpec("publish_tf", True, "Publish a transform to each instance on /tf"),
    ParameterSpec(
        "tf_prefix",
        "",
        "Put before the name of each child frame, `<tf_prefix><object>_<n>`; another one for each camera",
        text=(r"([\w.-]+/)*[\w.-]*", "letters, digits, _ . - and / after a name"),
    ),
    ParameterSpec(
        "max_occlusion",
        TRACKING.max_gap_s,
        "How long an instance that is not seen keeps its number, seconds",
        bounds=(0.0, 60.0),
    ),
    ParameterSpec(
        "smoothing", TRACKING.smooth, "Publish poses and covariances of a constant-velocity filter, not of one image"
    ),
    ParameterSpec(
        "smoothing_acceleration",
        TRACKING.motion.acceleration,
        "How much an object's speed changes within a second, standard deviation, m/s; smaller is smoother",
        bounds=(0.0, 100.0),
    ),
    ParameterSpec(
        "smoothing_turn_acceleration",
        TRACKING.motion.turn_acceleration,
        "How much its angular velocity changes within a second, standard deviation, rad/s",
        bounds=(0.0, 1000.0),
    ),
    ParameterSpec(
        "outlier_gate",
        TRACKING.outlier_gate,
        "Share of good poses that the filter lets in; 1: all are let in, outliers too",
        bounds=(0.5, 1.0),
    ),
    ParameterSpec(
        "max_outliers",
        TRACKING.max_outliers,
        "After this many outliers one after another the filter starts anew",
        bounds=(1, 1000),
    ),
)
_BY_NAME = {spec.name: spec for spec in PARAMETERS}


@dataclass(frozen=True)
class NodeSettings:
    """Values of all parameters at one moment; see PARAMETERS for their meaning."""

    autostart: bool
    model: str
    image_transport: str
    rectified: bool
    threads: int
    confidence_threshold: float
    object: str
    first_pass_period: int
    publish_tf: bool
    tf_prefix: str
    max_occlusion: float
    smoothing: bool
    smoothing_acceleration: float
    smoothing_turn_acceleration: float
    outlier_gate: float
    max_outliers: int

    @property
    def tracking(self) -> TrackerSettings:
        """Those that the tracker goes by."""
        return TrackerSettings(
            motion=MotionModel(self.smoothing_acceleration, self.smoothing_turn_acceleration),
            outlier_gate=self.outlier_gate,
            max_outliers=self.max_outliers,
            max_gap_s=self.max_occlusion,
            smooth=self.smoothing,
        )


def declare_parameters(node: Node) -> None:
    """Declares all with descriptions and ranges; overrides from files and the command line apply."""
    for spec in PARAMETERS:
        node.declare_parameter(spec.name, spec.default, spec.descriptor())


def read_settings(node: Node) -> NodeSettings:
    """The current values. Raises ParameterError for one that makes no sense."""
    values = {spec.name: node.get_parameter(spec.name).value for spec in PARAMETERS}
    for spec in PARAMETERS:
        if problem := spec.problem(values[spec.name]):
            raise ParameterError(problem)
    return NodeSettings(**values)


def check_object(name: str, object_names: tuple[str, ...]) -> None:
    """Raises ParameterError where a bundle with objects of these names has none that is called `name`."""
    if problem := _object_problem(name, object_names):
        raise ParameterError(problem)


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
    if is_configured and spec.changes is Changes.UNCONFIGURED:
        return f"{spec.name}: changes only while the node is unconfigured; clean it up first"
    if spec.name == "object" and is_configured:
        return _object_problem(str(change.value), object_names)
    return spec.problem(change.value)


def _object_problem(name: str, object_names: tuple[str, ...]) -> str:
    if name in ("", *object_names):
        return ""
    return f"object: expected one of {', '.join(object_names)}, or nothing for the best of all, got {name!r}"
