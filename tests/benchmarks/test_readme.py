from __future__ import annotations

import json

from benchmarks.readme import README, rendered, replaced
from benchmarks.table import RESULTS


def test_every_figure_of_the_readme_comes_from_the_last_results() -> None:
    text = README.read_text()
    assert replaced(text, rendered(json.loads(RESULTS.read_text()))) == text
