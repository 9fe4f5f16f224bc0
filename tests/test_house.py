"""The house keeps its order: arrows point down only, and a reader finds what the table promises."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENGINE = ROOT / "nerret_tools"
LAB_COMMANDS = {"coverage", "evaluate", "label", "sweep", "train"}
"""Modules of cli/ that load the laboratory; `cli/app.py` imports them when they are called."""


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(ENGINE.rglob("*.py"))}


def imports_of(path, *, at_import_time=False):
    """Names of the modules that a file imports; for type checkers alone, too, unless ``at_import_time``."""

    def walk(node):
        for child in ast.iter_child_nodes(node):
            if at_import_time and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            if at_import_time and isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                continue
            if isinstance(child, ast.Import):
                yield from (one.name for one in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert not child.level, f"{path} imports relatively"
                for one in child.names:
                    submodule = f"{child.module}.{one.name}"
                    yield submodule if submodule in MODULES else child.module
            yield from walk(child)

    return set(walk(ast.parse(path.read_text(encoding="utf-8"))))


def engine_files():
    return [path for name, path in MODULES.items() if not f"{name}.".startswith("nerret_tools.lab.")]


def test_the_engine_never_imports_the_laboratory():
    def loads_it(path):
        return any(f"{one}.".startswith("nerret_tools.lab.") for one in imports_of(path))

    assert set(filter(loads_it, engine_files())) <= {ENGINE / "cli" / f"{name}.py" for name in LAB_COMMANDS}


def test_the_engine_imports_nothing_that_is_built_on_it():
    outside = re.compile(r"(langchain_nerret|llama_index|nerret_mcp|nerret_page)\b")
    callers = [path for path in MODULES.values() if any(outside.match(one) for one in imports_of(path))]
    assert callers == []


def test_no_import_goes_in_a_circle():
    graph = {name: imports_of(path, at_import_time=True) & set(MODULES) - {name} for name, path in MODULES.items()}
    done: set[str] = set()

    def visit(name, above):
        assert name not in above, f"import circle: {' -> '.join([*above[above.index(name) :], name])}"
        if name not in done:
            for imported in sorted(graph[name]):
                visit(imported, [*above, name])
            done.add(name)

    for name in graph:
        visit(name, [])


def test_the_ground_floor_stands_on_nothing():
    [row] = re.findall(r"^\| (.+) \| the ground floor", (ROOT / "CONTRIBUTING.md").read_text(), flags=re.MULTILINE)
    floor = {f"nerret_tools.{name}" for name in re.findall(r"`(\w+)\.py`", row)}
    above = {name: imports_of(MODULES[name], at_import_time=True) & set(MODULES) - floor for name in floor}
    assert {name: found - {"nerret_tools"} for name, found in above.items() if found - {"nerret_tools"}} == {}


def test_the_files_that_contributing_names_are_there():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    looked_up = re.findall(r"^\| .+ \| `(\S+\.py)` \|$", page[page.index("## Where is") :], flags=re.MULTILINE)
    assert len(looked_up) >= 10
    assert [name for name in looked_up if not (ROOT / name).is_file()] == []
    rows = re.findall(r"^\| (`.+`) \|", page[: page.index("## Where is")], flags=re.MULTILINE)
    rooms = {name for row in rows for name in re.findall(r"`([a-z_]+/|[a-z_]+\.py)`", row)}
    assert [name for name in rooms if not (ENGINE / name).exists()] == []
    folders = {f"{one.name}/" for one in ENGINE.iterdir() if (one / "__init__.py").is_file()}
    files = {one.name for one in ENGINE.glob("*.py")} - {"__init__.py"}
    assert (folders | files) - rooms == set(), "a room that the house table does not have"


def test_what_benchmarks_and_examples_import_is_there():
    def names_in(path):
        top = ast.parse(path.read_text(encoding="utf-8")).body
        lazily = [one for node in top if isinstance(node, ast.If) for one in node.body]  # what a package exports lazily
        for node in [*top, *lazily]:
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield from (one.asname or one.name for one in node.names)
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                yield from (one.id for one in targets if isinstance(one, ast.Name))
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield node.name

    own = {module: set(names_in(path)) for module, path in MODULES.items()}
    missing = [
        f"{script.name}: {node.module}.{one.name}"
        for script in sorted([*ROOT.glob("benchmarks/*.py"), *ROOT.glob("examples/*.py")])
        for node in ast.walk(ast.parse(script.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nerret_tools.")
        for one in node.names
        if one.name not in own.get(node.module, set()) and f"{node.module}.{one.name}" not in MODULES
    ]
    assert missing == []
