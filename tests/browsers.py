"""A browser for the tests that look at a page as a person does."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Error, expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Dialog, Page

SECONDS = 60
"""How long a page may take for one step before it counts as a failure."""
expect.set_options(timeout=SECONDS * 1000)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def installed() -> str:
    """The path of Chromium; skips the test where there is none."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip("no Chromium is installed: the page is not tried in a browser")
    return found


def dumped(address: str, profile: Path) -> str:
    """The page as Chromium has it after its scripts have run."""
    options = ["--headless=new", "--no-sandbox", "--no-proxy-server", "--virtual-time-budget=20000", "--dump-dom"]
    command = [installed(), *options, f"--user-data-dir={profile}", address]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False).stdout


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """Chromium, without a window; skips the tests where there is none."""
    found = installed()
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=found, args=["--no-sandbox", *arguments], timeout=SECONDS * 1000
            )
        except Error as error:
            pytest.skip(f"Chromium does not start here: {error.message.splitlines()[0]}")
        yield browser
        browser.close()


# A page that has no origin has no storage either.
_FORGET = "() => { try { localStorage.clear(); sessionStorage.clear(); } catch {} }"


@contextmanager
def lent(page: Page, faults: list[str], **listeners: Callable[..., None]) -> Iterator[Page]:
    """A page for one test of many: what goes wrong in it is in `faults`, and nothing of the test stays in it.

    A page of its own costs each test a process of the browser. What a test looks at has a port of its own, thus an
    origin of its own, and a port may be given twice: so its storage is emptied.
    """

    def said(dialog: Dialog) -> None:
        faults.append(dialog.message)
        dialog.dismiss()  # an open one would hold the tests that follow

    listeners = {"pageerror": lambda fault: faults.append(str(fault)), "dialog": said, **listeners}
    page.set_default_timeout(SECONDS * 1000)
    for event, listener in listeners.items():
        page.on(event, listener)
    try:
        yield page
    finally:
        for event, listener in listeners.items():
            page.remove_listener(event, listener)
        page.context.set_offline(False)
        page.evaluate(_FORGET)
        page.goto("about:blank")  # ends its requests, as leaving it does
