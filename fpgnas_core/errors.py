"""The exceptions of the package; all share one root so that a caller can catch them at one place."""


class FpgnasError(Exception):
    """Root of all errors raised on purpose. The message is one line: expected, got, what to do."""


class ShapeError(FpgnasError):
    """An array has the wrong shape or holds values that are not finite."""


class CameraError(FpgnasError):
    """Camera parameters that describe no camera."""


class ImageError(FpgnasError):
    """An image that does not fit the estimator or its camera."""


class BundleError(FpgnasError):
    """A bundle folder that is missing, damaged or of another format."""


class MetricError(FpgnasError):
    """Errors or targets that no score can be made of."""


class RecordingError(FpgnasError):
    """A recording that is missing or damaged, lacks a topic, or holds an impossible message."""
