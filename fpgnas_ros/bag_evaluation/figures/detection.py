"""What was found, missed and made up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fpgnas_ros.bag_evaluation.scoring import FrameScore


def detection(scores: Sequence[FrameScore]) -> dict[str, Any]:
    """Recall, precision and dropouts over the frames whose truth is known."""
    known = [score for score in scores if score.has_truth]
    instances = [instance for score in known for instance in score.instances]
    matched = sum(instance.is_detected for instance in instances)
    spurious = sum(len(score.spurious) for score in known)
    frames, seconds = longest_dropout(known)
    return {
        "frames_with_truth": len(known),
        "frames_without_truth": len(scores) - len(known),
        "matched": matched,
        "missed": len(instances) - matched,
        "spurious": spurious,
        "recall": matched / len(instances) if instances else None,
        "precision": matched / (matched + spurious) if matched + spurious else None,
        "longest_dropout_frames": frames,
        "longest_dropout_s": seconds,
    }


def longest_dropout(known: Sequence[FrameScore]) -> tuple[int, float]:
    """Most frames in a row that show an object of which none is detected, and how long that lasted, seconds.

    From the last detection before to the next one after; at an end of the recording from its first or to its last
    frame. Frames without any object are passed over; recordings are apart.
    """
    longest, duration = 0, 0.0
    for bag in sorted({score.frame.bag for score in known}):
        shown = [score for score in known if score.frame.bag == bag and score.instances]
        run, began = 0, shown[0].frame.stamp_s if shown else 0.0
        for score in shown:
            stamp = score.frame.stamp_s
            if any(instance.is_detected for instance in score.instances):
                duration = max(duration, stamp - began) if run else duration
                run, began = 0, stamp
            else:
                run += 1
                longest = max(longest, run)
        duration = max(duration, shown[-1].frame.stamp_s - began) if run else duration
    return longest, duration
