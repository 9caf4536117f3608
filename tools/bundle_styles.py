"""Put the style sheets that every page asks for into one, without the rules that no page can use.

The theme brings all of Bootstrap and of an icon font: nine sheets, and a browser shows nothing before it has them
all. A rule goes when each of its selectors needs a class that stands in no page and in no script.
"""

import re
from hashlib import sha256
from itertools import pairwise

import tinycss2

BUNDLE = "_static/styles/book.css"
# One for print alone stays apart: no screen waits for it, and its rules would hold everywhere.
SHEET = re.compile(
    r'<link (?![^>]*\bmedia=)(?=[^>]*rel="stylesheet")'
    r'[^>]*href="(?P<root>[^"]*?)(?P<path>_static/[^"?]+)[^"]*"[^>]*>'
)
CLASSES = re.compile(r'class="([^"]*)"')
WORD = re.compile(r"[A-Za-z][\w-]*")
ADDRESS = re.compile(r"url\(([\"']?)(?!data:)([\w.]+[^)\"']*)\1\)")
NESTING = {"media", "supports"}
# Bootstrap puts these together from pieces.
COMPOSED = ("tooltip", "popover", "bs-")


def shared_sheets(pages):
    """Paths of the style sheets that all pages have, in the first one's order."""
    lists = [[match["path"] for match in SHEET.finditer(html)] for html in pages]
    lists = [paths for paths in lists if paths]  # the page that only leads on has none
    return [path for path in lists[0] if all(path in paths for paths in lists)] if lists else []


def known_classes(site, pages):
    """Names that an element can have as a class: those in pages, and all words of scripts."""
    names = {name for html in pages for value in CLASSES.findall(html) for name in value.split()}
    scripts = (path.read_text(encoding="utf-8") for path in (site / "_static").rglob("*.js"))
    return names.union(
        *(WORD.findall(text) for text in scripts), *(WORD.findall(text) for text in inline_scripts(pages))
    )


def inline_scripts(pages):
    """Yield the scripts that stand in the pages themselves."""
    for html in pages:
        yield from re.findall(r"<script[^>]*>([^<]+)</script>", html)


def can_match(selector, known):
    """True unless a selector, a list of tokens, needs an unknown class; what `:not()` and its like hold needs none."""
    for dot, name in pairwise(selector):
        if dot == "." and name.type == "ident" and name.value not in known and not name.value.startswith(COMPOSED):
            return False
    return True


def split_selectors(prelude):
    """Selectors of a rule, lists of tokens, from its tokens."""
    selectors = [[]]
    for token in prelude:
        if token == ",":
            selectors.append([])
        else:
            selectors[-1].append(token)
    return selectors


def keep_rules(rules, known):
    """Text of the rules that can apply, those inside of @media and @supports included."""
    kept = []
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [tokens for tokens in split_selectors(rule.prelude) if can_match(tokens, known)]
            if selectors:
                names = ",".join(tinycss2.serialize(tokens).strip() for tokens in selectors)
                kept.append(f"{names}{{{tinycss2.serialize(rule.content).strip()}}}")
        elif rule.type == "at-rule" and rule.lower_at_keyword in NESTING:
            inner = keep_rules(tinycss2.parse_rule_list(rule.content, True, True), known)
            if inner:
                kept.append(f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}")
        elif rule.type == "at-rule" and rule.lower_at_keyword != "charset":
            kept.append(rule.serialize())
        elif rule.type == "error":
            raise ValueError(f"a style sheet can't be read: {rule.message}")
    return "\n".join(kept)


def place_addresses(css, path):
    """A sheet's text with addresses relative to the bundle's folder instead of its own."""
    depth = BUNDLE.count("/")
    folder = path.rsplit("/", 1)[0]
    return ADDRESS.sub(lambda match: f'url("{"../" * depth}{folder}/{match[2]}")', css)


def bundle_styles(site, pages):
    """Write the bundle, remove the sheets in it, and return the pages, a dict of name to text, that ask for it.

    Raises:
        ValueError: A style sheet can't be read.
    """
    shared = shared_sheets(pages.values())
    known = known_classes(site, pages.values())
    texts = [place_addresses((site / path).read_text(encoding="utf-8"), path) for path in shared]
    css = "\n".join(keep_rules(tinycss2.parse_stylesheet(text, True, True), known) for text in texts)
    # A notebook's hidden cells open by a paragraph, which finish_site makes valid.
    css = css.replace("summary>p.", "summary>span.")
    for path in shared:
        (site / path).unlink()
    css = f'@charset "utf-8";\n{css}'  # icons stand in it as letters
    (site / BUNDLE).write_text(css, encoding="utf-8")
    version = sha256(css.encode()).hexdigest()[:8]

    def link_bundle(match):
        if match["path"] not in shared:
            return match[0]
        if match["path"] != shared[0]:
            return ""
        return f'\n    <link rel="stylesheet" href="{match["root"]}{BUNDLE}?v={version}" />'

    return {name: SHEET.sub(link_bundle, html) for name, html in pages.items()}
