"""A bot that runs is told at once when its user trusts another team."""

from __future__ import annotations

from pathlib import Path

from tests.support.browser import eventually
from tests.support.mates import Mate
from wagit.bots.watch import Change, ConfigChanged
from wagit.operations import run, team_trust

KEY = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"


def test_a_run_hears_of_a_team_that_was_trusted(tmp_path: Path) -> None:
    ada = Mate.first(tmp_path, "ada")
    ada.ok("team", "init", "--name", "ada")
    told: list[Change] = []
    watcher = run._watcher(ada.context, told.append)
    watcher.start()
    try:
        config = ada.repo.path / ".wagit.yml"
        config.write_text(f'{config.read_text()}    - "{KEY} bob"\n')
        eventually(lambda: ConfigChanged(str(config)) in told)
        ada.ok("trust", "--yes")
        eventually(lambda: ConfigChanged(team_trust.path_of(ada.context.store)) in told)
    finally:
        watcher.stop()
