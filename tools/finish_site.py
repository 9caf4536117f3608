"""Finish the built pages: render formulas, drop what no page needs, and let a notebook's link download it.

The theme ships its icons twice, as fonts and as a script of 1.5 MB: the script goes, and the fonts keep
the icons that occur. Source maps, the fonts' second format and the theme's translations go too. A first visit
is quicker for it.
"""

import logging
import re
import shutil
from urllib.parse import unquote

from fontTools import subset
from PIL import Image
from render_formulas import Formulas

ICON_SCRIPT = re.compile(r"\s*<(?:script|link)[^>]*scripts/fontawesome\.js[^>]*>(?:</script>)?")
PICTURE = re.compile(r'<img (?=[^>]*src="[^"]*_images/)')
PICTURE_SOURCE = re.compile(
    r'<img loading="lazy" (?=[^>]*>)(?:(?!width="|src=)[^>])*src="(?P<src>[^"]+)"(?![^>]* width="\d)'
)
# The index of the whole book, and what reads it: only the search page does, to which every search field leads.
SEARCH_SCRIPT = re.compile(r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js"></script>')
# A corner cell of a table names nothing, so it is no header to a screen reader.
EMPTY_HEADER = re.compile(r'<th(?: class="head")?>(?:<p></p>)?</th>')
# The theme opens a notebook in a new tab, where it would show as raw text.
SOURCE_LINK = re.compile(r'target="_blank"(\s+class="[^"]*btn-download-source-button)')
# Where a page's own address leads to the site's root.
SITE_ROOT = re.compile(r'data-content_root="([^"]*)"')
NAMED_BY_CONTENT = re.compile(r"[0-9a-f]{40,}")
UNUSED = ("**/*.map", "scripts/fontawesome.js*", "vendor/fontawesome/webfonts/*.ttf", "locales/**/*.?o")
ICON_RULE = re.compile(r'((?:\.fa-[\w-]+:before,?)+)\{content:"\\([0-9a-f]{4})"\}')
ICON_NAME = re.compile(r"\bfa-[a-z0-9-]+")
# The icons' code points lie in Unicode's private area, written out or as they are.
ESCAPED_GLYPH = re.compile(r"\\([ef][0-9a-f]{3})\b")
GLYPH = re.compile("[\ue000-\uf8ff]")


def find_glyphs(site):
    """Code points of all icons that a page, a script or a style sheet's own rule shows."""
    texts = [path.read_text(encoding="utf-8") for path in site.rglob("*.html")]
    texts += [path.read_text(encoding="utf-8") for path in (site / "_static").glob("**/*.js")]
    names = {name for text in texts for name in ICON_NAME.findall(text)}
    glyphs = set()
    for path in (site / "_static").rglob("*.css"):
        css = path.read_text(encoding="utf-8")
        for selectors, glyph in ICON_RULE.findall(css):
            if names.intersection(ICON_NAME.findall(selectors)):
                glyphs.add(int(glyph, 16))
        rest = ICON_RULE.sub("", css)
        glyphs.update(int(glyph, 16) for glyph in ESCAPED_GLYPH.findall(rest))
        glyphs.update(ord(glyph) for glyph in GLYPH.findall(rest))
    return glyphs


def keep_glyphs(path, glyphs):
    """Rewrite a web font with only these code points."""
    options = subset.Options(flavor="woff2", drop_tables=["FFTM"])
    font = subset.load_font(str(path), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=glyphs)
    subsetter.subset(font)
    subset.save_font(font, str(path), options)


def finish_page(html):
    """A page's text without what it doesn't need, pictures fetched when they come near, its notebook as a download."""
    html = PICTURE.sub('<img loading="lazy" ', html)
    html = EMPTY_HEADER.sub("<td></td>", html)
    return SOURCE_LINK.sub(r"download\1", ICON_SCRIPT.sub("", html))


def reserve_space(html, folder, sizes):
    """A page's text with the width and height of each picture, so that text doesn't jump when a picture comes.

    `folder` is the page's own, to which a picture's address is relative; `sizes` keeps what was measured.
    """

    def with_size(match):
        path = (folder / unquote(match["src"])).resolve()
        if path not in sizes:
            sizes[path] = Image.open(path).size
        width, height = sizes[path]
        return f'{match[0]} width="{width}" height="{height}"'

    return PICTURE_SOURCE.sub(with_size, html)


def shrink_pictures(folder, kept):
    """Rewrite the lessons' figures with a palette of 256 colours, where that makes them smaller.

    A figure of lines and text has fewer colours than that, or nearly, and takes a third of the bytes. Figures are
    named by a digest of their content, so those of earlier builds are taken from the folder `kept`.
    """
    kept.mkdir(exist_ok=True)
    for path in folder.glob("*.png"):
        if not NAMED_BY_CONTENT.fullmatch(path.stem):
            continue
        small = kept / path.name
        if not small.exists():
            palette = Image.open(path).convert("RGB").quantize(256, dither=Image.Dither.NONE)
            unfinished = small.with_suffix(".part")
            palette.save(unfinished, "PNG", optimize=True)
            if unfinished.stat().st_size > path.stat().st_size:
                shutil.copy(path, unfinished)
            unfinished.replace(small)  # an interrupted build leaves no half picture behind
        shutil.copy(small, path)


def add_style(html):
    """A page's text with the style sheet of formulas, where there is a formula."""
    if "<mjx-container" not in html:
        return html
    link = f'<link rel="stylesheet" type="text/css" href="{SITE_ROOT.search(html)[1]}_static/formulas/formulas.css" />'
    return html.replace("</head>", f"{link}\n</head>", 1)


def finish(site, kept):
    """Rewrite the pages of a built site, shrink its pictures, remove the unused files and the unused icons.

    `kept` is a folder in which shrunk pictures and rendered formulas are kept from build to build.

    Raises:
        FormulaError: A formula can't be rendered.
    """
    # It reports each of its steps, in the midst of the warnings that a person looks for.
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    sizes = {}
    pages = {path.relative_to(site).as_posix(): path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    formulas = Formulas(kept / "formulas.json")
    pages = formulas.render_pages(pages)
    formulas.write_style(site / "_static" / "formulas")
    for name, html in pages.items():
        path = site / name
        html = add_style(finish_page(html))
        if path.name != "search.html":
            html = SEARCH_SCRIPT.sub("", html)
        path.write_text(reserve_space(html, path.parent, sizes), encoding="utf-8")
    shrink_pictures(site / "_images", kept / "pictures")
    for pattern in UNUSED:
        for path in (site / "_static").glob(pattern):
            path.unlink()
    glyphs = find_glyphs(site)
    for path in (site / "_static" / "vendor" / "fontawesome" / "webfonts").glob("*.woff2"):
        keep_glyphs(path, glyphs)
