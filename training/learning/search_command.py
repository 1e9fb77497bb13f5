"""What `training/search.py` does by its settings: describe the space, search for one budget, or for several."""

from __future__ import annotations

from training.learning.describe import describe
from training.learning.pareto import search_budgets
from training.learning.report import write_report
from training.learning.search import search
from training.learning.search_settings import SearchSettings


def run(settings: SearchSettings) -> None:
    """Describe or search; a search ends with its report."""
    if settings.describe:
        describe(settings)
    elif settings.budgets:
        search_budgets(settings)
    else:
        search(settings)
        write_report(settings.out)
