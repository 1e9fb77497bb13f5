"""The node's state as /diagnostics says it."""

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from fpgnas_ros.statistics import PERCENTILES, Snapshot

RECENT_ERROR_S = 5.0


def diagnostic_status(name: str, state: str, snapshot: Snapshot, details: dict[str, str]) -> DiagnosticStatus:
    """One status: level and message from the counters, `details` and the counters as key and value."""
    level, message = _level(state, snapshot)
    values = {"state": state, **details, **_counters(snapshot)}
    pairs = [KeyValue(key=key, value=value) for key, value in values.items()]
    hardware = details.get("model", "")
    return DiagnosticStatus(level=level, name=name, message=message, hardware_id=hardware, values=pairs)


def diagnostic_array(stamp: object, status: DiagnosticStatus) -> DiagnosticArray:
    """The message; stamp: builtin_interfaces Time of now."""
    message = DiagnosticArray(status=[status])
    message.header.stamp = stamp
    return message


def _level(state: str, snapshot: Snapshot) -> tuple[bytes, str]:
    if snapshot.seconds_since_error < RECENT_ERROR_S or (state == "unconfigured" and snapshot.last_error):
        return DiagnosticStatus.ERROR, snapshot.last_error
    if state != "active":
        return DiagnosticStatus.WARN, f"not active: {state}"
    if snapshot.input_hz == 0:
        return DiagnosticStatus.WARN, "no images"
    if snapshot.output_hz == 0:
        return DiagnosticStatus.WARN, "images, but no results: waiting for camera_info"
    return DiagnosticStatus.OK, f"{snapshot.output_hz:.1f} frames/s"


def _counters(snapshot: Snapshot) -> dict[str, str]:
    values = {
        "frames received": str(snapshot.received),
        "frames processed": str(snapshot.processed),
        "frames with pose": str(snapshot.with_pose),
        "frames dropped": str(snapshot.dropped),
        "frames with error": str(snapshot.errors),
        "input rate [Hz]": f"{snapshot.input_hz:.2f}",
        "output rate [Hz]": f"{snapshot.output_hz:.2f}",
        "last error": snapshot.last_error,
    }
    for step, milliseconds in snapshot.latencies_ms.items():
        for percentile, value in zip(PERCENTILES, milliseconds, strict=True):
            values[f"{step} p{percentile} [ms]"] = f"{value:.2f}"
    return values
