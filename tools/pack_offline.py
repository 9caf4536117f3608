"""Pack the course for people without a network or without git: `make offline`.

Two archives come out: the site, which opens from a disk, and the notebooks with what they need to run. The same
files give the same bytes, whoever packs them and when.
"""

import io
import json
import re
import sys
import tomllib
import zipfile
from pathlib import Path

from build_book import BUILD, ROOT, SITE
from exit_status import run_to_the_end
from locking import one_at_a_time

SITE_ARCHIVE = "deep_learning_course_site.zip"
NOTEBOOKS_ARCHIVE = "deep_learning_course_notebooks.zip"
DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that an archive can name
# What a class needs to set up and to run lessons. Judges, planted mistakes and notebooks with solutions stay here.
FILES = (
    "notebooks/*/*.ipynb",
    "d2lutils/**/*.py",
    "d2lutils/data/*.t*",
    *(f"benchmarks/results/{name}.json" for name in ("convolutional_networks", "language_models")),  # lessons show them
    "book/figures/*.png",
    *(f"book/{name}.md" for name in ("data", "glossary", "notation", "references", "self_test_*", "setup")),
    "book/references.bib",
    "tools/lab_settings/**/*",
    *(f"tools/{name}.py" for name in ("exit_status", "locking", "setup_environment")),
    *("constraints.txt", "build-constraints.txt", "LICENSE", "LICENSE-TEXT"),
)
README = "tools/class_readme.md"
COMMANDS = ("help", "setup", "lab", "board")
RULE = re.compile(r"^([a-z-]+):.*##", re.M)
BOOK_FIGURE = re.compile(r"book/figures/([\w.-]+)")


class PackError(Exception):
    """One line that says what went wrong and what to do."""


def write_archive(path, folder, files):
    """Write an archive that unpacks into one folder; `files` holds the content, as bytes or a path, by name."""
    unfinished = path.with_suffix(".part")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name in sorted(files):
                entry = zipfile.ZipInfo(f"{folder}/{name}", DAY)
                entry.create_system, entry.external_attr = 3, 0o644 << 16  # as if packed on Unix, wherever it is
                entry.compress_type = zipfile.ZIP_DEFLATED
                content = files[name]
                archive.writestr(entry, content.read_bytes() if isinstance(content, Path) else content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def list_site(site):
    """The site's files by name, hidden ones left out: those are the builder's own notes."""
    paths = (path for path in site.rglob("*") if path.is_file())
    names = {path.relative_to(site).as_posix(): path for path in paths}
    return {name: path for name, path in names.items() if not any(part.startswith(".") for part in name.split("/"))}


def list_class(root, site):
    """What goes to a class, by name: files of the course, the assignments that the site offers, a smaller set-up."""
    paths = (path for pattern in FILES for path in root.glob(pattern) if path.is_file())
    found = {path.relative_to(root).as_posix(): path for path in paths}
    shown = set()
    for path in found.values():
        if path.suffix in {".ipynb", ".md"}:
            shown.update(BOOK_FIGURE.findall(path.read_text(encoding="utf-8")))
    found = {name: path for name, path in found.items() if "book/figures/" not in name or Path(name).name in shown}
    found |= {f"assignments/{path.name}": path for path in (site / "assignments").glob("*.ipynb")}
    found["README.md"] = root / README
    found["Makefile"] = keep_commands((root / "Makefile").read_text(encoding="utf-8"))
    found["pyproject.toml"] = shrink_project((root / "pyproject.toml").read_text(encoding="utf-8"))
    return found


def keep_commands(makefile):
    """A Makefile's head, and of its commands those that a class needs."""
    head, *rules = re.split(r"\n\n(?=\S)", makefile.strip())
    kept = [re.sub(r"^\.PHONY:.*", f".PHONY: {' '.join(COMMANDS)}", head, flags=re.M)]
    for block in rules:
        command = RULE.search(block)
        if command is None and not kept_any(kept):
            kept.append(block)  # what is said before the first command holds for all
        elif command and command[1] in COMMANDS:
            kept.append(block)
    return "\n\n".join(kept) + "\n"


def kept_any(blocks):
    """True when one of these parts of a Makefile is a command."""
    return any(RULE.search(block) for block in blocks)


def shrink_project(text):
    """A pyproject.toml that installs the package and what lessons need, without what builds, tests and grades."""
    whole = tomllib.loads(text)
    project, tools = whole["project"], whole["tool"]["setuptools"]
    packages = [name for name in tools["packages"] if name.split(".")[0] == "d2lutils"]
    plain = {key: project[key] for key in project if key != "optional-dependencies"}
    out = io.StringIO()
    for title, table in {
        "build-system": whole["build-system"],
        "project": plain,
        "project.optional-dependencies": {"lab": project["optional-dependencies"]["lab"]},
        "tool.setuptools": {"packages": packages},
        "tool.setuptools.package-data": tools["package-data"],
    }.items():
        # JSON's strings and lists are TOML's too.
        lines = [f"{json.dumps(key) if '.' in key else key} = {json.dumps(value)}" for key, value in table.items()]
        print(f"[{title}]", *lines, "", sep="\n", file=out)
    return out.getvalue()


def pack():
    """Write both archives."""
    if not (SITE / "index.html").is_file():
        raise PackError("there is no site yet. Build it with `make book`.")
    with one_at_a_time(BUILD / ".pack-lock"):
        for name, files in ((SITE_ARCHIVE, list_site(SITE)), (NOTEBOOKS_ARCHIVE, list_class(ROOT, SITE))):
            path = BUILD / name
            write_archive(path, name.removesuffix(".zip"), files)
            print(f"offline: {path.relative_to(ROOT)}, {len(files)} files, {path.stat().st_size / 1e6:.1f} MB")


def main():
    """Pack; return the exit status."""
    return run_to_the_end("offline", pack, PackError)


if __name__ == "__main__":
    sys.exit(main())
