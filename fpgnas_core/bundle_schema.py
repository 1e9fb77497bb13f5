"""Reading typed values out of bundle.json; every error names the key, what was expected and what came."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from fpgnas_core.arrays import FloatArray, checked
from fpgnas_core.errors import BundleError, ShapeError

Json: TypeAlias = Any
"""Anything that `json.loads` returns."""


class Reader:
    """Reads the values of one JSON object, which errors call `where`."""

    def __init__(self, value: Json, where: str) -> None:
        """Raise BundleError unless `value` is a JSON object."""
        if not isinstance(value, Mapping):
            msg = f"{where}: expected an object with keys, got {type(value).__name__}"
            raise BundleError(msg)
        self.values: Mapping[str, Json] = value
        self.where = where

    def _get(self, key: str) -> Json:
        if key not in self.values:
            msg = f"{self.where}: missing key '{key}'; export the bundle again"
            raise BundleError(msg)
        return self.values[key]

    def _fail(self, key: str, expected: str) -> BundleError:
        got = repr(self.values[key])
        got = got if len(got) <= 60 else got[:57] + "..."
        return BundleError(f"{self.where}: '{key}' expected {expected}, got {got}")

    def text(self, key: str) -> str:
        """Return a text that is not empty."""
        value = self._get(key)
        if not isinstance(value, str) or not value:
            raise self._fail(key, "a text that is not empty")
        return value

    def integer(self, key: str, minimum: int = 1) -> int:
        """Return an integer of at least `minimum`."""
        value = self._get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
            raise self._fail(key, f"an integer of at least {minimum}")
        return value

    def integers(self, key: str) -> tuple[int, ...]:
        """Return one integer or more, each at least 1."""
        value = self._get(key)
        if not isinstance(value, list) or not value or not all(type(item) is int and item >= 1 for item in value):
            raise self._fail(key, "a list of integers of at least 1")
        return tuple(value)

    def positive(self, key: str) -> float:
        """Return a finite number above 0."""
        value = self._get(key)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (number and math.isfinite(value) and value > 0):
            raise self._fail(key, "a positive number")
        return float(value)

    def array(self, key: str, shape: Sequence[int | None]) -> FloatArray:
        """Return a finite array of `shape` (None: any length)."""
        try:
            return checked(f"{self.where}: '{key}'", self._get(key), shape)
        except ShapeError as err:
            raise BundleError(str(err)) from err

    def positive_triple(self, key: str) -> tuple[float, float, float]:
        """Return three finite numbers above 0."""
        values = self.array(key, (3,))
        if (values <= 0).any():
            raise self._fail(key, "three positive numbers")
        return (float(values[0]), float(values[1]), float(values[2]))

    def direction(self, key: str) -> tuple[float, float, float]:
        """Return three finite numbers that are not all 0."""
        values = self.array(key, (3,))
        if not values.any():
            raise self._fail(key, "a direction")
        return (float(values[0]), float(values[1]), float(values[2]))

    def matrices(self, key: str) -> FloatArray:
        """Return a list of rigid 4x4 transforms as (n, 4, 4), n may be 0."""
        if self._get(key) == []:
            return np.zeros((0, 4, 4))
        found = self.array(key, (None, 4, 4))
        rotations, last_rows = found[:, :3, :3], found[:, 3]
        orthogonal = np.allclose(rotations @ rotations.swapaxes(1, 2), np.eye(3), atol=1e-3)
        if not orthogonal or not np.array_equal(last_rows, np.tile([0.0, 0, 0, 1], (len(found), 1))):
            raise self._fail(key, "rigid 4x4 transforms")
        return found

    def readers(self, key: str) -> list["Reader"]:
        """Return one Reader for each element of a list."""
        value = self._get(key)
        if not isinstance(value, list):
            raise self._fail(key, "a list")
        return [Reader(item, f"{self.where}: {key}[{i}]") for i, item in enumerate(value)]

    def mapping(self, key: str) -> dict[str, Json]:
        """Return an object with keys as a dict."""
        value = self._get(key)
        if not isinstance(value, dict):
            raise self._fail(key, "an object with keys")
        return value
