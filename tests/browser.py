"""A Chromium for tests: how it is had, started, kept from the network outside, and listened to."""

import importlib
import os
import re
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tools"))
finder = importlib.import_module("find_browser")

OUTSIDE = re.compile(r"^(?:https?|wss?)://(?!127\.0\.0\.1[:/]|localhost[:/])")


def browser_path():
    """Path of a browser; without one the test is skipped with the reason in sight, or fails where CI is set."""
    try:
        return finder.find_browser()
    except finder.NoBrowserError as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI needs a browser: {error}", pytrace=False)
        # A quiet run hides the reasons of skipped tests, but shows warnings.
        warnings.warn(f"tests in a browser are skipped: {error}", stacklevel=1)
        pytest.skip(str(error))


@contextmanager
def open_chromium():
    """Give a headless Chromium with an empty profile that reaches localhost only, and close it."""
    path = browser_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=finder.browser_flags())
        try:
            yield browser
        finally:
            browser.close()


def record_faults(page):
    """List that fills with the page's requests to the outside and its errors as they happen."""
    faults = []

    def note_request(request):
        if OUTSIDE.match(request.url):
            faults.append(f"asks for {request.url}")

    def note_message(message):
        if message.type == "error":
            faults.append(f"console error: {message.text} ({message.location['url']})")

    page.on("request", note_request)
    page.on("websocket", note_request)
    page.on("console", note_message)
    page.on("pageerror", lambda error: faults.append(f"error in a script: {error}"))
    return faults
