"""An open recording with all that is needed to score what it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fpgnas_core.object_model import ObjectModel
from fpgnas_core.recording.bag import Bag, open_bag
from fpgnas_core.recording.pose_track import FrameTree
from fpgnas_core.recording.poses import frame_tree
from fpgnas_ros.bag_evaluation.data import Frame, TrueInstance
from fpgnas_ros.bag_evaluation.errors import EvaluationError
from fpgnas_ros.bag_evaluation.findings import Findings
from fpgnas_ros.bag_evaluation.frame_reader import FrameReader
from fpgnas_ros.bag_evaluation.message_store import message_store
from fpgnas_ros.bag_evaluation.settings import EvaluationSettings
from fpgnas_ros.bag_evaluation.truth import TrackTruth, Truth, open_truth


@dataclass(frozen=True)
class OpenRecording:
    """One recording. Poses are in memory, images are not."""

    number: int
    """Among the recordings of the evaluation, from 0."""
    bag: Bag
    tree: FrameTree
    truths: Sequence[Truth]
    reader: FrameReader
    models: Mapping[str, ObjectModel]
    findings: Findings

    @property
    def path(self) -> Path:
        """The recording's folder or file."""
        return self.bag.path

    def truth_of(self, frame: Frame) -> list[TrueInstance] | None:
        """What the frame shows; None where one source does not say."""
        found: list[TrueInstance] = []
        for truth in self.truths:
            instances = truth.at(frame)
            if instances is None:
                return None
            found += instances
        return found

    def frames_of_truth(self) -> list[Frame]:
        """In a recording without images: one frame for each stamp of the first source of ground truth."""
        truth = self.truths[0]
        stamps = truth.stamps_ns()
        if not stamps:
            raise EvaluationError(f"{self.path}: expected a topic of images or stamped ground truth, got neither")
        frame_id = truth.frame_id if isinstance(truth, TrackTruth) else getattr(truth, "parent", "")
        return [Frame(self.number, i, stamp, stamp, frame_id, None) for i, stamp in enumerate(stamps)]


@contextmanager
def open_recording(
    path: Path, number: int, settings: EvaluationSettings, models: Mapping[str, ObjectModel], findings: Findings
) -> Iterator[OpenRecording]:
    """Open a recording and read its poses. Raises RecordingError, EvaluationError."""
    with open_bag(path, message_store(), as_far_as_it_goes=True) as bag:
        if not sum(bag.counts.values()):
            raise EvaluationError(bag.damage or f"{path}: expected messages, the recording is empty")
        reader = FrameReader(bag, number, settings.image, settings.camera_info, findings)
        tree = frame_tree(bag, lambda error: findings.add("impossible_poses", str(error)))
        truths = [open_truth(source, bag, tree, models, settings.matching, findings) for source in settings.truth]
        yield OpenRecording(number, bag, tree, truths, reader, models, findings)
        if bag.damage:
            findings.add("damaged_recording", bag.damage)
