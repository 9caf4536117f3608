"""The page of feedback that a student gets: one file that asks nothing of any other place.

nbgrader's step GenerateFeedback calls these: `Arrange` brings a graded notebook into the page's order, `FeedbackPage`
fills it into `templates/feedback_page`. What a student wrote or printed is escaped, and the page forbids scripts and
addresses of other hosts by a policy of its own.
"""

import re
import sys
from html import escape, unescape
from pathlib import Path
from xml.etree import ElementTree

from latex2mathml.converter import convert_to_element
from markupsafe import Markup
from mistune import HTMLRenderer
from nbconvert.exporters import TemplateExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import default

from assignments import grading
from assignments.course import HERE

TEMPLATES = HERE / "templates"
NOT_ANSWERED = "No response."  # nbgrader's comment on an answer that was left as it was released
STOPPED = "The run was stopped:"
POINTS_TOLD = re.compile(r" \([\d.]+ points?\)$")  # in a task's heading; the head of the page says them otherwise
HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$", re.MULTILINE)

MOST_ERROR_LINES = 8
MOST_TRACEBACK_LINES = 4  # of a program that the student called; most of it is about that program
TRACEBACK = re.compile(r"^Traceback \(most recent call last\):\n((?:[ \t].*\n)+)", re.MULTILINE)
# The folders of a path, not of "a/b", nor of an address such as "https://a/b".
FOLDERS = re.compile(r"(?<![\w:/.~])~?/(?:[\w.+@-]+/)+(?=[\w.+<@-])|(?<!\w)[A-Za-z]:\\(?:[^\\\s]+\\)+")
PLACES = {str(Path(place).resolve()) for place in (HERE.parent, sys.prefix, sys.base_prefix, Path.home())} - {"/"}
OF_THIS_MACHINE = re.compile("|".join(f"{re.escape(place)}(?![\\w-])/?" for place in sorted(PLACES, reverse=True)))

MOST_FORMULA = 2_000  # characters
DEFINES = re.compile(r"\\(?:(?:new|renew|provide)command|def|let)\b")  # could call itself without an end
MATHML = frozenset(
    re.findall(
        r"\w+",
        "math mrow mi mo mn mtext mspace msup msub msubsup mfrac msqrt mroot mover munder munderover mtable mtr mtd "
        "mstyle mpadded mphantom menclose",
    )
)
MATHML_SETTINGS = frozenset(
    re.findall(
        r"\w+",
        "xmlns display stretchy fence form separator accent accentunder largeop movablelimits lspace rspace minsize "
        "maxsize symmetric linethickness mathvariant width height depth columnalign rowspacing columnspacing "
        "columnlines rowlines displaystyle scriptlevel notation voffset",
    )
)


class Arrange(NbGraderPreprocessor):
    """Bring a graded notebook, with the marks that GetGrades put in, into the order of the page.

    The hidden cells' code is taken out: it holds answers to earlier tasks.
    """

    def preprocess(self, nb, resources):
        """Return the notebook, each cell with what the template shows of it, and the page's head in `resources`."""
        about = resources["nbgrader"]
        title, task, tasks = about["assignment"], "", []
        with Gradebook(about["db_url"]) as book:
            for cell in nb.cells:
                mark = cell.metadata.get("nbgrader", {})
                if cell.cell_type == "markdown" and not mark.get("solution"):
                    title, task, cell.source = headings(cell.source, title, task)
                if mark.get("grade") or mark.get("task"):
                    grade = book.find_grade(mark["grade_id"], about["notebook"], about["assignment"], about["student"])
                    tasks.append(summary(task or mark["grade_id"], mark, grade.needs_manual_grade))
                cell.metadata["shown"] = self.shown(cell, tasks)
        resources["feedback"] = head(title, tasks, about)
        return nb, resources

    def shown(self, cell, tasks):
        """What the template needs of a cell: its kind, and the task that it counts for."""
        mark = cell.metadata.get("nbgrader", {})
        comment = mark.get("comment")
        shown = {"kind": "text" if cell.cell_type == "markdown" else "code", "comment": comment, "task": None}
        if comment == NOT_ANSWERED:
            shown["comment"] = None
        if mark.get("grade") or mark.get("task"):
            shown["task"] = tasks[-1]
        if grading.is_judged(cell):
            shown |= {"kind": "judged", "lines": judged_lines(cell)}
        elif mark.get("solution") or mark.get("task"):
            shown["kind"] = "essay" if cell.cell_type == "markdown" else "answer"
        elif not mark and cell.cell_type == "code":
            shown["kind"] = "own"
        return shown


def headings(source, title, task):
    """Return the page's title and the task's heading after a cell of the course, and its text without the title."""
    found = HEADING.search(source)
    if found and found[1] == "#":
        return found[2], task, source[: found.start()] + source[found.end() :]
    return title, found[2] if found else task, source


def summary(name, mark, is_waiting):
    """What the head of the page says of one task."""
    points, score = float(mark.get("points") or 0), float(mark.get("score") or 0)
    said = "not marked yet" if is_waiting else f"{number(score)} of {number(points)}"
    comment, name = mark.get("comment") or "", POINTS_TOLD.sub("", name)
    return {
        "name": name if name.endswith(("?", "!", ".")) else f"{name}:",
        "id": mark["grade_id"],
        "points": points,
        "score": score,
        "waits": is_waiting,
        "said": said,
        "left_empty": comment == NOT_ANSWERED,
        "has_comment": comment not in {"", NOT_ANSWERED},
    }


def head(title, tasks, about):
    """What stands at the top of the page."""
    waiting = sum(task["points"] for task in tasks if task["waits"])
    return {
        "title": title,
        "student": about["student"],
        "tasks": tasks,
        "score": number(about["score"]),
        "of": number(about["max_score"]),
        "marked": number(about["max_score"] - waiting),
        "waiting": number(waiting) if waiting else None,
        "penalty": number(about["late_penalty"]) if about["late_penalty"] else None,
    }


def number(points):
    """Points as a text, without noughts behind."""
    return f"{round(float(points), 2):g}"


def judged_lines(cell):
    """The lines of a verdict, as (sign, text), the sign empty where there is none.

    That the run was stopped is said where nothing could be tried; a task that was tried has nothing to do with it.
    """
    text = "".join(output.get("text", "") for output in cell.outputs if output.output_type == "stream")
    lines = [(line[0], line[2:]) if line[:2] in {"✓ ", "✗ "} else ("", line) for line in text.splitlines()]
    was_tried = any(sign for sign, _ in lines)
    return [(sign, line) for sign, line in lines if not (was_tried and line.startswith(STOPPED))]


class FeedbackPage(TemplateExporter):
    """Fills an arranged notebook into the page."""

    output_mimetype = "text/html"

    @default("file_extension")
    def _file_extension_default(self):
        return ".html"

    @default("template_extension")
    def _template_extension_default(self):
        return ".html.j2"

    @default("template_name")
    def _template_name_default(self):
        return "feedback_page"

    @default("extra_template_basedirs")
    def _extra_template_basedirs_default(self):
        return [str(TEMPLATES)]

    def default_filters(self):
        """Yield our filters besides nbconvert's."""
        yield from super().default_filters()
        yield "course_text", lambda source: markdown_html(source, deeper=0)
        # `intake` has written "&lt;" for what might begin a tag; here the page's renderer sees to it.
        yield "students_text", lambda source: markdown_html(source.replace("&lt;", "<"), deeper=2)
        yield "short_error", short_error
        yield "short_stream", short_stream

    def _create_environment(self):
        """nbconvert's environment, in which all is escaped that isn't marked as HTML."""
        environment = super()._create_environment()
        environment.autoescape = True
        return environment


class PageRenderer(IPythonRenderer):
    """Markdown to HTML that asks for nothing: formulas become MathML, pictures of other places become links."""

    def __init__(self, deeper):
        super().__init__(escape=True, allow_harmful_protocols=False, exclude_anchor_links=True)
        self.deeper = deeper

    def heading(self, text, level, **attributes):
        """A heading, as many levels deeper as asked."""
        return super().heading(text, min(level + self.deeper, 6), **attributes)

    def block_code(self, code, info=None):
        """Code as it stands."""
        return HTMLRenderer.block_code(self, code)

    def image(self, text, url, title=None):
        """A link, or the picture's words where there is no address."""
        if url.startswith(("https://", "http://")):
            return f'<a href="{escape(url)}">{text or "picture"}</a>'
        return f"(a picture, left out: {text})" if text else "(a picture, left out)"

    def inline_math(self, body):
        """A formula within a line."""
        return formula_html(body, "inline")

    def block_math(self, body):
        """A formula of its own line."""
        return formula_html(body, "block")

    def latex_environment(self, name, body):
        """A formula that is a LaTeX environment."""
        return formula_html(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block")


def markdown_html(source, deeper):
    """HTML of a Markdown text; raw HTML in it is text like any other."""
    reader = MarkdownWithMath(renderer=PageRenderer(deeper))
    for rules, name in ((reader.block.rules, "raw_html"), (reader.inline.rules, "inline_html")):
        rules.remove(name)
    return Markup(reader.render(source))


def formula_html(latex, display):
    """MathML of a formula, which browsers show without a script; the LaTeX itself if it isn't understood."""
    latex = unescape(latex)
    try:
        if len(latex) > MOST_FORMULA or DEFINES.search(latex):
            raise ValueError(latex)
        root = convert_to_element(latex, display=display)
        for part in root.iter():
            if part.tag not in MATHML or not MATHML_SETTINGS.issuperset(part.attrib):
                raise ValueError(latex)
            part.text = unescape(part.text) if part.text else part.text
            part.attrib.pop("xmlns", None)
        return ElementTree.tostring(root, encoding="unicode")
    except Exception:  # whatever the library says of a student's LaTeX, the page must come
        dollars = "$$" if display == "block" else "$"
        return f'<code class="latex">{dollars}{escape(latex)}{dollars}</code>'


def short_error(output):
    """The last lines of an error that a cell stopped with, without this machine's folders."""
    said = "\n".join(output.get("traceback") or []).splitlines()
    said = [line for line in said if line.strip("-")] or [f"{output.get('ename', '')}: {output.get('evalue', '')}"]
    cut = ["…"] if len(said) > MOST_ERROR_LINES else []
    return FOLDERS.sub("", "\n".join(cut + said[-MOST_ERROR_LINES:]))


def short_stream(text):
    """What a cell printed, with short tracebacks and without this machine's folders."""
    return OF_THIS_MACHINE.sub("", TRACEBACK.sub(last_lines, text.replace("\r\n", "\n")))


def last_lines(traceback):
    """The last lines of a traceback that was printed, in place of all of it."""
    lines = traceback[1].splitlines()[-MOST_TRACEBACK_LINES:]
    return FOLDERS.sub("", "\n".join(["Traceback: …", *lines, ""]))
