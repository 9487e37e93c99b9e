import ast

import pytest

from weigh.code import closure as rules
from weigh.code.closure import closure, code_digest


@pytest.fixture
def package(tmp_path, monkeypatch):
    files = {
        "__init__.py": "",
        "a.py": "from weigh.b import x\nimport json\n",
        "b.py": "def late():\n    from weigh.room import c\n",
        "room/__init__.py": "",
        "room/c.py": "y = 1\n",
        "room/d.py": "z = 1\n",
        "rules.toml": "a = 1\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    forget()
    monkeypatch.setattr(rules, "_root", lambda: tmp_path)
    yield tmp_path
    forget()


def forget():
    rules.closure.cache_clear()
    rules._imports.cache_clear()
    rules._source.cache_clear()


def test_imports_are_followed_into_functions_and_packages(package):
    assert closure("weigh.a") == ("weigh.a", "weigh.b", "weigh.room", "weigh.room.c")


@pytest.mark.parametrize("name", ["a.py", "b.py", "room/c.py", "room/__init__.py"])
def test_a_change_anywhere_in_the_closure_changes_the_digest(package, name):
    before = code_digest("weigh.a")
    with (package / name).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    forget()
    assert code_digest("weigh.a") != before


def test_a_change_outside_the_closure_changes_nothing(package):
    before = code_digest("weigh.a")
    (package / "room/d.py").write_text("z = 2\n", encoding="utf-8")
    forget()
    assert code_digest("weigh.a") == before


def test_rule_data_counts(package):
    before = code_digest("weigh.a", data_files=("rules.toml",))
    (package / "rules.toml").write_text("a = 2\n", encoding="utf-8")
    assert code_digest("weigh.a", data_files=("rules.toml",)) != before


def test_a_cycle_ends(package):
    (package / "b.py").write_text("import weigh.a\n", encoding="utf-8")
    forget()
    assert closure("weigh.b") == ("weigh.a", "weigh.b")


def test_an_unknown_module_is_our_mistake(package):
    with pytest.raises(LookupError):
        code_digest("weigh.nowhere")


def by_syntax_tree(name):
    found = set()
    for node in ast.walk(ast.parse(rules._source(name)[0])):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {one for one in found if rules._path(one) is not None}


def test_reading_imports_as_text_finds_all_that_the_syntax_trees_hold():
    root = rules._root()
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        missing = by_syntax_tree(name) - set(rules._imports(name))
        assert not missing, (name, missing)
