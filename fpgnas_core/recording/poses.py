"""Poses of a recording over time, from PoseStamped topics and from tf."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from fpgnas_core.errors import RecordingError
from fpgnas_core.recording.bag import TF_TYPE, Bag
from fpgnas_core.recording.messages import pose_of, stamp_of
from fpgnas_core.recording.pose_track import Edge, FrameTree, Matrix, PoseTrack, StaticPose

STATIC_TOPIC = "/tf_static"


def refuse(error: RecordingError) -> None:
    """Raise the error: an impossible pose ends the reading."""
    raise error


def pose_tracks(
    bag: Bag,
    topics: Iterable[str],
    on_impossible: Callable[[RecordingError], None] = refuse,
    on_stamp: Callable[[int, str], None] = lambda stamp_ns, where: None,
) -> tuple[dict[str, str], dict[str, PoseTrack]]:
    """Return frame and poses of each of these PoseStamped topics. Raises RecordingError.

    on_impossible: is told of poses that are none (not finite, no unit quaternion); they are left out if it returns.
    on_stamp: is told of each stamp, nanoseconds, in recorded order, and of where it was.
    """
    frames: dict[str, str] = {}
    stamps, poses = defaultdict[str, list[int]](list), defaultdict[str, list[Matrix]](list)
    for topic, where, message in bag.contents(topics):
        if frames.setdefault(topic, message.header.frame_id) != message.header.frame_id:
            expected, got = frames[topic], message.header.frame_id
            raise RecordingError(f"{where}: frame_id: expected {expected!r} as before, got {got!r}")
        on_stamp(stamp_of(message), where)
        try:
            pose = pose_of(message.pose.position, message.pose.orientation, where)
        except RecordingError as error:
            on_impossible(error)
            continue
        stamps[topic].append(stamp_of(message))
        poses[topic].append(pose)
    return frames, {topic: PoseTrack(stamps[topic], poses[topic]) for topic in stamps}


def frame_tree(bag: Bag, on_impossible: Callable[[RecordingError], None] = refuse) -> FrameTree:
    """Return all that tf says, /tf_static included. Raises RecordingError; `on_impossible` as in `pose_tracks`."""
    stamps, poses = defaultdict[Edge, list[int]](list), defaultdict[Edge, list[Matrix]](list)
    fixed: dict[Edge, PoseTrack | StaticPose] = {}
    parents: dict[str, str] = {}
    for topic, where, message in bag.contents(bag.topics((TF_TYPE,))):
        for entry in message.transforms:
            edge = (entry.header.frame_id, entry.child_frame_id)
            if parents.setdefault(edge[1], edge[0]) != edge[0]:
                got = f"{parents[edge[1]]} and {edge[0]}"
                raise RecordingError(f"{where}: frame {edge[1]}: expected one parent, got {got}")
            try:
                moved = pose_of(entry.transform.translation, entry.transform.rotation, f"{where}: {edge[1]}")
            except RecordingError as error:
                on_impossible(error)
                continue
            if topic.endswith(STATIC_TOPIC):
                fixed[edge] = StaticPose(moved)
            else:
                stamps[edge].append(stamp_of(entry))
                poses[edge].append(moved)
    return FrameTree(fixed | {edge: PoseTrack(stamps[edge], poses[edge]) for edge in stamps})
