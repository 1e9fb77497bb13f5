"""The parameter table against the node, the settings and the shipped file."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
import rclpy
import yaml
from rclpy.exceptions import InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

from fpgnas_ros.parameters import (
    PARAMETERS,
    NodeSettings,
    ParameterError,
    check_changes,
    declare_parameters,
    read_settings,
)

CONFIG = Path(__file__).resolve().parents[2] / "config" / "pose_node.yaml"


@pytest.fixture
def node(ros: None) -> Iterator[Node]:
    node = rclpy.create_node("parameters")
    yield node
    node.destroy_node()


def test_settings_have_a_field_for_each_parameter() -> None:
    assert [field.name for field in fields(NodeSettings)] == [spec.name for spec in PARAMETERS]


def test_shipped_file_holds_every_parameter_with_its_default() -> None:
    values = yaml.safe_load(CONFIG.read_text())["/**/pose_node"]["ros__parameters"]
    assert values == {spec.name: spec.default for spec in PARAMETERS}


def test_declared_parameters_are_described_and_read_back(node: Node) -> None:
    declare_parameters(node)
    assert read_settings(node) == NodeSettings(**{spec.name: spec.default for spec in PARAMETERS})
    descriptor = node.describe_parameter("confidence_threshold")
    assert "0 to 1" in descriptor.description
    assert (descriptor.floating_point_range[0].from_value, descriptor.floating_point_range[0].to_value) == (0, 1)
    assert node.describe_parameter("threads").integer_range[0].to_value == 256


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
        ("object", "dog", True, "object: expected one of cup, can, got 'dog'"),
        ("tf_prefix", "left_", True, ""),
        ("use_sim_time", True, True, ""),
    ],
)
def test_changes_are_judged_with_a_reason(name: str, value: object, is_configured: bool, reason: str) -> None:
    result = check_changes([Parameter(name, value=value)], is_configured, ("cup", "can"))
    assert result.successful is (reason == "")
    assert result.reason.startswith(reason)
