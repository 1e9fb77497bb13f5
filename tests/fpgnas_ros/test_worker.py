"""The worker takes the newest item, only once it is open, and ends when told."""

import queue
import threading

import pytest

from fpgnas_ros.worker import Worker
from tests.patience import PATIENCE_S


def test_only_the_newest_item_is_worked_on_after_opening() -> None:
    done: queue.Queue[int] = queue.Queue()
    worker = Worker(done.put)
    worker.start()
    replaced = [worker.slot.put(number) for number in range(5)]
    worker.open()
    assert done.get(timeout=PATIENCE_S) == 4
    assert replaced == [False, True, True, True, True]
    worker.stop()
    assert done.empty()


def test_stop_waits_for_the_item_in_progress_and_forgets_the_next() -> None:
    started, release, done = threading.Event(), threading.Event(), []

    def process(item: int) -> None:
        started.set()
        release.wait(PATIENCE_S)
        done.append(item)

    worker = Worker(process)
    worker.open()
    worker.start()
    worker.slot.put(1)
    assert started.wait(PATIENCE_S)
    worker.slot.put(2)
    threading.Timer(0.05, release.set).start()
    worker.stop()
    assert done == [1]
    assert worker.slot.take(0) is None


@pytest.mark.parametrize("times", [1, 2])
def test_a_stopped_worker_can_be_started_again(times: int) -> None:
    done: queue.Queue[int] = queue.Queue()
    worker = Worker(done.put)
    worker.open()
    for number in range(times):
        worker.start()
        worker.slot.put(number)
        assert done.get(timeout=PATIENCE_S) == number
        worker.stop()
