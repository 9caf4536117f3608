"""What a printed book has and a site has not: a title page, contents with page numbers, running heads."""

from html import escape
from itertools import groupby

STYLE = """
  @page {{ size: {width}mm {height}mm; margin: {margins}; }}
  body {{ font: 12px/1.45 {font}; margin: 0; }}
  a {{ color: inherit; text-decoration: none; }}
"""
FONT = "system-ui, sans-serif"  # as the site has it
TITLE_STYLE = """
  main { display: flex; flex-direction: column; height: 85vh; justify-content: center; }
  h1 { font-size: 42px; font-weight: 500; line-height: 1.2; margin: 0 0 24px; }
  p { font-size: 16px; margin: 0 0 12px; }
  .below { margin-top: 180px; }
  .below, .hint { font-size: 12px; }
"""
CONTENTS_STYLE = """
  h1 { font-size: 27px; font-weight: 500; margin: 0 0 16px; }
  h2 { break-after: avoid; font-size: 15px; font-weight: 600; margin: 12px 0 2px; }
  p { break-inside: avoid; margin: 0; }
  a { display: flex; }
  .dots { border-bottom: 1px dotted #777; flex: 1; margin: 0 6px 5px; }
"""
HEAD_STYLE = """
  section {{ break-after: page; height: {height}mm; overflow: hidden; position: relative; }}
  section:last-child {{ break-after: auto; }}
  .above, .number {{ color: #555; font-size: 11px; left: {side}mm; position: absolute; right: {side}mm; }}
  .above {{ display: flex; justify-content: space-between; top: 9mm; }}
  .number {{ bottom: 9mm; text-align: center; }}
"""


def document(title, style, body, language="en"):
    """A whole HTML document."""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{style}</style></head><body>{body}</body></html>"
    )


def title_page(book, paper):
    """HTML of the first page; `book` has a title, an author and the licence's words."""
    body = (
        f"<main><h1>{escape(book.title)}</h1><p>{escape(book.author)}</p>"
        f'<p class="below">{escape(book.licence)}</p>'
        '<p class="hint">Answers to questions and solutions of exercises are at the end of each chapter. '
        "Underlined words are links to other places in this book; on paper, the contents tell their pages.</p></main>"
    )
    return document(book.title, page_style(paper) + TITLE_STYLE, body, book.language)


def contents(book, paper, pieces, numbers):
    """HTML of the contents: parts, lessons and the numbers of their first pages; links relative to the site."""
    lines = ["<h1>Contents</h1>"]
    for part, members in groupby(pieces, key=lambda piece: piece.part):
        if part:
            lines.append(f"<h2>{escape(part)}</h2>")
        for piece in members:
            lines.append(
                f'<p><a href="{escape(book.base + piece.address)}"><span>{escape(piece.title)}</span>'
                f'<span class="dots"></span><span>{numbers.get(piece.address, 0)}</span></a></p>'
            )
    return document("Contents", page_style(paper) + CONTENTS_STYLE, "".join(lines), book.language)


def running_heads(paper, heads):
    """HTML with one page for each of `heads`, pairs of left and right text or None; the number is below."""
    sections = []
    for number, head in enumerate(heads, start=1):
        text = ""
        if head:
            left, right = map(escape, head)
            text = f'<div class="above"><span>{left}</span><span>{right}</span></div><div class="number">{number}</div>'
        sections.append(f"<section>{text}</section>")
    style = page_style(paper, margins="0") + HEAD_STYLE.format(height=paper.height, side=paper.side)
    return document("Running heads", style, "".join(sections))


def page_style(paper, margins=None):
    """The rules that every one of these documents begins with."""
    margins = margins or f"{paper.top}mm {paper.side}mm"
    return STYLE.format(width=paper.width, height=paper.height, margins=margins, font=FONT)
