"""What the built site's pages weigh, how much they move while they load, and what Lighthouse and the Nu checker say.

    make measure-pages     builds the site, measures, prints, and writes results/pages.json

The site is served here, gzipped. Three pages are visited in Chromium with an empty cache and with a warm one;
Lighthouse judges the same three as a desktop and as a phone; the Nu checker reads all pages. Lighthouse (it runs in
Node) and the Nu checker (in Java) are fetched by npm, once, into _build/checkers. Where a program is missing, a line
says so and the rest is measured, but not recorded. Exits with 1 when a goal is missed.
"""

import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from measure import announce, describe_machine

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
CHECKERS = ROOT / "_build" / "checkers"
RECORD = Path(__file__).resolve().parent / "results" / "pages.json"
# The versions that were tried; npm fetches no others.
VERSIONS = {"lighthouse": "12.8.2", "vnu-jar": "26.9.27"}
PAGES = {
    "front page": "book/index",
    "lesson with many formulas": "notebooks/05_multilayer_perceptrons/07_four_equations",
    "page of text": "book/instructor_guide",
}
SCREENS = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 375, "height": 800}}
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
FIRST_VISIT, LATER_VISIT = 450_000, 100_000  # bytes at most, gzipped, figures apart
LAYOUT_SHIFT = 0.05  # less than
SCORES = {"desktop": (98, 100, 100, 100), "phone": (90, 100, 100, 100)}  # at least, in the order of CATEGORIES
ROUNDS = 3  # runs of Lighthouse, of which the median counts
FLAGS = ("--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
COMPRESSIBLE = {".html", ".css", ".js", ".svg", ".json", ".txt", ".ipynb", ".md"}
FIGURES = "/_images/"

WATCH_SHIFTS = """
window.shifted = 0;
new PerformanceObserver(list => list.getEntries().forEach(entry => {
    if (!entry.hadRecentInput) window.shifted += entry.value;
})).observe({type: "layout-shift", buffered: true});
"""
SCROLL_THROUGH = """async () => {
    for (let y = 0; y < document.scrollingElement.scrollHeight; y += innerHeight / 2) {
        scrollTo({top: y, behavior: "instant"});
        await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    }
}"""


@cache
def compress(path, changed):
    """A file's bytes as a server sends them; `changed` is its time, so that a new file is read anew."""
    body = path.read_bytes()
    return gzip.compress(body, mtime=0) if path.suffix in COMPRESSIBLE else body


class Handler(SimpleHTTPRequestHandler):
    """Serves files gzipped, over connections that stay open, and notes what it sends."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """Send a file, or what was planted in its place."""
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path /= "index.html"
        if not path.is_file():
            self.send_error(404)
            return
        planted = self.server.planted.get(path.name)
        body = gzip.compress(planted) if planted else compress(path, path.stat().st_mtime_ns)
        self.server.sent.append((self.path, len(body)))
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")  # what common hosts of static sites say
        if path.suffix in COMPRESSIBLE:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def guess_type(self, path):
        """The type of a file; texts are UTF-8."""
        kind = super().guess_type(path)
        return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind

    def log_message(self, *details):
        """Print nothing."""


@contextmanager
def serve(site):
    """Give a server of a built site at a free port: `address`, `sent` (paths and bytes), `planted` (name to bytes)."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(site))) as server:
        server.address, server.sent, server.planted = f"http://127.0.0.1:{server.server_port}", [], {}
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def load(page, address):
    """Open a page and wait until nothing more is fetched."""
    page.goto(address)
    page.evaluate("document.fonts.ready")
    page.wait_for_load_state("networkidle")


def weigh(browser, server, name, before=None):
    """Bytes that a page costs, figures apart, and those of its figures: with an empty cache, or after another page."""
    context = browser.new_context(viewport=SCREENS["desktop"])
    page = context.new_page()
    if before:
        load(page, f"{server.address}/{before}.html")
    server.sent.clear()
    load(page, f"{server.address}/{name}.html")
    figures = sum(size for path, size in server.sent if FIGURES in path)
    total = sum(size for _, size in server.sent)
    context.close()
    return total - figures, figures


def measure_shift(browser, server, name, screen):
    """Sum of all layout shifts of a first visit, from the first byte to the end of the page."""
    context = browser.new_context(viewport=SCREENS[screen])
    page = context.new_page()
    page.add_init_script(WATCH_SHIFTS)
    load(page, f"{server.address}/{name}.html")
    page.evaluate(SCROLL_THROUGH)
    page.wait_for_load_state("networkidle")
    shifted = page.evaluate("window.shifted")
    context.close()
    return shifted


def measure_visits(browser, server, name):
    """A page's weights in kB and its layout shift on both screens."""
    first, figures = weigh(browser, server, name)
    others = [other for other in PAGES.values() if other != name]
    later, _ = weigh(browser, server, name, before=others[0])
    shifts = {screen: round(measure_shift(browser, server, name, screen), 4) for screen in SCREENS}
    kilobytes = {"first_visit_kb": first, "later_kb": later, "figures_kb": figures}
    return {key: round(value / 1000, 1) for key, value in kilobytes.items()} | {"layout_shift": shifts}


def run_lighthouse(address, screen, browser_path):
    """Scores of one run, 0 to 100, in the order of CATEGORIES, and the names of audits that cost points."""
    # Chromium refuses to run as root inside its sandbox.
    flags = [*FLAGS, "--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else FLAGS
    command = ["node", str(CHECKERS / "node_modules" / "lighthouse" / "cli" / "index.js"), address, "--quiet"]
    command += ["--output=json", "--no-enable-error-reporting", f"--chrome-flags={' '.join(flags)}"]
    command += [f"--only-categories={','.join(CATEGORIES)}"]
    command += ["--preset=desktop"] if screen == "desktop" else []
    environment = {**os.environ, "CHROME_PATH": browser_path}
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False, timeout=300)
    if done.returncode:
        raise SystemExit(f"pages: Lighthouse failed: {done.stderr.strip().splitlines()[-1:]}")
    report = json.loads(done.stdout)
    scores = [round(100 * (report["categories"][name]["score"] or 0)) for name in CATEGORIES]
    costly = {
        f"{audit['id']}: {report['audits'][audit['id']].get('displayValue') or report['audits'][audit['id']]['title']}"
        for category in report["categories"].values()
        for audit in category["auditRefs"]
        if audit["weight"] and (report["audits"][audit["id"]]["score"] or 0) < 0.9
        if report["audits"][audit["id"]]["scoreDisplayMode"] not in ("notApplicable", "informative", "manual")
    }
    return scores, costly


def judge(address, screen, browser_path):
    """Median scores of some runs of Lighthouse, by category; prints what cost points."""
    runs = [run_lighthouse(address, screen, browser_path) for _ in range(ROUNDS)]
    for fault in sorted(set.union(*(costly for _, costly in runs))):
        print(f"    {fault}")
    medians = map(statistics.median, zip(*(scores for scores, _ in runs), strict=True))
    return dict(zip(CATEGORIES, map(round, medians), strict=True))


def check_html(site):
    """The errors that the Nu checker finds in all pages, as lines. No exception is made."""
    jar = CHECKERS / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    command = ["java", "-Xss4m", "-jar", str(jar), "--format", "json", "--stdout", "--exit-zero-always"]
    command += ["--skip-non-html", "--errors-only", str(site)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=600)
    if done.returncode:
        raise SystemExit(f"pages: the Nu checker failed: {done.stderr.strip().splitlines()[-1:]}")
    messages = json.loads(done.stdout)["messages"]
    return [f"{m['url'].removeprefix(site.as_uri())}:{m.get('lastLine', 0)}: {m['message']}" for m in messages]


def missing_programs():
    """Names of the programs that this needs and that aren't there."""
    return [name for name in ("node", "npm", "java") if not shutil.which(name)]


def fetch_checkers():
    """Have npm fetch Lighthouse and the Nu checker, unless they are there; return whether they are."""
    manifests = {name: CHECKERS / "node_modules" / name / "package.json" for name in VERSIONS}
    if all(p.is_file() and json.loads(p.read_text())["version"] == VERSIONS[name] for name, p in manifests.items()):
        return True
    announce("fetching Lighthouse and the Nu checker, a minute")
    CHECKERS.mkdir(parents=True, exist_ok=True)
    command = [shutil.which("npm"), "install", "--prefix", str(CHECKERS), "--no-save", "--ignore-scripts"]
    command += ["--no-audit", "--no-fund", *(f"{name}@{wanted}" for name, wanted in VERSIONS.items())]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        print(f"pages: npm can't fetch Lighthouse and the Nu checker: {(done.stderr.strip().splitlines() or ['?'])[0]}")
    return done.returncode == 0


def find_browser():
    """Path of a Chromium, or None after a line that says why there is none."""
    sys.path.append(str(ROOT / "tools"))
    import find_browser

    try:
        return find_browser.find_browser()
    except find_browser.NoBrowserError as error:
        print(f"pages: weights and Lighthouse are left out: {error}")
        return None


def measure_in_browser(path, found):
    """Add each page's weights and layout shift to `found`, a dict of title to results."""
    from playwright.sync_api import sync_playwright

    flags = [*FLAGS[1:], "--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else FLAGS[1:]
    with serve(SITE) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(flags))
        for title, name in PAGES.items():
            announce(f"visiting the {title}")
            found[title] |= measure_visits(browser, server, name)
        browser.close()


def measure_with_lighthouse(path, found):
    """Add Lighthouse's scores to `found`."""
    with serve(SITE) as server:
        for title, name in PAGES.items():
            found[title]["scores"] = {}
            for screen in SCREENS:
                announce(f"Lighthouse: {title}, {screen}")
                found[title]["scores"][screen] = judge(f"{server.address}/{name}.html", screen, path)


def missed_goals(pages):
    """Lines that name each goal that a page misses."""
    missed = []
    for title, page in pages.items():
        if "first_visit_kb" in page:
            limits = {"first_visit_kb": FIRST_VISIT / 1000, "later_kb": LATER_VISIT / 1000}
            missed += [
                f"{title}: {key} {page[key]}, at most {most:g}" for key, most in limits.items() if page[key] > most
            ]
            shifts = page["layout_shift"].items()
            missed += [f"{title}, {screen}: layout shift {x}" for screen, x in shifts if x >= LAYOUT_SHIFT]
        for screen, scores in page.get("scores", {}).items():
            for (category, score), least in zip(scores.items(), SCORES[screen], strict=True):
                missed += [f"{title}, {screen}: {category} {score}, at least {least}"] if score < least else []
    return missed


def print_pages(pages):
    """Print the table that people read."""
    print(f"\n{'':27}{'first':>8}{'later':>8}{'figures':>9}   shift           desktop          phone")
    print(f"{'':27}{'kB':>8}{'kB':>8}{'kB':>9}   desktop  phone  perf acc best seo perf acc best seo")
    for title, page in pages.items():
        line = f"{title:27}"
        if "first_visit_kb" in page:
            line += f"{page['first_visit_kb']:8.1f}{page['later_kb']:8.1f}{page['figures_kb']:9.1f}   "
            line += "".join(f"{shift:<9.4f}" for shift in page["layout_shift"].values())
        for scores in page.get("scores", {}).values():
            line += "".join(f"{score:>4}" for score in scores.values()) + " "
        print(line)


def write_record(pages):
    """Keep what was measured, with the date, the machine and the checkers; the file is replaced in one step."""
    record = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": describe_machine(),
        "checkers": VERSIONS,
        "pages": pages,
        "html_errors": 0,
    }
    with tempfile.NamedTemporaryFile("w", dir=RECORD.parent, suffix=".part", delete=False, encoding="utf-8") as part:
        part.write(json.dumps(record, indent=1) + "\n")
    Path(part.name).replace(RECORD)


def main():
    """Measure, print and record; return the exit status."""
    if not (SITE / "index.html").is_file():
        raise SystemExit("pages: there is no _build/html/index.html: run `make book` first")
    missing = missing_programs()
    if missing:
        print(f"pages: not installed, and what needs them is left out: {', '.join(missing)}")
    fetched = "npm" not in missing and "node" not in missing and fetch_checkers()
    browser, found, checked, missed = find_browser(), {title: {} for title in PAGES}, False, []
    if browser:
        measure_in_browser(browser, found)
        if fetched:
            measure_with_lighthouse(browser, found)
    if fetched and "java" not in missing:
        announce("the Nu checker, all pages")
        missed += check_html(SITE)
        checked = True
        print(f"Nu checker: {len(missed)} errors")
    print_pages(found)
    missed += missed_goals(found)
    print("\n".join(f"MISSED {line}" for line in missed) or "all goals that were measured are met")
    if not missed and browser and checked:
        write_record(found)
    else:
        print("pages: not recorded, because a goal is missed or something wasn't measured")
    return int(bool(missed))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\npages: stopped; nothing was recorded")
