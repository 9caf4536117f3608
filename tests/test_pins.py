"""pyproject.toml, constraints.txt and environment.yml name the same packages, with versions that agree."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent


def read_project():
    """Name to requirement, of all that pyproject.toml asks for, extras included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = project["dependencies"] + [line for extra in project["optional-dependencies"].values() for line in extra]
    return {canonicalize_name(Requirement(line).name): Requirement(line) for line in lines}


def read_constraints():
    """Name to version, of all that constraints.txt pins."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"==[^*+,]+", str(pin.specifier)) for pin in pins), "one plain version for each package"
    versions = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}
    assert len(versions) == len(pins), "a package stands twice"
    return versions


def read_environment():
    """Name to version, of what environment.yml names for pip and for conda; Python and pip itself left out."""
    entries = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    by_pip = next(entry["pip"] for entry in entries if isinstance(entry, dict))
    by_conda = [entry for entry in entries if isinstance(entry, str)]
    named = [line for line in by_pip if not line.startswith("-")] + by_conda
    pairs = [re.fullmatch(r"([\w.-]+)==?([\w.]+)", line).groups() for line in named if "==" in line or "=" in line]
    return {canonicalize_name(name): version for name, version in pairs if name not in ("python", "pip")}


def test_every_package_of_the_project_is_pinned_to_a_version_that_it_allows():
    pins = read_constraints()
    for name, requirement in read_project().items():
        assert name in pins, f"{name} isn't in constraints.txt: run `make lock`"
        assert requirement.specifier.contains(pins[name]), f"{requirement} doesn't allow {pins[name]}"


def test_conda_s_file_names_the_same_packages():
    assert set(read_environment()) == set(read_project())


def test_conda_s_file_names_the_same_versions():
    pins = read_constraints()
    assert read_environment() == {name: pins[name] for name in read_environment()}


def test_the_build_constraint_and_the_lock_agree():
    build = [line for line in (ROOT / "build-constraints.txt").read_text().splitlines() if not line.startswith("#")]
    pins = read_constraints()
    for requirement in map(Requirement, build):
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)])


@pytest.mark.parametrize("name", ["pyproject.toml", "environment.yml"])
def test_the_oldest_python_is_the_same_everywhere(name):
    assert "3.11" in (ROOT / name).read_text(encoding="utf-8")
