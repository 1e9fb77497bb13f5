"""The parameter table against the node, the settings and the shipped file."""

import math
from collections.abc import Iterator
from dataclasses import fields

import pytest
import rclpy
from rclpy.exceptions import InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

from fpgnas_core.tracking.tracker import TrackerSettings
from fpgnas_ros.parameters import (
    PARAMETERS,
    NodeSettings,
    ParameterError,
    check_changes,
    check_object,
    declare_parameters,
    read_settings,
)


@pytest.fixture
def node(ros: None) -> Iterator[Node]:
    node = rclpy.create_node("parameters")
    yield node
    node.destroy_node()


def test_settings_have_a_field_for_each_parameter() -> None:
    assert [field.name for field in fields(NodeSettings)] == [spec.name for spec in PARAMETERS]


def test_declared_parameters_are_described_and_read_back(node: Node) -> None:
    declare_parameters(node)
    assert read_settings(node) == NodeSettings(**{spec.name: spec.default for spec in PARAMETERS})
    descriptor = node.describe_parameter("confidence_threshold")
    assert "below this confidence" in descriptor.description
    assert (descriptor.floating_point_range[0].from_value, descriptor.floating_point_range[0].to_value) == (0, 1)
    assert node.describe_parameter("threads").integer_range[0].to_value == 256
    assert node.describe_parameter("model").additional_constraints == "changes only while unconfigured"


def test_what_is_read_on_start_only_is_read_only(node: Node) -> None:
    declare_parameters(node)
    assert [s.name for s in PARAMETERS if node.describe_parameter(s.name).read_only] == ["autostart"]
    assert "read-only" in node.set_parameters([Parameter("autostart", value=False)])[0].reason


@pytest.mark.parametrize("value", [math.nan, math.inf, -0.1, 2.0])
def test_a_number_that_makes_no_sense_is_refused(node: Node, value: float) -> None:
    declare_parameters(node)
    result = node.set_parameters([Parameter("confidence_threshold", value=value)])[0]
    assert not result.successful
    assert "range" in result.reason
    assert read_settings(node).confidence_threshold == 0.5


def test_settings_of_the_tracker_are_its_own_by_default() -> None:
    assert NodeSettings(**{spec.name: spec.default for spec in PARAMETERS}).tracking == TrackerSettings()


def test_an_object_that_the_bundle_lacks_is_refused() -> None:
    check_object("", ("cup", "can"))
    check_object("can", ("cup", "can"))
    with pytest.raises(ParameterError, match=r"object: expected one of cup, can, or nothing .*, got 'dog'"):
        check_object("dog", ("cup", "can"))


def test_a_start_value_out_of_range_is_refused(ros: None) -> None:
    override = [Parameter("confidence_threshold", value=7.0)]
    node = rclpy.create_node("out_of_range", parameter_overrides=override)
    with pytest.raises(InvalidParameterValueException, match="confidence_threshold"):
        declare_parameters(node)
    node.destroy_node()


def test_a_start_value_that_is_no_choice_is_refused(ros: None) -> None:
    node = rclpy.create_node("no_choice", parameter_overrides=[Parameter("image_transport", value="h264")])
    declare_parameters(node)
    with pytest.raises(ParameterError, match="expected one of raw, compressed, got 'h264'"):
        read_settings(node)
    node.destroy_node()


@pytest.mark.parametrize(
    ("name", "value", "is_configured", "reason"),
    [
        ("model", "other", False, ""),
        ("model", "other", True, "model: changes only while the node is unconfigured"),
        ("object", "cup", True, ""),
        ("object", "", True, ""),
        ("object", "dog", True, "object: expected one of cup, can, or nothing for the best of all, got 'dog'"),
        ("object", "dog", False, ""),
        ("tf_prefix", "left_", True, ""),
        ("tf_prefix", "left/camera.1/", True, ""),
        ("tf_prefix", "/left", True, "tf_prefix: expected letters, digits, _ . - and / after a name, got '/left'"),
        ("tf_prefix", "left camera", True, "tf_prefix: expected letters"),
        ("tf_prefix", "a//b", True, "tf_prefix: expected letters"),
        ("tf_prefix", "ä" * 100, True, "tf_prefix: expected letters"),
        ("rectified", True, True, "rectified: changes only while the node is unconfigured"),
        ("smoothing", True, True, ""),
        ("use_sim_time", True, True, ""),
    ],
)
def test_changes_are_judged_with_a_reason(name: str, value: object, is_configured: bool, reason: str) -> None:
    result = check_changes([Parameter(name, value=value)], is_configured, ("cup", "can"))
    assert result.successful is (reason == "")
    assert result.reason.startswith(reason)
