"""A headless Chromium that prints one page at a time, waiting until all of it is drawn."""

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from find_browser import NoBrowserError, browser_flags, find_browser

PAGE_SCRIPT = Path(__file__).with_name("print_page.js")
SHAPING = (PAGE_SCRIPT, Path(__file__))  # what of the tools shapes a printed page
PIXELS_PER_MM = 96 / 25.4
PATIENCE = 60  # seconds for one step of a page


class PrintError(Exception):
    """One line that says what went wrong and what to do."""


@dataclass(frozen=True)
class Paper:
    """A paper's size and margins in millimetres."""

    width: float
    height: float
    side: float = 18
    top: float = 20


PAPERS = {"A4": Paper(210, 297), "Letter": Paper(215.9, 279.4)}


class Printer:
    """A headless Chromium that prints pages of one size, without a network."""

    def __init__(self, browser, paper):
        self.browser, self.paper = browser, paper
        width = (paper.width - 2 * paper.side) * PIXELS_PER_MM
        height = (paper.height - 2 * paper.top) * PIXELS_PER_MM
        viewport = {"width": int(width), "height": int(height)}
        self.context = browser.new_context(viewport=viewport, color_scheme="light", offline=True)
        self.context.set_default_timeout(PATIENCE * 1000)

    def print_page(self, address):
        """PDF of a page of the site, and what is wrong with it on paper."""
        page = self.context.new_page()
        try:
            page.emulate_media(media="print")
            page.goto(address)
            faults = page.evaluate(PAGE_SCRIPT.read_text(encoding="utf-8"))
            return page.pdf(**self._size(), **self._margins(), tagged=True, outline=True), faults
        finally:
            page.close()

    def print_text(self, text, tagged=True):
        """PDF of an HTML text that brings its own margins."""
        page = self.context.new_page()
        try:
            page.set_content(text)
            return page.pdf(**self._size(), prefer_css_page_size=True, tagged=tagged)
        finally:
            page.close()

    def _size(self):
        return {"width": f"{self.paper.width}mm", "height": f"{self.paper.height}mm"}

    def _margins(self):
        top, side = f"{self.paper.top}mm", f"{self.paper.side}mm"
        return {"margin": {"top": top, "bottom": top, "left": side, "right": side}}


@contextmanager
def open_printer(paper):
    """Give a printer; raises PrintError when the browser is missing or breaks down."""
    from playwright.sync_api import Error, sync_playwright

    try:
        path = find_browser()
    except NoBrowserError as error:
        raise PrintError(str(error)) from None
    # When the browser dies, for one at Ctrl-C, its last messages come too late for anybody.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=browser_flags())
            try:
                yield Printer(browser, paper)
            finally:
                browser.close()
    except Exception as error:
        # Playwright has a class for its errors, but not for the end of its own driver.
        if not isinstance(error, Error) and "driver" not in str(error):
            raise
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise PrintError(f"the browser gave up: {reason}. Run the command again.") from None
