"""The node's state as /diagnostics says it."""

from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from fpgnas_ros.statistics import PERCENTILES, Snapshot

RECENT_ERROR_S = 5.0


@dataclass(frozen=True)
class InputTopic:
    """An input as the node sees it: its full name, how many publish it, and whether anything came lately."""

    name: str
    publishers: int
    is_alive: bool

    def problem(self, what: str) -> str:
        """One line on why nothing comes, empty where something does."""
        if self.is_alive:
            return ""
        if not self.publishers:
            return f"no {what}: nobody publishes {self.name}"
        return f"no {what}: nothing came on {self.name} (publishers: {self.publishers})"


def diagnostic_status(
    name: str,
    state: str,
    snapshot: Snapshot,
    details: dict[str, str],
    camera_info: InputTopic | None = None,
    image: InputTopic | None = None,
) -> DiagnosticStatus:
    """One status: level and message from counters and inputs (None: not subscribed), all as key and value.

    details: first among the values; `model` among them is also the hardware id.
    """
    level, message = _level(state, snapshot, camera_info, image)
    values = {"state": state, **details, **_counters(snapshot)}
    pairs = [KeyValue(key=key, value=value) for key, value in values.items()]
    hardware = details.get("model", "")
    return DiagnosticStatus(level=level, name=name, message=message, hardware_id=hardware, values=pairs)


def diagnostic_array(stamp: object, status: DiagnosticStatus) -> DiagnosticArray:
    """The message; stamp: builtin_interfaces Time of now."""
    message = DiagnosticArray(status=[status])
    message.header.stamp = stamp
    return message


def _level(
    state: str, snapshot: Snapshot, camera_info: InputTopic | None, image: InputTopic | None
) -> tuple[bytes, str]:
    if snapshot.seconds_since_error < RECENT_ERROR_S or (state == "unconfigured" and snapshot.last_error):
        return DiagnosticStatus.ERROR, snapshot.last_error
    if state != "active":
        return DiagnosticStatus.WARN, f"not active: {state}"
    problems = [
        image.problem("images") if image else "",
        camera_info.problem("camera_info") if camera_info else "",
        "" if snapshot.is_stamped else "images have no stamp: their poses have none either",
    ]
    if any(problems):
        return DiagnosticStatus.WARN, "; ".join(filter(None, problems))
    return DiagnosticStatus.OK, f"{snapshot.output_hz:.1f} frames/s"


def _counters(snapshot: Snapshot) -> dict[str, str]:
    values = {
        "frames received": str(snapshot.received),
        "frames processed": str(snapshot.processed),
        "frames with pose": str(snapshot.with_pose),
        "frames dropped": str(snapshot.dropped),
        "frames with error": str(snapshot.errors),
        "time jumps back": str(snapshot.time_jumps),
        "input rate [Hz]": f"{snapshot.input_hz:.2f}",
        "output rate [Hz]": f"{snapshot.output_hz:.2f}",
        "last error": snapshot.last_error,
    }
    for step, milliseconds in snapshot.latencies_ms.items():
        for percentile, value in zip(PERCENTILES, milliseconds, strict=True):
            values[f"{step} p{percentile} [ms]"] = f"{value:.2f}"
    return values
