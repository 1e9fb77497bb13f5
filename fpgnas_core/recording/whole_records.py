"""The whole records of an MCAP file whose recording was cut off, as a file that readers accept."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import BinaryIO

_MAGIC = b"\x89MCAP0\r\n"
_HEAD = struct.Struct("<BQ")
"""Opcode and length of a record."""
_DATA_END, _FOOTER = 0x0F, 0x02
_TAIL = _HEAD.pack(_DATA_END, 4) + bytes(4) + _HEAD.pack(_FOOTER, 20) + bytes(20) + _MAGIC
"""The end of a file without summary (https://mcap.dev/spec)."""


class WholeRecords:
    """What of a path `rosbags` needs: `open` gives the file up to its last whole record, and an end."""

    def __init__(self, path: Path) -> None:
        """Find the last whole record of `path`; nothing is written."""
        self.path, self.name, self.suffix = path, path.name, path.suffix
        self._size = _size_of_whole_records(path)

    @property
    def lost_bytes(self) -> int:
        """Bytes after the last whole record."""
        return self.path.stat().st_size - self._size

    def exists(self) -> bool:
        """Tell whether the file is there."""
        return self.path.is_file()

    def is_dir(self) -> bool:
        """Tell that it is a file."""
        return False

    def open(self, mode: str) -> BinaryIO:
        """Open it for reading bytes."""
        return io.BufferedReader(_WithTail(self.path, self._size), 1 << 20)

    def __str__(self) -> str:
        """Return the file's path."""
        return str(self.path)


class _WithTail(io.RawIOBase):
    """The first `size` bytes of a file, then _TAIL."""

    def __init__(self, path: Path, size: int) -> None:
        self._file, self._size, self._at = path.open("rb", buffering=0), size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + {0: 0, 1: self._at, 2: self._size + len(_TAIL)}[whence]
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` from the whole records, then from the tail; return the bytes read, 0 at the end."""
        if self._at < self._size:
            self._file.seek(self._at)
            data = self._file.read(min(len(buffer), self._size - self._at))
        else:
            start = self._at - self._size
            data = _TAIL[start : start + len(buffer)]
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def _size_of_whole_records(path: Path) -> int:
    size, at = path.stat().st_size, len(_MAGIC)
    with path.open("rb") as file:
        while True:
            file.seek(at)
            head = file.read(_HEAD.size)
            if len(head) < _HEAD.size:
                return at
            opcode, length = _HEAD.unpack(head)
            if opcode in (0, _DATA_END, _FOOTER) or at + _HEAD.size + length > size:
                return at
            at += _HEAD.size + length
