"""Print the whole site into one PDF, through Chromium: `make pdf`.

Each page of the site is printed by itself and kept in _build/print, under a name made from all that shapes it.
So a page that hasn't changed isn't printed again, and a run that was interrupted goes on where it stopped. At the
end the pages are joined, and the finished book takes the place of the former one.
"""

import argparse
import hashlib
import html
import re
import sys
from dataclasses import dataclass

import print_frame
import yaml
from build_book import BUILD, CONFIG, ROOT, SITE, TOC, listed_pages
from exit_status import run_to_the_end
from join_pdf import Joiner, JoinError, Piece, find_faults
from locking import one_at_a_time
from page_printer import PAPERS, SHAPING, PrintError, open_printer

CACHE = BUILD / "print"
ARTICLE = re.compile(r'<article class="bd-article".*?</article>', re.S)
TITLE = re.compile(r"<h1>(.*?)</h1>", re.S)
SIGN = re.compile(r'<a class="headerlink".*?</a>|<[^>]+>|\\[()]', re.S)
SOURCE = re.compile(r'<img [^>]*src="([^":]+)"')


@dataclass(frozen=True)
class Book:
    """What stands on the title page, and the address that all pages of the site begin with."""

    title: str
    author: str
    licence: str
    language: str
    base: str


def read_book(site):
    """The book's data, from the site's settings."""
    settings = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    licence = html.unescape(SIGN.sub("", settings["html"]["extra_footer"])).strip()
    language = settings["sphinx"]["config"]["language"]
    return Book(settings["title"], settings["author"], licence, language, f"{site.as_uri()}/")


def list_parts(toc):
    """Yield each page of the table of contents in reading order, with the name of its part, None for the first."""
    yield toc["root"], None
    for part in toc["parts"]:
        for page in listed_pages({"chapters": part["chapters"]}):
            yield page, part["caption"]


def read_title(text):
    """A page's title as plain text, from its HTML."""
    return html.unescape(SIGN.sub("", TITLE.search(text)[1])).strip()


def digest_page(path, frame):
    """Digest of all that shapes a page on paper: its article, the pictures in it, and `frame`."""
    article = ARTICLE.search(path.read_text(encoding="utf-8"))[0]
    digest = hashlib.sha256(frame + article.encode())
    for source in SOURCE.findall(article):
        picture = path.parent / source
        digest.update(picture.read_bytes() if picture.is_file() else b"")
    return digest.hexdigest()[:32]


def digest_frame(site, paper, version):
    """Digest of what shapes every page: the site's style and scripts, the paper, the browser, how it prints."""
    digest = hashlib.sha256(f"{paper} {version}".encode())
    for path in [*SHAPING, *sorted(path for path in (site / "_static").rglob("*") if path.is_file())]:
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.digest()


def write_whole(path, data):
    """Write a file so that it is there whole or not at all."""
    unfinished = path.with_suffix(".part")
    try:
        unfinished.write_bytes(data)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def print_pieces(printer, book, site, cache, say=print):
    """Print what isn't in the cache yet; return the pieces in reading order, and what is wrong with them.

    A page with a fault is not kept, so that the fault is told each time.
    """
    frame = digest_frame(site, printer.paper, printer.browser.version)
    pages = list(list_parts(yaml.safe_load(TOC.read_text(encoding="utf-8"))))
    pieces, faults = [], []
    for number, (name, part) in enumerate(pages, start=1):
        address = f"{name.removesuffix('.ipynb').removesuffix('.md')}.html"
        path = site / address
        kept = cache / f"{path.stem}-{digest_page(path, frame)}.pdf"
        if not kept.is_file():
            say(f"print: page {number} of {len(pages)}: {address}")
            pdf, wrong = printer.print_page(book.base + address)
            faults += [f"{address}: {fault}" for fault in wrong]
            kept = cache / f"{path.stem}-faulty.pdf" if wrong else kept
            write_whole(kept, pdf)
        pieces.append(Piece(address, kept, read_title(path.read_text(encoding="utf-8")), part))
    return pieces, faults


def print_front(printer, book, pieces, cache):
    """Print title page and contents; return them as pieces, and the number of each piece's first page."""
    cover = Piece("title-page", cache / "title-page.pdf", book.title)
    write_whole(cover.path, printer.print_text(print_frame.title_page(book, printer.paper)))
    table = Piece("contents", cache / "contents.pdf", "Contents")
    numbers = {}
    # How long the contents are is known once they are printed; only then the numbers are.
    for _ in range(2):
        write_whole(table.path, printer.print_text(print_frame.contents(book, printer.paper, pieces, numbers)))
        numbers, next_number = {}, 1
        for piece in (cover, table, *pieces):
            numbers[piece.address] = next_number
            next_number += count_pages(piece.path)
    return [cover, table], numbers


def count_pages(path):
    """How many pages a PDF has."""
    import pikepdf

    with pikepdf.open(path) as pdf:
        return len(pdf.pages)


def list_heads(pieces):
    """Running heads of all pages: part and title; None for the title page."""
    heads = []
    for piece in pieces:
        head = None if piece.address == "title-page" else (piece.part or "", piece.title)
        heads += [head] * count_pages(piece.path)
    return heads


def join(printer, book, pieces, cache, path):
    """Join the pieces into the book at `path`; raises PrintError when a link in it leads nowhere."""
    front, _ = print_front(printer, book, pieces, cache)
    every = [*front, *pieces]
    joiner = Joiner(book.base)
    outlines = [joiner.add(piece) for piece in every]
    joiner.bookmark(every[1:], outlines[1:])
    joiner.stamp(printer.print_text(print_frame.running_heads(printer.paper, list_heads(every)), tagged=False))
    joiner.write_tags(book.language)
    joiner.describe(book.title, book.author, book.language, book.licence)
    unfinished = path.with_suffix(".part")
    try:
        joiner.save(unfinished)
        faults = find_faults(unfinished)
        if faults:
            raise PrintError("the book isn't right:\n" + "\n".join(faults))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return len(joiner.book.pages)


def print_book(name):
    """Print the book on paper of that name."""
    if not (SITE / "index.html").is_file():
        raise PrintError("there is no site yet. Build it with `make book`.")
    cache = CACHE / name
    cache.mkdir(parents=True, exist_ok=True)
    target = BUILD / ("deep_learning_course.pdf" if name == "A4" else f"deep_learning_course_{name.lower()}.pdf")
    with one_at_a_time(CACHE / ".lock"), open_printer(PAPERS[name]) as printer:
        book = read_book(SITE)
        pieces, faults = print_pieces(printer, book, SITE, cache, say)
        say("print: joining …")
        pages = join(printer, book, pieces, cache, target)
    used = {piece.path.name for piece in pieces} | {"title-page.pdf", "contents.pdf"}
    for old in cache.glob("*.pdf"):
        if old.name not in used:
            old.unlink()
    for fault in faults:
        say(f"print: {fault}")
    print(f"print: {target.relative_to(ROOT)}, {pages} pages, {target.stat().st_size / 1e6:.0f} MB")


def say(line):
    """Tell how far the work is."""
    print(line, file=sys.stderr, flush=True)


def main():
    """Print the book; return the exit status."""
    parser = argparse.ArgumentParser(description="Print the whole site into one PDF.")
    parser.add_argument("--paper", choices=PAPERS, default="A4", help="the paper's size (default: A4)")
    name = parser.parse_args().paper
    return run_to_the_end("print", lambda: print_book(name), (PrintError, JoinError))


if __name__ == "__main__":
    sys.exit(main())
