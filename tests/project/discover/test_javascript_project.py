"""Scripts that import from one another."""

import pytest

from weigh.core.usage import Certainty, Role
from weigh.project.discover.javascript_project import read_scripts

LOAD = 'import { AutoModel } from "@huggingface/transformers";\n'


def _read(files):
    found = read_scripts([(path, Role.RUNTIME) for path in files], lambda path: files[path].encode())
    uses = [use for one in found for use in one.uses]
    return uses, [row for one in found for row in one.unresolved]


@pytest.mark.parametrize(
    ("there", "front", "name"),
    [
        ('export const ID = "acme/one";', 'import { ID } from "./names";', "ID"),
        ('export const ID = "acme/one";', 'import { ID as X } from "./names.js";', "X"),
        ('const ID = "acme/one"; export { ID };', 'import { ID } from "./names";', "ID"),
        ('const a = "acme/one"; export { a as ID };', 'import { ID } from "./names";', "ID"),
        ('export default "acme/one";', 'import ID from "./names";', "ID"),
        ('export const M = { a: "acme/one" };', 'import { M } from "./names";', "M.a"),
        ('export const M = { a: "acme/one" };', 'import { M } from "./names";', "M[key]"),
        ('export default { a: "acme/one" };', 'import M from "./names";', "M.a"),
        ('export const M = { a: { b: "acme/one" } };', 'import * as all from "./names";', "all.M.a.b"),
        ('module.exports = { ID: "acme/one" };', 'const { ID } = require("./names");', "ID"),
        ('exports.ID = "acme/one";', 'const { ID } = require("./names");', "ID"),
        ('export enum M { A = "acme/one" }', 'import { M } from "@/names";', "M.A"),
    ],
)
def test_a_constant_is_followed_into_another_file(there, front, name):
    uses, unresolved = _read(
        {"app/names.ts": there, "app/main.ts": f"{LOAD}{front}\nAutoModel.from_pretrained({name});\n"}
    )
    (use,) = [use for use in uses if use.certainty is Certainty.CALL]
    assert (use.place.path, use.place.line, use.ref) == ("app/main.ts", 3, "hf:acme/one")
    assert use.where is not None
    assert (use.where.path, use.where.line) == ("app/names.ts", 1)
    assert not unresolved


def test_what_another_file_passes_is_followed_into_the_function():
    files = {
        "lib.js": LOAD + "export function load(id) {\n  return AutoModel.from_pretrained(id);\n}\n",
        "main.js": 'import { load } from "./lib.js";\nload("acme/one");\n',
    }
    uses, unresolved = _read(files)
    assert [(use.place.path, use.place.line, use.ref) for use in uses] == [("lib.js", 3, "hf:acme/one")]
    assert uses[0].where is not None
    assert uses[0].where.path == "main.js"
    assert not unresolved


def test_methods_and_constructors_of_imported_classes():
    files = {
        "lib.js": LOAD
        + "export class A {\n  static async from_pretrained(id) {\n"
        + "    return AutoModel.from_pretrained(id);\n  }\n}\n"
        + "export class B { constructor(id) { this.id = id; }\n"
        + "  run() { return AutoModel.from_pretrained(this.id); } }\n",
        "main.js": 'import { A, B } from "./lib";\nA.from_pretrained("acme/one");\nnew B("acme/two");\n',
    }
    uses, unresolved = _read(files)
    assert {(use.place.path, use.place.line, use.ref) for use in uses} >= {
        ("lib.js", 4, "hf:acme/one"),
        ("lib.js", 8, "hf:acme/two"),
    }
    assert not unresolved


def test_a_module_outside_of_the_project_stays_unresolved():
    uses, unresolved = _read(
        {"main.js": LOAD + 'import { ID } from "acme-names";\nAutoModel.from_pretrained(ID);\n'}
    )
    assert not uses
    assert [row.place.line for row in unresolved] == [3]


def test_files_that_import_each_other_end():
    uses, unresolved = _read(
        {
            "a.js": LOAD
            + 'import { b } from "./b";\nexport const a = b + 1;\nAutoModel.from_pretrained(a);\n',
            "b.js": 'import { a } from "./a";\nexport const b = a + "/model";\n',
        }
    )
    assert not uses
    assert len(unresolved) == 1


def test_a_file_that_cannot_be_read_is_passed_over():
    assert read_scripts([("a.js", Role.RUNTIME)], lambda _: None) == []
