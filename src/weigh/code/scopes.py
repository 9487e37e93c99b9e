"""Who binds which name where: the scopes of one source file, and which bindings reach a place."""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from weigh.code.alternatives import Spot


class Means(StrEnum):
    """How a name gets its value."""

    VALUE = "value"
    ELEMENT = "element"
    ADDED = "added"
    IMPORT = "import"
    DEFINED = "defined"
    PARAMETER = "parameter"
    ENTERED = "entered"
    NEVER_KNOWN = "never known"


@dataclass(slots=True, eq=False)
class Group:
    """The branches of one statement. `exclusive`: only one of them runs; `every`: one of them surely does."""

    count: int
    exclusive: bool
    every: bool
    ended: set[int] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Block:
    """Statements that run together: a branch of a statement, or the body of a scope.

    Attributes:
        parent: the block its statement stands in.
        group: the branches it is one of; None for the body of a scope.
        branch: which of them.
        loop: whether it may run again.
        test: what holds when it is entered.
        failed: what does not hold then.
    """

    parent: "Block | None" = None
    group: Group | None = None
    branch: int = 0
    loop: bool = False
    test: ast.expr | None = None
    failed: tuple[ast.expr, ...] = ()

    def above(self) -> "Iterable[Block]":
        """This block and those around it, innermost first."""
        block: Block | None = self
        while block is not None:
            yield block
            block = block.parent


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """Where an expression is read: its scope, its block, and after how many statements of the file."""

    scope: "Scope"
    block: Block
    order: int


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """One way a name gets a value.

    Attributes:
        means: how.
        node: what the value comes from; of an import None.
        site: where that is read.
        path: the place in an unpacked value, outermost first; a negative number counts from the end,
            a slice is the starred rest.
        module: of an import, the module with a dot for each level it is relative by.
        name: of an import, what is taken out of the module; "" is the module itself.
        scope: of a definition, its own scope.
    """

    means: Means
    node: ast.AST | None
    site: Site
    path: tuple[int | slice, ...] = ()
    module: str = ""
    name: str = ""
    scope: "Scope | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """A container that is changed in place: `name[key] = value`, `name.method(...)`."""

    method: str
    values: tuple[ast.expr, ...]
    keywords: tuple[ast.keyword, ...]
    site: Site


@dataclass(slots=True, eq=False)
class Scope:
    """A module, function, class, lambda or comprehension and the names bound in it.

    Attributes:
        kind: one of `module function class lambda comprehension`.
        node: its syntax.
        outer: where its definition stands; None for a module.
        bindings: by name, in the order of the file.
        changes: of containers, by the name that holds them.
        returns: expressions returned, and where; `yields` those that a generator gives.
        stars: modules everything is imported from.
        elsewhere: names that are `global` or `nonlocal` here.
        base: its outermost block.
    """

    kind: str
    node: ast.AST
    outer: Site | None
    module: "ModuleCode"
    base: Block
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    changes: dict[str, list[Change]] = field(default_factory=dict)
    returns: list[tuple[ast.expr, Site]] = field(default_factory=list)
    yields: list[tuple[ast.expr, Site]] = field(default_factory=list)
    stars: list[str] = field(default_factory=list)
    elsewhere: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the definition is called."""
        return getattr(self.node, "name", "<lambda>" if self.kind == "lambda" else f"<{self.kind}>")

    @property
    def decorators(self) -> Sequence[ast.expr]:
        """Its decorators."""
        return getattr(self.node, "decorator_list", ())

    def class_around(self) -> "Scope | None":
        """The class whose method this is."""
        return self.outer.scope if self.outer is not None and self.outer.scope.kind == "class" else None


@dataclass(frozen=True, slots=True, eq=False)
class CallSite:
    """A call and where it is read; `decorates` the definition it stands above."""

    node: ast.Call
    site: Site
    decorates: ast.AST | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """A value put into an attribute: `target.attr = value`."""

    target: ast.Attribute
    binding: Binding


@dataclass(slots=True, eq=False)
class ModuleCode:
    """One source file, indexed.

    Attributes:
        path: relative POSIX path.
        dotted: what it is called when its folder's root is importable; `""` for a notebook.
        package: whether it is an `__init__.py`.
        scope: its module scope.
        calls: in the order of the file.
        attributes: attribute chains that are read and are no callee, with their place.
        scopes: by the identity of the node that opens one.
        stored: values put into attributes, by the attribute's name.
        cells: of a notebook, (first line in the joined text, number of the cell).
        too_deep: lines where nesting was too deep to be followed.
    """

    path: str
    dotted: str
    package: bool
    lines: Sequence[str]
    tree: ast.Module
    cells: tuple[tuple[int, int], ...] = ()
    scope: Scope = field(init=False)
    calls: list[CallSite] = field(default_factory=list)
    attributes: list[tuple[ast.Attribute, Site]] = field(default_factory=list)
    scopes: dict[int, Scope] = field(default_factory=dict)
    stored: dict[str, list[Stored]] = field(default_factory=dict)
    imports: list[tuple[str, str, str, ast.stmt]] = field(default_factory=list)
    too_deep: list[int] = field(default_factory=list)

    def spot(self, node: ast.AST) -> Spot:
        """Where a node begins."""
        line: int = getattr(node, "lineno", 1)
        return self.spot_at(line, getattr(node, "col_offset", 0))

    def spot_at(self, line: int, offset: int) -> Spot:
        """A place by its line and the offset in UTF-8 that the parser counts in."""
        column = offset
        if 0 < line <= len(self.lines) and not self.lines[line - 1].isascii():
            column = len(self.lines[line - 1].encode("utf-8")[:offset].decode("utf-8", "replace"))
        first, number = 1, 0
        for start, cell in self.cells:
            if start > line:
                break
            first, number = start, cell
        return Spot(self.path, line - first + 1, column + 1, number)


def reaching(bindings: Sequence[Binding], site: Site) -> list[Binding]:
    """The bindings of a name that its use in the same scope may see, last first.

    Walking back from the use, a binding that surely runs hides those before it; so do branches of one
    statement that all bind the name. Inside a loop also later bindings of the loop are seen.
    """
    around = set(map(id, site.block.above()))
    choices = {id(b.group): b.branch for b in site.block.above() if b.group is not None and b.group.exclusive}
    covered: set[int] = set()
    branches: dict[int, set[int]] = {}
    found: list[Binding] = []
    hidden_by: Block | None = None
    for binding in reversed(bindings):
        if binding.site.order >= site.order or not _visible(binding.site.block, around, choices, covered):
            continue
        found.append(binding)
        hidden_by = _cover(binding.site.block, around, covered, branches)
        if hidden_by is not None:
            break
    killed = set(map(id, hidden_by.above())) if hidden_by is not None else set()
    loops = [b for b in site.block.above() if b.loop and id(b) not in killed]
    if loops:
        outermost = id(loops[-1])
        for binding in bindings:
            later = binding.site.order >= site.order
            if later and any(id(b) == outermost for b in binding.site.block.above()):
                found.append(binding)
    return found


def _visible(block: Block, around: set[int], choices: dict[int, int], covered: set[int]) -> bool:
    for part in block.above():
        if id(part) in covered:
            return False
        if id(part) in around:
            return True
        group = part.group
        if group is None:
            continue
        if part.branch in group.ended or choices.get(id(group), part.branch) != part.branch:
            return False
    return True


def _cover(block: Block, around: set[int], covered: set[int], branches: dict[int, set[int]]) -> Block | None:
    """Notes that a block surely binds the name; the block that hides everything before, if one does."""
    part: Block | None = block
    while part is not None:
        if id(part) in around:
            return part
        covered.add(id(part))
        group = part.group
        if group is None:
            return None
        seen = branches.setdefault(id(group), set(group.ended))
        seen.add(part.branch)
        if not group.every or len(seen) < group.count:
            return None
        part = part.parent
    return None
