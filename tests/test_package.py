"""The package stays small enough to read in one sitting, and its imports go one way."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "d2lutils"
MODULES = sorted(PACKAGE.rglob("*.py"))
MOST_LINES = 1000  # of code: neither docstrings nor comments nor empty lines
MAY_IMPORT = {  # module of the package → other modules of it, at the top or inside a function
    "plotting": set(),
    "text": set(),
    "training": {"data"},
    "visdom_board": {"data"},
    "data": {"data"},
    "__init__": set(),
}


def count_code(path):
    """Return the number of a file's lines of code."""
    source = path.read_text(encoding="utf-8")
    text = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            text.update(range(node.lineno, node.end_lineno + 1))
    lines = enumerate(source.splitlines(), start=1)
    return sum(1 for i, line in lines if line.strip() and i not in text and not line.lstrip().startswith("#"))


def test_docstrings_comments_and_empty_lines_are_no_code(tmp_path):
    path = tmp_path / "module.py"
    path.write_text('"""One\n\ntwo."""\n\n# no\nx = 1  # yes\n\n\ndef f():\n    """Say."""\n    return "a"\n')
    assert count_code(path) == 3


def test_the_package_can_be_read_in_one_sitting():
    assert sum(count_code(path) for path in MODULES) <= MOST_LINES


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the package in full"
            names = [node.module]
        imported |= {name.split(".")[1] for name in names if name.startswith("d2lutils.")}
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert imported <= MAY_IMPORT[part]
