"""Finish the built pages: render formulas, drop what no page needs, and let a notebook's link download it.

The theme ships its icons twice, as fonts and as a script of 1.5 MB: the script goes, and the fonts keep
the icons that occur. Source maps, the fonts' second format and the theme's translations go too. A first visit
is quicker for it.
"""

import logging
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

from bundle_styles import bundle_styles
from fontTools import subset
from PIL import Image
from render_formulas import Formulas

# A pattern that begins with a sign looks through a page ten times as fast as one that may begin with others.
ICON_SCRIPT = re.compile(r"<(?:script|link)[^>]*scripts/fontawesome\.js[^>]*>(?:</script>)?")
# The settings that scripts read are shorter than the request for them; all else waits until the page is there.
SETTINGS = re.compile(r'<script src="[^"]*documentation_options\.js[^"]*"></script>')
PRELOADED = re.compile(r'<(?:!-- Pre-loaded scripts[^>]*-->\s*<)?link rel="preload" as="script"[^>]*>')
HEAD_SCRIPT = re.compile(r"<script(?![^>]* (?:defer|async))([^>]* src=)")
# The theme's own script comes late and would draw the page a second time, for readers in the dark first in white.
UNKNOWN_THEME = 'localStorage.getItem("theme") || "auto"'
KNOWN_THEME = """localStorage.getItem("theme") ||
      (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")"""
LEADING_ON = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8" />
<title>{title}</title>
<meta http-equiv="Refresh" content="0; url={target}" />
</head>
<body><p><a href="{target}">{title}</a></p></body>
</html>
"""
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
VIEWPORT = re.compile(r'(<meta name="viewport"[^>]*>)\s*<meta name="viewport"[^>]*>')
# A paragraph can't stand in a summary, nor a style sheet in a page's text: pandas' own stands in course.css.
SUMMARY = re.compile(r'<p class="((?:collapsed|expanded) admonition-title)">(.*?)</p>', re.DOTALL)
TABLE_STYLE = re.compile(r"<style scoped>.*?</style>\s*", re.DOTALL)
PICTURE = re.compile(r'<img (?=[^>]*src="[^"]*_images/)')
PICTURE_SOURCE = re.compile(
    r'<img loading="lazy" (?=[^>]*>)(?:(?!width="|src=)[^>])*src="(?P<src>[^"]+)"(?![^>]* width="\d)'
)
# The index of the whole book, and what reads it: only the search page does, to which every search field leads.
SEARCH_SCRIPT = re.compile(r'<script(?: defer)? src="[^"]*(?:searchtools|language_data|searchindex)\.js"></script>')
# A corner cell of a table names nothing, so it is no header to a screen reader.
EMPTY_HEADER = re.compile(r'<th(?: class="head")?>(?:<p></p>)?</th>')
# The theme opens a notebook in a new tab, where it would show as raw text.
SOURCE_LINK = re.compile(r'target="_blank"(\s+class="[^"]*btn-download-source-button)')
# A browser may end a line on either side of a formula, even before a comma.
FORMULA = re.compile(
    r'(?P<before>[(\[“‘]*)(?P<formula><span class="math [^>]*>.*?</mjx-container></span>)(?P<after>[-,.;:!?)\]”’%…]*)',
    re.DOTALL,
)
# Where a page's own address leads to the site's root.
SITE_ROOT = re.compile(r'data-content_root="([^"]*)"')
NAMED_BY_CONTENT = re.compile(r"[0-9a-f]{40,}")
UNUSED = ("**/*.map", "*macros.html", "scripts/fontawesome.js*", "vendor/fontawesome/webfonts/*.ttf", "locales/**/*.?o")
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


def finish_page(html, settings):
    """A page's text without what it doesn't need, scripts and pictures fetched when it is time for them.

    `settings` is the script that holds the builder's settings, which takes the place of the request for it.
    """
    html = html.replace(UNKNOWN_THEME, KNOWN_THEME)
    html = SETTINGS.sub(lambda match: f"<script>{settings}</script>", html)
    html = HEAD_SCRIPT.sub(r"<script defer\1", PRELOADED.sub("", html))
    html = VIEWPORT.sub(r"\1", html)
    html = SUMMARY.sub(r'<span class="\1">\2</span>', TABLE_STYLE.sub("", html))
    html = PICTURE.sub('<img loading="lazy" ', html)
    html = EMPTY_HEADER.sub("<td></td>", html)
    html = FORMULA.sub(keep_together, html)
    return SOURCE_LINK.sub(r"download\1", ICON_SCRIPT.sub("", html))


def keep_together(match):
    """A formula in a sentence and the signs that touch it, in a box of one line."""
    whole = match[0]
    return f'<span class="unbroken">{whole}</span>' if match["before"] or match["after"] else whole


def add_style(html, version):
    """A page's text with the style sheet of formulas, where there is a formula."""
    if "<mjx-container" not in html:
        return html
    address = f"{SITE_ROOT.search(html)[1]}_static/formulas/formulas.css?v={version}"
    return html.replace("</head>", f'<link rel="stylesheet" href="{address}" />\n  </head>', 1)


def lead_on(site):
    """Write the page at the site's root, which leads on to the book's first page, anew: as valid HTML."""
    root = site / "index.html"
    target = re.search(r'url=([^"]+)"', root.read_text(encoding="utf-8"))[1]
    title = TITLE.search((site / target).read_text(encoding="utf-8"))[1]
    root.write_text(LEADING_ON.format(title=title, target=target), encoding="utf-8")


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


def shrink_pictures(threads, folder, kept):
    """Begin to make the lessons' figures smaller; return the result to wait for, a small file, by a figure's path.

    Rewritten with a palette of 256 colours, a figure of lines and text takes a third of the bytes: it has fewer
    colours than that, or nearly. Figures are named by a digest of their content, so those of earlier builds are taken
    from the folder `kept`. Pillow lets other threads work meanwhile.
    """
    kept.mkdir(exist_ok=True)
    figures = (path for path in folder.glob("*.png") if NAMED_BY_CONTENT.fullmatch(path.stem))
    return {path: threads.submit(shrink, path, kept) for path in figures}


def shrink(path, kept):
    """Return the small file of a picture in the folder `kept`, made unless it is there."""
    small = kept / path.name
    if not small.exists():
        palette = Image.open(path).convert("RGB").quantize(256, dither=Image.Dither.NONE)
        unfinished = small.with_suffix(".part")
        palette.save(unfinished, "PNG", compress_level=8)  # 9 takes three times as long for a hundredth of the bytes
        if unfinished.stat().st_size > path.stat().st_size:
            shutil.copy(path, unfinished)
        unfinished.replace(small)  # an interrupted build leaves no half picture behind
    return small


def finish(site, kept):
    """Rewrite the pages of a built site, shrink its pictures, remove the unused files and the unused icons.

    `kept` is a folder in which shrunk pictures and rendered formulas are kept from build to build.

    Raises:
        FormulaError: A formula can't be rendered.
    """
    # It reports each of its steps, in the midst of the warnings that a person looks for.
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        pictures = shrink_pictures(threads, site / "_images", kept / "pictures")
        finish_pages(site, kept / "formulas.json")
        for path, small in pictures.items():
            shutil.copy(small.result(), path)


def finish_pages(site, kept):
    """Rewrite the pages, remove unused files and icons; rendered formulas are kept in the file `kept`."""
    lead_on(site)
    for pattern in UNUSED:
        for path in (site / "_static").glob(pattern):
            path.unlink()
    settings = (site / "_static" / "documentation_options.js").read_text(encoding="utf-8")
    pages = {path.relative_to(site).as_posix(): path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    formulas = Formulas(kept)
    pages = formulas.render_pages(pages)
    version = formulas.write_style(site / "_static" / "formulas")
    pages = {name: finish_page(html, settings) for name, html in pages.items()}
    sizes = {}
    for name, html in bundle_styles(site, pages).items():
        path = site / name
        own = html if path.name == "search.html" else SEARCH_SCRIPT.sub("", html)
        path.write_text(reserve_space(add_style(own, version), path.parent, sizes), encoding="utf-8")
    glyphs = find_glyphs(site)
    for path in (site / "_static" / "vendor" / "fontawesome" / "webfonts").glob("*.woff2"):
        keep_glyphs(path, glyphs)
