"""The estimates that a recording holds: PoseStamped, with covariance or without, Detection3DArray, a frame of tf."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fpgnas_core.errors import RecordingError
from fpgnas_core.recording.bag import POSE_TYPE, TF_TYPE
from fpgnas_core.recording.messages import pose_of, stamp_of, stamp_of_header
from fpgnas_core.recording.pose_track import Matrix
from fpgnas_ros.bag_evaluation.data import Answer, Estimate
from fpgnas_ros.bag_evaluation.findings import StampCheck
from fpgnas_ros.bag_evaluation.inputs import OpenRecording
from fpgnas_ros.bag_evaluation.sources import Source

DETECTIONS_TYPE = "vision_msgs/msg/Detection3DArray"
COVARIANCE_TYPE = "geometry_msgs/msg/PoseWithCovarianceStamped"
CERTAIN = 1.0  # a pose without a confidence


class AnswerReader:
    """Reads estimates and brings them to the frame of the camera."""

    def __init__(self, recording: OpenRecording, camera_frame: str, gap_ns: int) -> None:
        """camera_frame: that of the images; empty: poses stay as they are. gap_ns: longest that tf interpolates."""
        self._bag, self._tree, self._findings = recording.bag, recording.tree, recording.findings
        self._models = dict(recording.models)
        self._camera_frame, self._gap_ns = camera_frame, gap_ns

    def read(self, source: Source) -> Iterator[Answer]:
        """One answer for each message; of tf one for each transform of the child. Raises RecordingError."""
        if source.tf_frames is not None:
            yield from self._from_tf(source, *source.tf_frames)
            return
        topic = self._bag.topic(source.place, (POSE_TYPE, COVARIANCE_TYPE, DETECTIONS_TYPE))
        check = StampCheck(self._findings)
        for message in self._bag.messages((topic,)):
            where, content = f"{self._bag.path}: {message.where}", self._bag.content(message)
            stamp = stamp_of(content)
            check.look(stamp, where)
            found = self._poses(source, message.type_name, content, where)
            yield Answer(stamp, message.recorded_ns, tuple(found))

    def _poses(self, source: Source, type_name: str, content: Any, where: str) -> Iterator[Estimate]:
        if type_name != DETECTIONS_TYPE:
            object_id = source.object_in(self._models).object_id
            pose = content.pose if type_name == POSE_TYPE else content.pose.pose
            yield from self._estimate(content.header, pose, object_id, CERTAIN, "", where)
            return
        for detection in content.detections:
            best = max(detection.results, key=lambda result: result.hypothesis.score, default=None)
            if best is None:
                continue
            name = best.hypothesis.class_id
            if name not in self._models:
                self._findings.add("unknown_objects", f"{where}: {name!r}")
                continue
            score, pose = float(best.hypothesis.score), best.pose.pose
            # Of vision_msgs before ROS 2 Galactic, detections have no id.
            identity = str(getattr(detection, "id", ""))
            yield from self._estimate(content.header, pose, self._models[name].object_id, score, identity, where)

    def _estimate(
        self, header: Any, pose: Any, object_id: int, confidence: float, identity: str, where: str
    ) -> Iterator[Estimate]:
        try:
            T_frame_object = pose_of(pose.position, pose.orientation, where)
        except RecordingError as error:
            self._findings.add("impossible_poses", str(error))
            return
        T_camera_object = self._to_camera(header.frame_id, T_frame_object, stamp_of_header(header), where)
        if T_camera_object is not None:
            yield Estimate(object_id, T_camera_object, confidence, identity)

    def _to_camera(self, frame_id: str, T_frame_object: Matrix, stamp_ns: int, where: str) -> Matrix | None:
        if not self._camera_frame or frame_id == self._camera_frame:
            return T_frame_object
        T_camera_frame = self._tree.at(self._camera_frame, frame_id, stamp_ns, self._gap_ns)
        if T_camera_frame is None:
            self._findings.add("missing_transforms", f"{where}: {frame_id!r} to {self._camera_frame!r}")
            return None
        return T_camera_frame @ T_frame_object

    def _from_tf(self, source: Source, parent: str, child: str) -> Iterator[Answer]:
        object_id = source.object_in(self._models).object_id
        check = StampCheck(self._findings)
        for message in self._bag.messages(self._bag.topics((TF_TYPE,))):
            where = f"{self._bag.path}: {message.where}: {child}"
            for entry in self._bag.content(message).transforms:
                if entry.child_frame_id != child:
                    continue
                stamp = stamp_of(entry)
                check.look(stamp, where)
                T_parent_object = self._tree.at(parent, child, stamp, self._gap_ns)
                pose = None if T_parent_object is None else self._to_camera(parent, T_parent_object, stamp, where)
                found = () if pose is None else (Estimate(object_id, pose, CERTAIN),)
                yield Answer(stamp, message.recorded_ns, found)
