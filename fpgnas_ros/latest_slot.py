"""One slot between a producer and a worker: the newest item wins."""

import threading
from typing import Generic, TypeVar

Item = TypeVar("Item")


class LatestSlot(Generic[Item]):
    """Holds at most one item; putting another drops the one that waits, so a slow consumer never lags."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._item: Item | None = None

    def put(self, item: Item) -> bool:
        """Stores the item; True where it replaced one that nobody took."""
        with self._condition:
            replaced = self._item is not None
            self._item = item
            self._condition.notify()
        return replaced

    def take(self, timeout: float) -> Item | None:
        """The newest item, waiting up to `timeout` seconds for it; None if none came."""
        with self._condition:
            self._condition.wait_for(lambda: self._item is not None, timeout)
            item, self._item = self._item, None
        return item

    def clear(self) -> None:
        """Forgets the item."""
        with self._condition:
            self._item = None
