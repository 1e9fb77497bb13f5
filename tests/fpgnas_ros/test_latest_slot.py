"""The newest item wins."""

import threading

from fpgnas_ros.latest_slot import LatestSlot


def test_a_newer_item_replaces_the_one_that_waits_and_says_so() -> None:
    slot: LatestSlot[int] = LatestSlot()
    assert [slot.put(1), slot.put(2), slot.put(3)] == [False, True, True]
    assert slot.take(0) == 3


def test_an_item_is_taken_once() -> None:
    slot: LatestSlot[int] = LatestSlot()
    slot.put(1)
    assert (slot.take(0), slot.take(0)) == (1, None)
    assert slot.put(2) is False


def test_taking_waits_for_an_item() -> None:
    slot: LatestSlot[int] = LatestSlot()
    timer = threading.Timer(0.05, slot.put, [7])
    timer.start()
    assert slot.take(5) == 7


def test_cleared_slot_is_empty() -> None:
    slot: LatestSlot[int] = LatestSlot()
    slot.put(1)
    slot.clear()
    assert slot.take(0) is None
