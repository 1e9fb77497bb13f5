"""Ground truth: what is there in a frame, by topic, tf, BOP's scene_gt.json or a TUM file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from fpgnas_core.object_model import ObjectModel
from fpgnas_core.recording.bag import POSE_TYPE, Bag
from fpgnas_core.recording.pose_track import FrameTree, PoseTrack
from fpgnas_core.recording.poses import pose_tracks
from fpgnas_ros.bag_evaluation.data import Frame, TrueInstance
from fpgnas_ros.bag_evaluation.errors import EvaluationError
from fpgnas_ros.bag_evaluation.findings import Findings, StampCheck
from fpgnas_ros.bag_evaluation.sources import Source
from fpgnas_ros.bag_evaluation.truth_files import read_bop_scene, read_tum


@dataclass(frozen=True)
class Matching:
    """How ground truth is found for a frame."""

    max_dt_ns: int
    """A sample is used at most this far from the frame's stamp."""
    offset_ns: int = 0
    """Added to the stamps of the ground truth, for clocks that differ."""
    interpolate: bool = False
    """Between samples at most max_gap_ns apart, instead of the nearest one."""
    max_gap_ns: int = 100_000_000
    """Longest gap that is interpolated over, here and in tf."""


class Truth(Protocol):
    """One source."""

    def at(self, frame: Frame) -> list[TrueInstance] | None:
        """The instances in this frame, none if it shows none; None where the source does not say."""

    def stamps_ns(self) -> list[int]:
        """Times at which it says something, on the clock of the frames; empty if it goes by image numbers."""


@dataclass(frozen=True)
class TrackTruth:
    """Poses of one object over time in a frame of tf (empty: the camera's)."""

    object_id: int
    frame_id: str
    track: PoseTrack
    tree: FrameTree
    matching: Matching

    def at(self, frame: Frame) -> list[TrueInstance] | None:
        """The object, brought to the camera's frame by tf."""
        stamp, matching = frame.stamp_ns - self.matching.offset_ns, self.matching
        find = self.track.at if matching.interpolate else self.track.nearest
        pose = find(stamp, matching.max_gap_ns if matching.interpolate else matching.max_dt_ns)
        if pose is not None and self.frame_id:
            T_camera_frame = self.tree.at(frame.frame_id, self.frame_id, frame.stamp_ns, matching.max_gap_ns)
            pose = None if T_camera_frame is None else T_camera_frame @ pose
        return None if pose is None else [TrueInstance(self.object_id, pose)]

    def stamps_ns(self) -> list[int]:
        """Of the samples."""
        return [int(stamp) + self.matching.offset_ns for stamp in self.track.stamps_ns]


@dataclass(frozen=True)
class TreeTruth:
    """A frame of tf, interpolated as tf does."""

    object_id: int
    parent: str
    child: str
    tree: FrameTree
    matching: Matching

    def at(self, frame: Frame) -> list[TrueInstance] | None:
        """The object in the camera's frame, through `parent`, which need not be its direct parent."""
        stamp, gap = frame.stamp_ns - self.matching.offset_ns, self.matching.max_gap_ns
        T_parent_object = self.tree.at(self.parent, self.child, stamp, gap)
        T_camera_parent = self.tree.at(frame.frame_id, self.parent, frame.stamp_ns, gap)
        if T_parent_object is None or T_camera_parent is None:
            return None
        return [TrueInstance(self.object_id, T_camera_parent @ T_parent_object)]

    def stamps_ns(self) -> list[int]:
        """Of the child's own edge; empty where that is static."""
        return [stamp + self.matching.offset_ns for stamp in self.tree.stamps_ns(self.child)]


@dataclass(frozen=True)
class SceneTruth:
    """BOP's scene_gt.json: by number of the image."""

    images: dict[int, list[TrueInstance]]

    def at(self, frame: Frame) -> list[TrueInstance] | None:
        """The instances of the image of this number."""
        return self.images.get(frame.number)

    def stamps_ns(self) -> list[int]:
        """No stamps."""
        return []


def open_truth(
    source: Source,
    bag: Bag,
    tree: FrameTree,
    models: Mapping[str, ObjectModel],
    matching: Matching,
    findings: Findings,
) -> Truth:
    """The ground truth that the command line names, out of `bag` or a file. Raises RecordingError, EvaluationError."""
    named = dict(models)
    if source.file is not None and source.file.suffix == ".json":
        return SceneTruth(read_bop_scene(source.file, {model.object_id for model in models.values()}, findings))
    object_id = source.object_in(named).object_id
    if source.file is not None:
        return TrackTruth(object_id, "", read_tum(source.file), tree, matching)
    if source.tf_frames is not None:
        return _tree_truth(object_id, source.tf_frames, bag, tree, matching)
    return _topic_truth(object_id, source.place, bag, tree, matching, findings)


def _tree_truth(object_id: int, frames: tuple[str, str], bag: Bag, tree: FrameTree, matching: Matching) -> TreeTruth:
    for name in frames:
        if name not in tree.frames:
            known = ", ".join(sorted(tree.frames)) or "none"
            raise EvaluationError(f"{bag.path}: expected the tf frame {name}, got {known}")
    return TreeTruth(object_id, *frames, tree, matching)


def _topic_truth(
    object_id: int, topic: str, bag: Bag, tree: FrameTree, matching: Matching, findings: Findings
) -> TrackTruth:
    bag.topic(topic, (POSE_TYPE,))
    check = StampCheck(findings)
    frames, tracks = pose_tracks(
        bag, (topic,), lambda error: findings.add("impossible_poses", str(error)), on_stamp=check.look
    )
    if topic not in tracks:
        raise EvaluationError(f"{bag.path}: {topic}: expected poses, got none that is usable")
    return TrackTruth(object_id, frames[topic], tracks[topic], tree, matching)
