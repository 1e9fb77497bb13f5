"""A thread that works on the newest frame, away from the executor that receives messages."""

import threading
from collections.abc import Callable
from typing import Generic

from fpgnas_ros.latest_slot import Item, LatestSlot

WAKE_UP_S = 0.2


class Worker(Generic[Item]):
    """Runs `process` on each item taken from its slot, from `start` to `stop`; `process` handles its errors.

    Nothing is taken before `open` is called: the newest frame waits for what is needed to work on it.
    """

    def __init__(self, process: Callable[[Item], None]) -> None:
        self.slot: LatestSlot[Item] = LatestSlot()
        self._process = process
        self._opened = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Starts the thread."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="pose_worker", daemon=True)
        self._thread.start()

    def open(self) -> None:
        """From now on items are taken."""
        self._opened.set()

    def stop(self) -> None:
        """Waits for the item in progress, forgets the one that waits, ends the thread."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self.slot.clear()

    def _run(self) -> None:
        while not self._stopping.is_set():
            if self._opened.wait(WAKE_UP_S):
                item = self.slot.take(WAKE_UP_S)
                if item is not None:
                    self._process(item)
