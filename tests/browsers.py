"""A browser for the tests that look at a page as a person does."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Error, expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 60
"""How long a page may take for one step before it counts as a failure."""
expect.set_options(timeout=SECONDS * 1000)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """Chromium, without a window; skips the tests where there is none."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip("no Chromium is installed: the page is not tried in a browser")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=found, args=["--no-sandbox", *arguments], timeout=SECONDS * 1000
            )
        except Error as error:
            pytest.skip(f"Chromium does not start here: {error.message.splitlines()[0]}")
        yield browser
        browser.close()
