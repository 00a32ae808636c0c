"""Find a Chromium or Chrome to run, and ask it its version."""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping

from wagit.core.errors import WagitError

# A variable that is set decides alone: silently taking another browser could open a session with the
# wrong one. The first is ours, then puppeteer's and chrome-launcher's.
VARIABLES = ("WAGIT_CHROMIUM", "PUPPETEER_EXECUTABLE_PATH", "CHROME_PATH")
NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "brave-browser",
)
MAC_APPLICATIONS = (
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Chromium.app/Contents/MacOS/Chromium",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "Brave Browser.app/Contents/MacOS/Brave Browser",
)
WINDOWS_PROGRAMS = (
    r"Google\Chrome\Application\chrome.exe",
    r"Chromium\Application\chrome.exe",
    r"Microsoft\Edge\Application\msedge.exe",
)
VERSION_TIMEOUT = 20.0  # seconds; the first start from a cold disk is slow


class NoBrowser(WagitError):
    """There is no Chromium or Chrome, or the one that was named does not run."""

    code = "no-browser"
    exit_status = 10


def find(environ: Mapping[str, str], configured: str | None = None) -> str:
    """Return the path of a Chromium or Chrome executable.

    First what is `configured`, then the variables `WAGIT_CHROMIUM`, `PUPPETEER_EXECUTABLE_PATH`,
    `CHROME_PATH`, the PATH, the usual places of this system, and what Playwright or puppeteer
    downloaded, newest first. Raises NoBrowser, also when a configured one does not exist.
    """
    for source, value in (("the config", configured), *((name, environ.get(name)) for name in VARIABLES)):
        if value:
            return _named(value, source, environ)
    for candidate in _candidates(environ):
        if is_executable(candidate):
            return candidate
    raise NoBrowser("no Chromium or Chrome was found", how_to_install())


def _named(value: str, source: str, environ: Mapping[str, str]) -> str:
    path = shutil.which(os.path.expanduser(value), path=environ.get("PATH", ""))
    if path is None:
        raise NoBrowser(
            f"the browser that {source} names is not an executable file: {value}",
            f"mend or remove it; or {how_to_install()}",
        )
    return os.path.abspath(path)


def _candidates(environ: Mapping[str, str]) -> Iterator[str]:
    for name in NAMES:
        found = shutil.which(name, path=environ.get("PATH", ""))
        if found:
            yield os.path.abspath(found)
    yield from _usual_places(environ)
    yield from _downloads(environ)


def _usual_places(environ: Mapping[str, str]) -> Iterator[str]:
    if sys.platform == "darwin":
        for root in ("/Applications", os.path.join(environ.get("HOME", "/"), "Applications")):
            yield from (os.path.join(root, application) for application in MAC_APPLICATIONS)
    elif sys.platform == "win32":
        for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            root = environ.get(variable, "")
            yield from (os.path.join(root, program) for program in WINDOWS_PROGRAMS if root)
    else:
        yield from ("/snap/bin/chromium", "/opt/google/chrome/chrome", "/usr/lib/chromium/chromium")


def _downloads(environ: Mapping[str, str]) -> Iterator[str]:
    """Browsers that Playwright (`chromium-<revision>`) and puppeteer (`chrome/<platform>-<version>`) keep."""
    cache = _cache_directory(environ)
    playwright = environ.get("PLAYWRIGHT_BROWSERS_PATH") or os.path.join(cache, "ms-playwright")
    puppeteer = environ.get("PUPPETEER_CACHE_DIR") or os.path.join(
        environ.get("HOME") or environ.get("USERPROFILE", ""), ".cache", "puppeteer"
    )
    patterns = (
        os.path.join(glob.escape(playwright), "chromium-*", "chrome-*"),
        os.path.join(glob.escape(puppeteer), "chrome", "*", "chrome-*"),
    )
    programs = (
        "chrome",
        "chrome.exe",
        "Chromium.app/Contents/MacOS/Chromium",
        "Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
    )
    for pattern in patterns:
        for directory in sorted(glob.glob(pattern), key=_numbers, reverse=True):
            yield from (os.path.join(directory, program) for program in programs)


def _cache_directory(environ: Mapping[str, str]) -> str:
    home = environ.get("HOME", "")
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Caches")
    if sys.platform == "win32":
        return environ.get("LOCALAPPDATA", "")
    return environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")


def _numbers(path: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", os.path.basename(os.path.dirname(path)))]


def is_executable(path: str) -> bool:
    """Whether `path` is a file that may be run."""
    return os.path.isfile(path) and os.access(path, os.X_OK)


def version(executable: str) -> str:
    """Ask the browser its version: "156.0.8078.79". Raises NoBrowser when it does not answer.

    On Windows `chrome --version` opens a window; there the version is the name of a directory beside it.
    """
    said = _installed_versions(executable) if sys.platform == "win32" else _asked(executable)
    found = re.search(r"\b\d+(?:\.\d+){1,3}\b", said)
    if found is None:
        raise NoBrowser(f"{executable} did not tell its version", how_to_install())
    return found[0]


def _asked(executable: str) -> str:
    try:
        done = subprocess.run(
            [executable, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=VERSION_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise NoBrowser(f"{executable} does not run: {failed}", how_to_install()) from failed
    return done.stdout.decode(errors="replace")


def _installed_versions(executable: str) -> str:
    names = os.listdir(os.path.dirname(executable))
    return " ".join(sorted(name for name in names if re.fullmatch(r"\d+(\.\d+){3}", name)))


def how_to_install() -> str:
    """The one command that installs a browser on this system."""
    if sys.platform == "darwin":
        return "install one: brew install --cask chromium; or set WAGIT_CHROMIUM to its path"
    if sys.platform == "win32":
        return "install Google Chrome; or set WAGIT_CHROMIUM to its path"
    return (
        "install one: apt install chromium, or python -m playwright install chromium; "
        "or set WAGIT_CHROMIUM to its path"
    )
