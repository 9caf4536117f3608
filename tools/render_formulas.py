"""Render the formulas of built pages, so that a reader's browser needs no script for it.

MathJax, from the registry package `sphinx-mathjax-offline`, runs here in V8, from the package `mini-racer`: neither a
network nor another program is asked. It gives the same HTML as in a browser, a hidden MathML for screen readers
included, and a style sheet that sets each letter's width, so that nothing moves when the fonts come. Of the style sheet
and of the fonts, the site gets what its formulas use.
"""

import json
import re
import shutil
from base64 import b64encode
from hashlib import sha256
from html import unescape
from importlib.metadata import distribution, version
from io import BytesIO
from pathlib import Path

from fontTools import subset
from py_mini_racer import MiniRacer

PACKAGE = "sphinx-mathjax-offline"
MATHJAX = Path(distribution(PACKAGE).locate_file(f"{PACKAGE}/static/mathjax"))
FONTS = "output/chtml/fonts/woff-v2"
LICENCE = Path(__file__).with_name("MATHJAX_LICENSE.txt")
PARTS = (
    "core",
    "adaptors/liteDOM",
    "input/tex-full",
    "output/chtml",
    "output/chtml/fonts/tex",
    "a11y/assistive-mml",
)
# Without the two packages bad LaTeX gives an error that we can see, and not red or plain text.
CONFIG = {
    "loader": {"load": []},
    "startup": {"typeset": False},
    "tex": {"packages": {"[-]": ["noundefined", "noerrors"]}},
    "chtml": {"adaptiveCSS": False, "fontURL": "."},
}
START = """
MathJax.loader.preLoad(%s);
MathJax.config.startup.ready();
const adaptor = MathJax.startup.adaptor;
const render = ([latex, display]) => adaptor.outerHTML(MathJax.tex2chtml(latex, {display}));
"""
FORMULA = re.compile(
    r'(?P<head><(?P<tag>span|div) class="math[ "][^>]*>)(?P<body>.*?)(?P<tail></(?P=tag)>\n?)', re.DOTALL
)
# A displayed formula's number and the link to it stand before the formula, in spans of their own.
NUMBERED = re.compile(r"(?P<number>\s*<span class=\"eqno\">.*?</a></span>)?\s*(?P<latex>.*?)\s*", re.DOTALL)
ERROR = re.compile(r'data-mjx-error="([^"]*)"')
# What MathJax's own later steps read, and a height that it can't tell without a window.
PRIVATE = re.compile(r' (?:data-mjx-[\w-]+|unselectable|xmlns)="[^"]*"| style="height: NaNem;"')
# A rule for one letter, maybe in one font, or for the pieces of a tall bracket, which come from several fonts.
LETTER_RULE = re.compile(
    r"^[^\n{}@]*\.(?P<letter>mjx-c[0-9A-F]+)(?:\.TEX-(?P<font>\w+))?[^\n{}]*\{(?P<style>[^}]*)\}\n", re.MULTILINE
)
STRETCHED = {"", "S1", "S4", "A"}
LETTER = re.compile(r'class="(mjx-c[0-9A-F]+)(?: TEX-(\w+))?"')
SHOWN = re.compile(r'content: "((?:[^"\\]|\\.[0-9A-F]*)*)"')
ESCAPE = re.compile(r"\\([0-9A-F]+)|\\(.)")
FONT_FACE = re.compile(
    r'@font-face [^{]*\{\s*font-family: (?P<family>[\w-]+);\s*src: url\("\./(?P<name>[\w-]+)\.woff"\)[^}]*\}\n'
)


class FormulaError(Exception):
    """One line that names the page, the formula and what is wrong with it."""


def fingerprint():
    """Digest of all that a rendered formula depends on but its LaTeX."""
    return sha256(Path(__file__).read_bytes() + version(PACKAGE).encode()).hexdigest()


def start_mathjax():
    """A MathJax that is ready to render, in a V8 of its own; the caller closes it."""
    engine = MiniRacer()
    engine.eval(f"var global = globalThis; var MathJax = {json.dumps(CONFIG)};")
    for part in ("startup", *PARTS):
        engine.eval((MATHJAX / f"{part}.js").read_text(encoding="utf-8"))
    engine.eval(START % ", ".join(map(json.dumps, PARTS)))
    return engine


def render_all(formulas):
    """HTML of formulas and the style sheet for all that there can be.

    Args:
        formulas: List of pairs, LaTeX and whether it is displayed.

    Returns:
        List of HTML texts, and a text of CSS.
    """
    engine = start_mathjax()
    try:
        rendered = json.loads(engine.eval(f"JSON.stringify({json.dumps(formulas)}.map(render))"))
        css = engine.eval("adaptor.textContent(MathJax.chtmlStylesheet())")
    finally:
        engine.close()
    return rendered, css


def read_latex(body):
    """Split what an element of class `math` holds: the number before it, LaTeX, and whether it is displayed.

    Raises:
        FormulaError: It holds no LaTeX between \\( and \\) or \\[ and \\].
    """
    number, latex = NUMBERED.fullmatch(body).group("number", "latex")
    for opening, closing in ((r"\(", r"\)"), (r"\[", r"\]")):
        if latex.startswith(opening) and latex.endswith(closing):
            return number or "", unescape(latex[2:-2]).strip(), opening == r"\["
    if latex.startswith(r"\begin{"):
        return number or "", unescape(latex), True
    raise FormulaError(f"this isn't LaTeX: {latex}")


def key_of(latex, display):
    """A formula's name in what is kept from build to build."""
    return f"{'displayed' if display else 'inline'} {latex}"


class Formulas:
    """Rendered formulas, kept in a file from build to build because all of them take some seconds.

    Args:
        kept: The file; it may be missing.
    """

    def __init__(self, kept):
        self.kept = kept
        self.css, self.rendered = "", {}
        try:
            found = json.loads(kept.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return
        if found.get("fingerprint") == fingerprint():
            self.css, self.rendered = found["css"], found["rendered"]

    def render_pages(self, pages):
        """Replace LaTeX by HTML in pages, a dict of name to text; return such a dict.

        Raises:
            FormulaError: A formula can't be rendered.
        """
        wanted = {}
        for name, html in pages.items():
            for match in FORMULA.finditer(html):
                try:
                    _, latex, display = read_latex(match["body"])
                except FormulaError as error:
                    raise FormulaError(f"{name}: {error}") from None
                wanted.setdefault(key_of(latex, display), (latex, display, name))
        missing = [key for key in wanted if key not in self.rendered]
        if missing:
            rendered, self.css = render_all([wanted[key][:2] for key in missing])
            self.rendered |= dict(zip(missing, map(tidy, rendered), strict=True))
            for key in missing:
                check(self.rendered[key], *wanted[key][::2])
        self.rendered = {key: self.rendered[key] for key in wanted}
        self._keep()
        return {name: FORMULA.sub(self._fill, html) for name, html in pages.items()}

    def _fill(self, match):
        """An element with its formula rendered."""
        number, latex, display = read_latex(match["body"])
        return f"{match['head']}{number}{self.rendered[key_of(latex, display)]}{match['tail']}"

    def _keep(self):
        """Write the file; an interrupted build leaves no half of it behind."""
        unfinished = self.kept.with_suffix(".part")
        record = {"fingerprint": fingerprint(), "css": self.css, "rendered": self.rendered}
        unfinished.write_text(json.dumps(record), encoding="utf-8")
        unfinished.replace(self.kept)

    def write_style(self, folder):
        """Write formulas.css, with the fonts inside it, and MathJax's licence; return the text's digest.

        Fonts of their own would come one after the other, and each makes the browser lay out the page once more.
        """
        folder.mkdir(parents=True)
        used = {pair for html in self.rendered.values() for pair in LETTER.findall(html)}
        css, points = keep_used_rules(self.css, used)

        def embed_font(match):
            family, name = match["family"], match["name"]
            font = subset_font(MATHJAX / FONTS / f"{name}.woff", points.get(family, set()))
            address = f"data:font/woff2;base64,{b64encode(font).decode()}"
            return f'@font-face {{ font-family: {family}; src: url("{address}") format("woff2"); }}\n' if font else ""

        css = re.sub(r"\n\s*", "\n", FONT_FACE.sub(embed_font, css))
        (folder / "formulas.css").write_text(css, encoding="utf-8")
        shutil.copy(LICENCE, folder / "LICENSE.txt")
        return sha256(css.encode()).hexdigest()[:8]


def keep_used_rules(css, used):
    """Drop the rules for letters that no formula shows.

    Args:
        css: MathJax's style sheet.
        used: Set of pairs, a letter's class and that of its font (empty: the upright one).

    Returns:
        The rest of the style sheet, and the code points that it shows, a dict of font family to set.
    """
    points = {}

    def keep_rule(match):
        letter, own_font = match.group("letter", "font")
        fonts = {font for name, font in used if name == letter and own_font in (None, font)}
        if not fonts:
            return ""
        if "mjx-stretch" in match[0]:
            fonts |= STRETCHED
        for font in fonts:
            points.setdefault(f"MJXTEX-{font}".removesuffix("-"), set()).update(shown_points(match["style"]))
        return match[0]

    return LETTER_RULE.sub(keep_rule, css), points


def tidy(html):
    """A rendered formula without what nobody reads; an error keeps its mark."""
    return html if "mjx-merror" in html else PRIVATE.sub("", html)


def check(html, latex, name):
    """Raise FormulaError when a rendered formula shows an error."""
    if "mjx-merror" in html:
        said = ERROR.search(html)
        raise FormulaError(f"{name}: {unescape(said[1]) if said else 'error'} in the formula {' '.join(latex.split())}")


def shown_points(declarations):
    """Code points that a rule's `content` shows."""
    shown = "".join(SHOWN.findall(declarations))
    return {ord(letter) for letter in ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else m[2], shown)}


def subset_font(source, points):
    """The part of a font that has these code points, as bytes of a WOFF2 file; empty when it has none of them."""
    options = subset.Options(flavor="woff2", drop_tables=["FFTM", "GDEF"], name_IDs=[])
    font = subset.load_font(str(source), options)
    # The font of nothing, which gives every line the same height, is kept whole.
    present = set(font.getBestCmap())
    points = present if "Zero" in source.name else present & points
    if not points:
        return b""
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=points)
    subsetter.subset(font)
    target = BytesIO()
    subset.save_font(font, target, options)
    return target.getvalue()
