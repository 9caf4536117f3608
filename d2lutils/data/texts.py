"""Texts by name, for models of language."""

from pathlib import Path

from d2lutils.data.catalogue import find_set
from d2lutils.data.download import fetch_files

TALE = Path(__file__).with_name("tale.txt")


def load_text(name="tale"):
    """Return a text by name, for models of language.

    Args:
        name: "tale": *The River That Went Uphill*, a children's tale of 66,000 characters in 22 chapters.
            Plain ASCII letters, space, newline and `.,;:!?'"-`; a paragraph is one line, an empty line
            lies between paragraphs. It needs no network.
            "time-machine": *The Time Machine* by H. G. Wells, about 180,000 characters, downloaded once (0.2 MB).

    Returns:
        The text, a string.

    Raises:
        ValueError: The name is unknown; the message lists the known ones.
        DownloadError: "time-machine" isn't here and can't be fetched.

    Source:
        "tale": written for this course, given to everybody without conditions (CC0 1.0). "time-machine": Project
        Gutenberg's text of the novel of 1895; public domain in most countries.
    """
    find_set(name, "text")
    path = TALE if name == "tale" else fetch_files(name)[0]
    return path.read_text(encoding="utf-8")
