"""What a lesson defines, to be run outside it: the long runs measure the very code that the reader has read.

Taken are imports, functions, classes and constants (names in capitals). Nothing else of the lesson runs.
"""

import ast
import hashlib
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


def load_definitions(lesson):
    """Return what a lesson defines, a dict of names to objects.

    Args:
        lesson: Its path below notebooks/, without the ending.
    """
    namespace = {"__name__": lesson}
    tree = ast.Module(body=_definitions(lesson), type_ignores=[])
    exec(compile(tree, lesson, "exec"), namespace)
    return namespace


def fingerprint(lesson, *names):
    """Return a digest of some definitions and of all that they use of the lesson; comments and layout don't count.

    Raises:
        ValueError: The lesson doesn't define one of the names.
    """
    by_name = {}
    for node in _definitions(lesson):
        by_name.update(dict.fromkeys(_bound_names(node), node))
    missing = set(names) - set(by_name)
    if missing:
        raise ValueError(f"{lesson} doesn't define {', '.join(sorted(missing))}")
    used, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in used:
            used.add(name)
            waiting += [node.id for node in ast.walk(by_name[name]) if isinstance(node, ast.Name)]
    source = "\n".join(sorted({normal_text(by_name[name]) for name in used}))
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def read_cells(lesson):
    """Return the sources of a lesson's code cells, a dict by id, in their order."""
    notebook = nbformat.read(NOTEBOOKS / f"{lesson}.ipynb", as_version=4)
    return {cell.id: cell.source for cell in notebook.cells if cell.cell_type == "code"}


def read_statements(lesson):
    """Return all statements of a lesson outside functions, as syntax trees."""
    return [node for source in read_cells(lesson).values() for node in ast.parse(source).body]


def _definitions(lesson):
    return [node for node in read_statements(lesson) if _bound_names(node)]


def _bound_names(node):
    """Return the names that a definition binds; nothing for any other statement."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    names = [name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)]
    return names if isinstance(node, ast.Assign) and all(name.isupper() for name in names) else []


def normal_text(node):
    """Return a statement's code without comments, docstrings and layout, the same text in every Python."""
    node = ast.parse(ast.unparse(node)).body[0]
    for part in ast.walk(node):
        if isinstance(part, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(part) is not None:
            part.body = part.body[1:] or [ast.Pass()]
    return ast.unparse(ast.fix_missing_locations(_PlainStrings().visit(node)))


class _PlainStrings(ast.NodeTransformer):
    """Write f"…" as a tuple of its parts: Python 3.12 and later choose other quotation marks than 3.11."""

    def visit_JoinedStr(self, node):
        self.generic_visit(node)
        return ast.Tuple(node.values, ast.Load())

    def visit_FormattedValue(self, node):
        self.generic_visit(node)
        parts = [node.value, ast.Constant(node.conversion), node.format_spec or ast.Constant(None)]
        return ast.Tuple(parts, ast.Load())
