"""The house in order: three lists of packages that agree, stripped notebooks, documents that are up to date."""

import ast
import graphlib
import re
import subprocess
import sys
import tomllib

import nbformat
import pytest

from cxlib.dictionary import write_dictionary

CONDA_NAMES = {"matplotlib-base": "matplotlib", "python-duckdb": "duckdb", "python-tzdata": "tzdata"}
REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(.*)")


def bounds(lines) -> dict[str, str]:
    """Name → bounds."""
    split = [REQUIREMENT.fullmatch(line.strip()).groups() for line in lines]
    return {CONDA_NAMES.get(name, name).replace("_", "-"): limit for name, limit in split}


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text())


def test_conda_environment_and_project_name_the_same_bounds(root, project):
    text = (root / "environment.yml").read_text()
    conda = bounds(re.findall(r"^  - ([a-z][^\[\n]*)$", text, re.M))
    assert conda.pop("python") == project["project"]["requires-python"] and conda.pop("pip") == ""
    assert "nodefaults" in text and 'pip: ["-e ."]' in text
    assert conda == bounds(project["project"]["dependencies"] + project["dependency-groups"]["build"])


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_hold_hashes_no_address_and_every_dependency(root, project, lock):
    text = (root / lock).read_text()
    assert "://" not in text and "--index" not in text
    pinned = set(re.findall(r"^([a-z0-9.-]+)==", text, re.M))
    for block in re.split(r"\n(?=[a-z])", text.strip()):
        assert "--hash=sha256:" in block, block[:60]
    wanted = bounds(project["project"]["dependencies"])
    wanted |= bounds(project["dependency-groups"]["test"]) if "dev" in lock else {}
    assert {name.replace(".", "-").lower() for name in wanted} <= {name.replace(".", "-") for name in pinned}


def test_both_locks_pin_one_version_of_each_package(root):
    pins = [
        dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", (root / lock).read_text(), re.M))
        for lock in ("requirements.lock", "requirements-dev.lock")
    ]
    assert all(pins[1].get(name, version) == version for name, version in pins[0].items())


def test_notebooks_are_stripped_but_for_the_answers_they_pin(root):
    for path in (root / "notebooks").glob("*.ipynb"):
        pinned = 0
        for cell in nbformat.read(path, as_version=4).cells:
            tags = cell.metadata.get("tags", [])
            if cell.get("outputs"):
                assert "keep_output" in tags and "nbval-check-output" in tags, path.name
                pinned += 1
        assert pinned >= 1, f"{path.name} pins no answer"
    keys = "metadata.papermill cell.metadata.papermill cell.metadata.execution metadata.language_info"
    verify = [
        sys.executable,
        "-m",
        "nbstripout",
        "--verify",
        "--keep-count",
        "--extra-keys",
        keys,
        *(root / "notebooks").glob("*.ipynb"),
    ]
    assert subprocess.run(verify, capture_output=True).returncode == 0


def test_the_data_dictionary_is_up_to_date(root):
    assert (root / "docs/data-dictionary.md").read_text(encoding="utf-8") == write_dictionary(), "run: make docs"


def test_the_sample_is_what_its_generator_writes(root, tmp_path):
    subprocess.run([sys.executable, root / "data/sample/generate.py", tmp_path], check=True)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (root / "data/sample" / path.name).read_bytes(), f"run: make sample ({path.name})"


STEPS = "journey moments expectations experience gaps priorities monitoring"
FLOORS = [
    "catalogue",
    "tables words intervals engine personal redaction",
    "shares suppression shrinkage trends claims typical strict_yaml csv_files",
    f"settings dictionary publish render pdf {STEPS}",
    "checks parameters charts",
    "loaders readable",
    "study chapter runner brief sheets",
    "proposals sentences",
    "view",
    "agreement",
    "opening summaries doubts",
    "examination controls history dashboard",
    "status shown page explorer",
    "beginning report",
    "cli",
]


def imports_of(package) -> dict[str, set[str]]:
    """Module → the modules of the package it imports, wherever in the file."""
    modules = {}
    for file in package.rglob("*.py"):
        name = ".".join(file.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__")
        nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        named = [(node.module, name.name) for node in nodes if isinstance(node, ast.ImportFrom) for name in node.names]
        whole = {
            f"{module}.{one}"
            for module, one in named
            if (package.parent / module.replace(".", "/") / f"{one}.py").is_file()
        }
        found = whole | {module for module, one in named if f"{module}.{one}" not in whole}
        found |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        assert not any(isinstance(node, ast.ImportFrom) and node.level for node in nodes), f"{name} imports relatively"
        modules[name] = {module for module in found if module.split(".")[0] == package.name}
    return modules


def test_imports_run_upwards_and_steps_do_not_import_each_other(root):
    floor = {room: height for height, rooms in enumerate(FLOORS) for room in rooms.split()}
    modules = imports_of(root / "cxlib")
    assert {name.split(".")[1] for name in modules if "." in name} == set(floor)
    for name, imported in modules.items():
        for other in imported if "." in name else ():
            room, below = name.split(".")[1], (other.split(".") + ["cxlib itself"])[1]
            assert below == room or floor.get(below, 99) < floor[room], f"{name} imports {other}"


def test_no_module_imports_itself_by_way_of_others(root):
    order = list(graphlib.TopologicalSorter(imports_of(root / "cxlib")).static_order())
    assert order[-1] in ("cxlib", "cxlib.cli")
