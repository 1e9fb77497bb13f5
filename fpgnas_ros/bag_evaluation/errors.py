"""What ends an evaluation."""

from fpgnas_core.errors import FpgnasError


class EvaluationError(FpgnasError):
    """An evaluation that is asked for in a wrong way, or that would compare nothing with nothing."""
