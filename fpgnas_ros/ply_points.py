"""The vertices of a PLY mesh, which scoring a pose needs, and its triangles, which drawing it needs."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpgnas_core.errors import FpgnasError

SCALARS = {
    "char": "i1",
    "uchar": "u1",
    "int8": "i1",
    "uint8": "u1",
    "short": "i2",
    "ushort": "u2",
    "int16": "i2",
    "uint16": "u2",
    "int": "i4",
    "uint": "u4",
    "int32": "i4",
    "uint32": "u4",
    "float": "f4",
    "float32": "f4",
    "double": "f8",
    "float64": "f8",
}


class PlyError(FpgnasError):
    """Not a PLY file with vertices."""


def read_ply_points(path: Path) -> NDArray[np.float64]:
    """(P, 3) vertices in the file's unit; ASCII or binary little endian, vertices first. Raises PlyError."""
    try:
        header, _, body = path.read_bytes().partition(b"end_header\n")
        lines = header.decode("ascii").replace("\r", "").splitlines()
        count, fields = _vertex_layout(lines)
        if "format ascii 1.0" in lines:
            rows = np.loadtxt(body.decode("ascii").splitlines()[:count], ndmin=2)
            columns = [name for name, _ in fields]
            return np.stack([rows[:, columns.index(axis)] for axis in "xyz"], axis=1)
        vertices = np.frombuffer(body, np.dtype(fields), count)
        return np.stack([vertices[axis].astype(np.float64) for axis in "xyz"], axis=1)
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise PlyError(f"{path}: expected a PLY mesh with vertices first, got {error!r}") from error


def read_ply_triangles(path: Path) -> NDArray[np.int64]:
    """(F, 3) indices of vertices; (0, 3) where the file has no faces or other ones than triangles. Raises PlyError."""
    try:
        header, _, body = path.read_bytes().partition(b"end_header\n")
        lines = header.decode("ascii").replace("\r", "").splitlines()
        vertices, fields = _vertex_layout(lines)
        count, layout = _triangle_layout(lines)
        if "format ascii 1.0" in lines:
            rows = [line.split() for line in body.decode("ascii").splitlines()[vertices : vertices + count]]
            return np.array([row[1:4] for row in rows if row[0] == "3"], np.int64).reshape(-1, 3)
        faces = np.frombuffer(body, np.dtype(layout), count, vertices * np.dtype(fields).itemsize)
        return faces["indices"].astype(np.int64) if (faces["n"] == 3).all() else np.zeros((0, 3), np.int64)
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise PlyError(f"{path}: expected a PLY mesh with vertices first, got {error!r}") from error


def _triangle_layout(lines: list[str]) -> tuple[int, list[tuple[Any, ...]]]:
    """Number of faces, and their layout if all are triangles and carry nothing but their indices."""
    starts = [i for i, line in enumerate(lines) if line.startswith("element face ")]
    rest = lines[starts[0] + 1 :] if starts else []
    properties = [line.split() for line in rest if line.startswith("property ")]
    if len(properties) != 1 or properties[0][1] != "list":
        return 0, [("n", "u1"), ("indices", "<i4", (3,))]
    _, _, length, index, _ = properties[0]
    return int(lines[starts[0]].split()[2]), [("n", "<" + SCALARS[length]), ("indices", "<" + SCALARS[index], (3,))]


def _vertex_layout(lines: list[str]) -> tuple[int, list[tuple[str, str]]]:
    """Number of vertices, and each property's name and little-endian type."""
    formats = ("format ascii 1.0", "format binary_little_endian 1.0")
    if not lines or lines[0] != "ply" or not any(line in formats for line in lines):
        raise ValueError("no PLY header of a known format")
    elements = [i for i, line in enumerate(lines) if line.startswith("element ")]
    first, end = elements[0], [*elements, len(lines)][1]
    _, name, count = lines[first].split()
    if name != "vertex" or int(count) == 0:
        raise ValueError(f"first element {name} of {count}")
    properties = [line.split() for line in lines[first + 1 : end] if line.startswith("property ")]
    return int(count), [(words[2], "<" + SCALARS[words[1]]) for words in properties]
