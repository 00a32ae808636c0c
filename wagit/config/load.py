"""Load the configuration: every layer, each value's source, and all problems at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from wagit.config import digest, environment, team_layers, trees
from wagit.config.digest import Candidate, ConfigFile
from wagit.config.document import parse
from wagit.config.keys import leaf_of
from wagit.config.layers import COMMAND_LINE, DEFAULT, Layer, Source, merge, validate
from wagit.config.model import Settings
from wagit.config.problems import ConfigProblems, Path, Problem, undotted
from wagit.config.section import Section
from wagit.config.values import duration
from wagit.core.git import GitFailed, run_git
from wagit.core.repository import Repository

# What can run a program, as far as a local file may set it; the team's part is in `team_layers`.
SENSITIVE: tuple[Path, ...] = (("bot", "command"), ("bot", "link"), ("launch",),
    ("notify", "command"), ("notify", "webhook"))  # fmt: skip


@dataclass(frozen=True)
class Config:
    """The settings that apply, and where they come from. `layers` are weakest first.

    `files` are all places on disk that were looked at: while each is as it was, so is the config.
    """

    settings: Settings
    layers: tuple[Layer, ...]
    files: tuple[ConfigFile, ...]
    digest: str

    def source(self, key: str) -> Source:
        """Where the value of a dotted key comes from: `bot.command`, `rules[3].slot`."""
        path = undotted(key)
        layer = self.deciding(path)
        if layer is not None and layer.has(path):
            return layer.source(path)
        if path[:1] == ("rules",) and path[2:] == ("new",):
            return self.source("new")
        return DEFAULT

    def deciding(self, path: Path) -> Layer | None:
        """The strongest layer that sets what `path` lies in; None for a default."""
        leaf = leaf_of(path)
        return next((layer for layer in reversed(self.layers) if layer.has(leaf)), None)

    @property
    def project(self) -> str | None:
        """What the project's config is called: `.wagit.yml`, `main:.wagit.yml`; None when there is none."""
        return next((layer.name for layer in self.layers if layer.role == "project"), None)


def load(
    repo: Repository,
    environ: Mapping[str, str],
    overrides: Mapping[str, object] = {},
    branch: str | None = None,
) -> Config:
    """Load what applies to the worktree, or, with `branch`, what would after a switch to it.

    `overrides` has dotted keys, from the command line. Raises ConfigProblems with every problem of
    every layer.
    """
    places = _look(repo, environ, branch)
    from_environment = environment.read(environ)
    problems = [*from_environment.problems]
    layers = [*_files(repo, environ, places, problems), *from_environment.layers, _command_line(overrides)]
    settings = _settings(layers, problems)
    if problems:
        raise ConfigProblems(_in_order(problems, layers))
    told = tuple(layer for layer in layers if layer.data)
    return Config(settings, told, places.files, digest.digest_of(places.found, environ))


def _in_order(problems: list[Problem], layers: list[Layer]) -> list[Problem]:
    """Sort by file, weakest layer first, and line; files that could not be read come before all."""
    names = [layer.name for layer in layers]
    return sorted(problems, key=lambda one: (names.index(one.file) if one.file in names else -1, one.line))


class _Places(NamedTuple):
    """What was found, the project config's name, and every place on disk that was looked at."""

    found: list[Candidate]
    project: str
    files: tuple[ConfigFile, ...]


def _look(repo: Repository, environ: Mapping[str, str], branch: str | None) -> _Places:
    """Find the files, with the project's taken from git where that is where it is."""
    found = digest.candidates(repo, environ)
    files = digest.files_of(found)
    tree = trees.of_branch(repo, environ, branch) if branch is not None else None
    if tree is None and any(one.role == "project" and one.data is None and not one.problem for one in found):
        tree = trees.of_default_branch(repo, environ)
    if tree is None:
        return _Places(found, digest.PROJECT, files)
    found = [tree.candidate if one.role == "project" else one for one in found]
    return _Places(found, tree.name, files + tree.refs)


def _files(
    repo: Repository, environ: Mapping[str, str], places: _Places, problems: list[Problem]
) -> Iterator[Layer]:
    """Read the file layers, weakest first, and add what is wrong in them."""
    for one in places.found:
        name = _name(repo, one, places.project)
        if one.problem:
            problems.append(Problem(name, 0, "", one.problem))
        if one.data is None:
            continue
        try:
            document = parse(name, one.data)
        except ConfigProblems as malformed:
            problems += malformed.problems
            continue
        layer = Layer(one.role, name, document.data, document.lines, versioned=one.role == "project")
        wants_trust = team_layers.concerns(layer) or any(layer.has(path) for path in SENSITIVE)
        if one.role == "local" and wants_trust:
            layer = layer._replace(versioned=_is_tracked(one.path, environ))
        problems += [*document.problems, *_store_problems(layer, one.data, environ)]
        problems += [*_secret_problems(layer), *team_layers.secrets(layer)]
        yield layer


def _name(repo: Repository, one: Candidate, project: str) -> str:
    """What a file is called in messages: short in the worktree, else its path."""
    if one.role == "project":
        return project
    return digest.LOCAL if os.path.dirname(one.path) == repo.worktree else one.path


def _is_tracked(path: str, environ: Mapping[str, str]) -> bool:
    """Whether git tracks a local file, so that it came with somebody's commit; unknown counts as yes."""
    directory, name = os.path.split(path)
    try:
        return bool(run_git("ls-files", "--", name, cwd=directory, environ=environ))
    except GitFailed:
        return True


def _secret_problems(layer: Layer) -> list[Problem]:
    """A secret in a file that others get is none."""
    if not layer.versioned or not layer.has(("notify", "secret")):
        return []
    text = f"is a secret, which a versioned file would tell; set it in {digest.LOCAL} or WAGIT_NOTIFY_SECRET"
    return [layer.problem(("notify", "secret"), text)]


def _store_problems(layer: Layer, data: bytes, environ: Mapping[str, str]) -> list[Problem]:
    """`store:` is the user's alone: a repository may not choose where on this machine it writes."""
    if not layer.has(("store",)):
        return []
    if layer.role != "user":
        own = digest.user_file(environ) or "your own config file"
        text = f"is never read from a repository's file; set it in {own} or WAGIT_STORE"
        return [layer.problem(("store",), text)]
    if digest.store_line(data) != layer.data["store"]:
        return [layer.problem(("store",), "must be a plain line by itself: store: /a/path")]
    return []


def _command_line(overrides: Mapping[str, object]) -> Layer:
    data: dict[str, object] = {}
    for key, value in overrides.items():
        environment.nest(data, undotted(key), value)
    return Layer(COMMAND_LINE, COMMAND_LINE, data)


def _settings(layers: Iterable[Layer], problems: list[Problem]) -> Settings:
    """Validate each layer and lay them on top of each other."""
    settings: Section = Settings()
    for layer in layers:
        valid, wrong = validate(layer) if layer.data else (None, [])
        problems += wrong
        if valid is not None:
            settings = merge(settings, valid)
            problems += _ages(layer, settings)
            problems += team_layers.duplicates(layer, valid.team.recipients)
    assert isinstance(settings, Settings)
    return _with_ages(_with_new(settings))


def _ages(layer: Layer, settings: Section) -> list[Problem]:
    """A session cannot be old before it stops being fresh."""
    assert isinstance(settings, Settings)
    health = settings.health
    if health.fresh <= health.old or "fresh" not in health.model_fields_set:
        return []
    key = next((name for name in ("old", "fresh") if layer.has(("health", name))), None)
    text = f"old ({duration(health.old)}) must not be less than fresh ({duration(health.fresh)})"
    return [layer.problem(("health", key), text)] if key else []


def _with_ages(settings: Settings) -> Settings:
    """Lower a default `fresh` to an `old` that somebody set below it."""
    health = settings.health
    if health.fresh <= health.old:
        return settings
    return settings.model_copy(update={"health": health.model_copy(update={"fresh": health.old})})


def _with_new(settings: Settings) -> Settings:
    """Give rules that say nothing about a new slot the general `new`."""
    if settings.new == Settings.model_fields["new"].default:
        return settings
    rules = tuple(
        rule if "new" in rule.model_fields_set else rule.model_copy(update={"new": settings.new})
        for rule in settings.rules
    )
    return settings.model_copy(update={"rules": rules})
