"""Join printed pages into one PDF: links between them, bookmarks, page numbers, tags for screen readers.

Chromium prints one page of the site to one PDF. In it, a link to another page is a web address, and a place inside
the page has a name of its own. Here each place gets a name in the whole book, and each link leads to such a name.
"""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pikepdf
from pikepdf import Array, Dictionary, Name, OutlineItem, String

# A running head is no content: a screen reader passes over it.
ARTIFACT = "/Artifact <</Type /Pagination>> BDC q {name} Do Q EMC"


class JoinError(Exception):
    """One line that says what doesn't fit together."""


@dataclass(frozen=True)
class Piece:
    """One printed page of the site: its address in the site, its PDF, its title, and the part of the book it is in."""

    address: str
    path: Path
    title: str
    part: str | None = None


def place_name(address, anchor=""):
    """The name of a place in the book."""
    return f"{address}#{anchor}" if anchor else address


class Joiner:
    """Gathers pieces in one PDF.

    Args:
        base: What the web addresses of all pages of the site begin with; ends in a slash.
    """

    def __init__(self, base):
        self.base = base
        self.book = pikepdf.new()
        self.places = {}  # name in the book -> destination
        self.tags = Array()  # the documents' roots of tags
        self.tagged = []  # number in the tree of parents, what it stands for
        self.next_number = 0

    def add(self, piece):
        """Append a piece's pages, its places, its bookmarks and its tags."""
        with pikepdf.open(piece.path) as printed:
            first = len(self.book.pages)
            with warnings.catch_warnings():
                # It warns that names of places are left behind; they are taken below, under other names.
                warnings.simplefilter("ignore", pikepdf.PageCopyWarning)
                self.book.pages.extend(printed.pages)
            pages = self.book.pages[first:]
            self._take_places(piece, printed, pages[0])
            for page in pages:
                self._turn_links(piece, page)
            self._take_tags(piece, printed, pages)
            return self._read_outline(printed.Root.get("/Outlines"))

    def _take_places(self, piece, printed, first_page):
        self.places[piece.address] = Array([first_page.obj, Name.XYZ, None, None, 0])
        if "/Dests" in printed.Root:
            named = self.book.copy_foreign(printed.make_indirect(printed.Root.Dests))
            for name, place in named.items():
                self.places[place_name(piece.address, anchor_of(name))] = place

    def _turn_links(self, piece, page):
        """Let each link to a page of the site lead to a place in the book."""
        for link in page.get("/Annots", ()):
            action = link.get("/A", {})
            if "/Dest" in link:
                target = place_name(piece.address, anchor_of(str(link.Dest)))
                del link["/Dest"]
            elif action.get("/S") == Name.URI and str(action.URI).startswith(self.base):
                address, anchor = urldefrag(str(action.URI).removeprefix(self.base))
                target = place_name(unquote(address), unquote(anchor))
            else:
                continue
            link["/A"] = Dictionary(S=Name.GoTo, D=String(target))

    def _take_tags(self, piece, printed, pages):
        """Number the piece's tags on from those before it, and hang them under the book's."""
        root = printed.Root.get("/StructTreeRoot")
        if root is None:
            return
        # Pages are there already, so the copy refers to them.
        root = self.book.copy_foreign(printed.make_indirect(root))
        for holder, key in numbered_parts(pages):
            holder[key] = int(holder[key]) + self.next_number
        numbers = root.ParentTree.Nums
        for index in range(0, len(numbers), 2):
            self.tagged += [int(numbers[index]) + self.next_number, numbers[index + 1]]
        self.next_number += int(root.ParentTreeNextKey)
        document = root.K[0] if isinstance(root.K, Array) else root.K
        document.S, document.T = Name.Part, String(piece.title)
        self.tags.append(document)

    def _read_outline(self, node):
        """Bookmarks of a piece, with destinations in the book; `node` is the printed PDF's list of them."""
        items = []
        entry = node.get("/First") if node is not None else None
        while entry is not None:
            page, kind, *numbers = entry.Dest
            target = Array([self.book.copy_foreign(page), kind, *numbers])
            item = OutlineItem(said_once(str(entry.Title)), target)
            item.children.extend(self._read_outline(entry))
            items.append(item)
            entry = entry.get("/Next")
        return items

    def bookmark(self, pieces, outlines):
        """Write the bookmarks: parts, in them lessons, in them sections."""
        with self.book.open_outline() as outline:
            part, siblings = None, outline.root
            for piece, sections in zip(pieces, outlines, strict=True):
                if piece.part != part:
                    part, siblings = piece.part, outline.root
                    if part is not None:
                        above = OutlineItem(part, String(piece.address))
                        above.is_closed = True
                        outline.root.append(above)
                        siblings = above.children
                lesson = OutlineItem(piece.title, String(piece.address))
                lesson.is_closed = True
                # A page has one title, and its sections lie under it.
                lesson.children.extend(below for top in sections for below in top.children)
                siblings.append(lesson)

    def write_tags(self, language):
        """Give the whole book one tree of tags."""
        if not self.tags:
            return
        root = self.book.make_indirect(Dictionary(Type=Name.StructTreeRoot, ParentTreeNextKey=self.next_number))
        document = self.book.make_indirect(
            Dictionary(Type=Name.StructElem, S=Name.Document, P=root, K=self.tags, Lang=String(language))
        )
        for piece in self.tags:
            piece.P = document
        root.K = document
        root.ParentTree = self.book.make_indirect(Dictionary(Nums=Array(self.tagged)))
        self.book.Root.StructTreeRoot = root
        self.book.Root.MarkInfo = Dictionary(Marked=True)

    def stamp(self, heads):
        """Put onto each page the running head that lies at the same number in the PDF `heads`."""
        with pikepdf.open(io.BytesIO(heads)) as printed:
            if len(printed.pages) != len(self.book.pages):
                raise JoinError(f"{len(printed.pages)} running heads for {len(self.book.pages)} pages.")
            for number, (page, head) in enumerate(zip(self.book.pages, printed.pages, strict=True), start=1):
                # A name that is made up would be another one each time.
                name = page.add_resource(
                    self.book.copy_foreign(head.as_form_xobject()), Name.XObject, Name(f"/Head{number}")
                )
                page.contents_add(ARTIFACT.format(name=name).encode(), prepend=True)

    def describe(self, title, author, language, subject):
        """Write what a library or a reader program shows about the book."""
        with self.book.open_metadata(set_pikepdf_as_editor=False) as data:
            data["dc:title"], data["dc:creator"], data["dc:language"] = title, [author], [language]
            data["dc:description"] = subject
        self.book.docinfo.Title, self.book.docinfo.Author = String(title), String(author)
        self.book.docinfo.Subject = String(subject)
        root = self.book.Root
        root.Lang, root.PageMode = String(language), Name.UseOutlines
        root.ViewerPreferences = Dictionary(DisplayDocTitle=True)

    def save(self, path):
        """Write the book; the same pieces give the same bytes."""
        places = self.book.make_indirect(pikepdf.NameTree.new(self.book).obj)
        tree = pikepdf.NameTree(places)
        for name in sorted(self.places):
            tree[name] = self.places[name]
        self.book.Root.Names = Dictionary(Dests=places)
        self.book.remove_unreferenced_resources()
        self.book.save(
            path,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            recompress_flate=True,
            deterministic_id=True,
            linearize=False,
        )


def said_once(title):
    """A heading's text; Chromium says it twice where the heading has moved on to the next page."""
    half = len(title) // 2
    return title[:half] if title[:half] == title[half:] else title


def anchor_of(name):
    """The anchor behind the name that Chromium gives a place."""
    return unquote(name.removeprefix("/"))


def numbered_parts(pages):
    """Yield what of pages has a number in the tree of tags, with the key under which it stands."""
    for page in pages:
        for holder in (page.obj, *page.get("/Annots", ())):
            for key in ("/StructParents", "/StructParent"):
                if key in holder:
                    yield holder, key


def find_faults(path):
    """What is wrong with a finished book, one line each: links to nowhere or to this machine, fonts left out."""
    faults = set()
    with pikepdf.open(path) as book:
        places = set(pikepdf.NameTree(book.Root.Names.Dests))
        for number, page in enumerate(book.pages, start=1):
            faults.update(f"page {number}: {fault}" for fault in link_faults(page, places))
        for font in book.objects:
            if isinstance(font, Dictionary) and font.get("/Type") == Name.Font and not is_embedded(font):
                faults.add(f"the font {font.get('/BaseFont')} isn't embedded")
    return sorted(faults)


def link_faults(page, places):
    """Links of a page that lead nowhere."""
    for link in page.get("/Annots", ()):
        action = link.get("/A", {})
        if action.get("/S") == Name.GoTo:
            if str(action.D) not in places:
                yield f"a link leads to {action.D}, which isn't in the book"
        elif action.get("/S") == Name.URI:
            if not str(action.URI).startswith(("http://", "https://", "mailto:")):
                yield f"a link leads to {action.URI}"
        else:
            yield "a link leads nowhere"


def is_embedded(font):
    """True for a font that the PDF carries; one of type 3 is made of drawings, one of type 0 of another font."""
    if font.get("/Subtype") in (Name.Type3, Name.Type0):
        return True
    descriptor = font.get("/FontDescriptor", {})
    return any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))
