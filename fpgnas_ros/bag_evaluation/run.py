"""A run: one source of estimates, scored over all recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tqdm import tqdm

from fpgnas_core.errors import RecordingError
from fpgnas_core.recording.messages import image_of
from fpgnas_ros.bag_evaluation.annotated import Annotator, Write
from fpgnas_ros.bag_evaluation.association import UNMATCHED, associate
from fpgnas_ros.bag_evaluation.data import Answer, Frame
from fpgnas_ros.bag_evaluation.errors import EvaluationError
from fpgnas_ros.bag_evaluation.findings import Findings
from fpgnas_ros.bag_evaluation.inputs import OpenRecording
from fpgnas_ros.bag_evaluation.objects import EvaluatedObject
from fpgnas_ros.bag_evaluation.recorded_answers import AnswerReader
from fpgnas_ros.bag_evaluation.scoring import FrameScore, InstanceScore, score_frame
from fpgnas_ros.bag_evaluation.settings import EvaluationSettings
from fpgnas_ros.bag_evaluation.sources import Source

RECORDED = "recorded"
DEFAULT_ESTIMATES = ("/detections", "/object_pose")


@dataclass
class Run:
    """The scores of one source of estimates, in the order of the recordings and their frames."""

    name: str
    scores: list[FrameScore] = field(default_factory=list)
    answers_without_frame: int = 0
    """Recorded answers of which no frame's stamp is near enough."""
    steps_s: dict[str, float] = field(default_factory=dict)
    """CPU time of each step over all frames; only where a bundle ran again."""
    engine: dict[str, object] = field(default_factory=dict)
    """What ran again, and on what; empty for recorded estimates."""

    def add(self, score: FrameScore, seconds: Mapping[str, float]) -> None:
        """Add a frame, and the CPU time that its steps took."""
        self.scores.append(score)
        for step, value in seconds.items():
            self.steps_s[step] = self.steps_s.get(step, 0.0) + value

    @property
    def instances(self) -> list[InstanceScore]:
        """Those of all frames, in order."""
        return [instance for score in self.scores for instance in score.instances]


def add_recorded(
    run: Run, recording: OpenRecording, settings: EvaluationSettings, objects: Mapping[int, EvaluatedObject]
) -> None:
    """Score the estimates that a recording holds. Raises RecordingError, EvaluationError."""
    sources = settings.estimates or _default_sources(recording)
    frames = _frames(recording)
    reader = AnswerReader(recording, frames[0].frame_id if frames else "", settings.matching.max_gap_ns)
    joined: list[Answer | None] = [None] * len(frames)
    for source in sources:
        answers = list(reader.read(source))
        matches = associate([f.stamp_ns for f in frames], [a.stamp_ns for a in answers], settings.matching.max_dt_ns)
        run.answers_without_frame += len(answers) - int((matches != UNMATCHED).sum())
        joined = [_join(old, answers[i]) if i != UNMATCHED else old for old, i in zip(joined, matches, strict=True)]
    for frame, answer in zip(frames, joined, strict=True):
        _note_latency(recording.findings, frame, answer)
        run.scores.append(score_frame(frame, answer, recording.truth_of(frame), objects))


def annotate_recorded(
    scores: Sequence[FrameScore], recording: OpenRecording, objects: Mapping[int, EvaluatedObject], write: Write
) -> None:
    """Draw what was scored into the images, which are read once more. Raises RecordingError, EvaluationError."""
    recording.reader.require_camera()
    annotator = Annotator(objects)
    messages = recording.bag.messages({recording.reader.image_topic})
    images = zip(scores, messages, strict=True)
    for score, message in tqdm(images, desc=f"draw {recording.path.name}", unit="image", total=len(scores)):
        try:
            picture = image_of(recording.bag.content(message), f"{recording.path}: {message.where}")
        except RecordingError as error:
            recording.findings.add("image_errors", str(error))
            continue
        write(annotator.messages_of(score, picture))


def _frames(recording: OpenRecording) -> list[Frame]:
    reader = recording.reader
    if not reader.image_topic:
        return recording.frames_of_truth()
    images = tqdm(reader.frames(), desc=f"read {recording.path.name}", unit="image", total=len(reader), leave=False)
    return [frame for frame, _ in images]


def _default_sources(recording: OpenRecording) -> list[Source]:
    known = recording.bag.types
    for topic in DEFAULT_ESTIMATES:
        if topic in known:
            return [Source("", topic)]
    raise EvaluationError(
        f"{recording.path}: expected estimates on {' or '.join(DEFAULT_ESTIMATES)}, got {', '.join(sorted(known))}; "
        "name them with --estimates, or run a bundle with --bundle"
    )


def _join(first: Answer | None, second: Answer) -> Answer:
    """Both answers as one, recorded when the later of them was."""
    if first is None:
        return second
    times = [time for time in (first.recorded_ns, second.recorded_ns) if time is not None]
    return Answer(first.stamp_ns, max(times, default=None), first.estimates + second.estimates)


def _note_latency(findings: Findings, frame: Frame, answer: Answer | None) -> None:
    if answer is not None and answer.recorded_ns is not None and answer.recorded_ns < frame.stamp_ns:
        findings.add("negative_latencies", f"{(frame.stamp_ns - answer.recorded_ns) / 1e9:.3f} s at {frame.stamp_s} s")
