"""Expressions: names, attributes, subscripts, comprehensions, and constants put together."""

import ast
from dataclasses import replace

from weigh.code.constants import UNKNOWN, Tag, Value, binary, folded, joined, merged, tags_of
from weigh.code.effects import EffectKind, When
from weigh.code.judged_calls import MACHINE
from weigh.code.moved_values import MOST_UNROLLED, item_of, iterated, variable
from weigh.code.sinks import canonical_name, sink_of
from weigh.code.walk_state import Frame, Local, Walk

NAMESPACES = frozenset(
    {"globals()", "locals()", "__builtins__", "__builtins__.__dict__", "builtins.__dict__"}
)
"""Mappings from names to what they stand for."""
_SPACES = (".f_builtins", ".f_globals", ".f_locals", ".__globals__", ".__builtins__")
"""Attributes of frames and functions that are such mappings."""
DICT = ".__dict__"
VARS = ".vars()"
"""Ends of names of a module's namespace: `os.__dict__`, `vars(os)`."""

_ESCAPES = frozenset(
    {"__base__", "__globals__", "__builtins__", "__code__", "__bases__", "__mro__", "__loader__"}
)
"""Attributes that lead from harmless objects to all others."""
_MOST_ITEMS = 10_000
_LONG = 1024
"""Characters or bytes from which a constant counts as long."""
MOST_FOLDED = 24 * 1024**2
"""Characters and bytes of long constants that one source may have put together."""


class ValueWalk(Walk):
    """What is known of an expression."""

    def value(self, node: ast.expr, frame: Frame) -> Value:
        """What is known of an expression; its effects are noted."""
        if not self.step():
            return UNKNOWN
        self.depth += 1
        try:
            made = self._one(node, frame)
        finally:
            self.depth -= 1
        if isinstance(made.constant, str | bytes) and len(made.constant) > _LONG:
            return self._afforded(node, made)
        return made

    def _afforded(self, node: ast.expr, made: Value) -> Value:
        """A long constant, forgotten once all of them together would take too much memory."""
        if isinstance(node, ast.Constant | ast.Name):
            return made
        self.folded += len(made.constant)
        if self.folded <= MOST_FOLDED:
            return made
        self.unread = "it puts more text together than is followed"
        return Value(name=made.name, tags=made.tags)

    def _one(self, node: ast.expr, frame: Frame) -> Value:  # noqa: C901, PLR0912 - one case a kind of expression
        match node:
            case ast.Constant():
                return Value(node.value)
            case ast.Name():
                return self.named(node.id, frame)
            case ast.Attribute():
                return self.attribute(self.value(node.value, frame), node.attr, frame)
            case ast.Call():
                return self.call(node, frame)
            case ast.BinOp():
                return self._chain(node, frame)
            case ast.JoinedStr():
                return joined([self.value(v, frame) for v in node.values])
            case ast.Tuple() | ast.List() | ast.Set():
                return Value(items=tuple(self.value(e, frame) for e in node.elts[:_MOST_ITEMS]))
            case ast.Dict():
                keys = [self.value(k, frame) for k in node.keys if k is not None]
                values = tuple(self.value(v, frame) for v in node.values[:_MOST_ITEMS])
                return Value(items=values, tags=tags_of(*keys))
            case ast.Subscript():
                return self._subscript(node, frame)
            case ast.Lambda():
                local = Local(node, frame)
                self.waiting.append((local, When.CALL))
                return Value(local=local)
            case ast.IfExp():
                self.value(node.test, frame)
                return merged([self.value(node.orelse, frame), self.value(node.body, frame)])
            case ast.BoolOp():
                return merged([self.value(v, frame) for v in node.values])
            case ast.NamedExpr():
                value = self.value(node.value, frame)
                self.bind(node.target, value, frame)
                return value
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self._comprehension(node.generators, node.elt, frame)
            case ast.DictComp():
                return self._comprehension(node.generators, node.value, frame)
            case ast.Await() | ast.Starred() | ast.YieldFrom() | ast.FormattedValue():
                return self.value(node.value, frame)
            case _:
                return self._other(node, frame)

    def _other(self, node: ast.expr, frame: Frame) -> Value:
        """Comparisons, signs and the like: only where they come from."""
        parts = [self.value(c, frame) for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr)]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            number = parts[0].constant
            return Value(-number) if isinstance(number, int) else UNKNOWN
        return UNKNOWN if isinstance(node, ast.Compare) else Value(tags=tags_of(*parts))

    def _chain(self, node: ast.BinOp, frame: Frame) -> Value:
        """`a + b + c + …`, without a level for each."""
        spine: list[ast.BinOp] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp):
            spine.append(left)
            left = left.left
        value = self.value(left, frame)
        for operation in reversed(spine):
            self.step()
            value = binary(operation.op, value, self.value(operation.right, frame))
        return value

    def named(self, name: str, frame: Frame) -> Value:
        """What a name stands for: of this source, else a builtin or something imported with `*`."""
        found = frame.lookup(name)
        return merged(found) if found else Value(name=name)

    def attribute(self, owner: Value, name: str, frame: Frame) -> Value:
        """`owner.name`: a member of a class of this source, part of a module, or something not known."""
        if isinstance(owner.local, Local) and name in owner.local.members:
            return merged(owner.local.members[name]).tagged(*tags_of(owner))
        self._noted(owner, name, frame)
        tags = owner.tags | {Tag.DISGUISED} if name in _ESCAPES else owner.tags
        options = []
        for one in owner.each():
            if one.name:
                full = f"{one.name}.{name}" if name == "__dict__" else canonical_name(f"{one.name}.{name}")
                extra = {Tag.ENVIRONMENT} if full == "os.environ" else set()
                options.append(Value(name=full, tags=tags | extra))
        if (owner.name == "self" or not owner.name) and not (options and sink_of(options[-1].name)):
            options += [v for v in self.attributes.get(name, []) if v.name or v.local is not None]
        if options:
            return merged(options)
        same = replace(UNKNOWN, constant=owner.constant) if name in {"text", "content"} else UNKNOWN
        return replace(same, name=f".{name}", tags=tags | tags_of(owner))

    def _noted(self, owner: Value, name: str, frame: Frame) -> None:
        """Attributes that say something by themselves."""
        if name == "__subclasses__" and (Tag.DISGUISED in owner.tags or owner.name in {"object", "type"}):
            self.add(EffectKind.DISGUISED, None, "it looks for classes through __subclasses__", frame.when)
        if MACHINE.search(name) and canonical_name(owner.name).startswith("ctypes"):
            self.add(EffectKind.MACHINE_CODE, None, f"{owner.name}.{name}", frame.when)

    def _subscript(self, node: ast.Subscript, frame: Frame) -> Value:
        owner = self.value(node.value, frame)
        if isinstance(node.slice, ast.Slice):
            return self._sliced(owner, node.slice, frame)
        key = self.value(node.slice, frame)
        got = self.looked_up(owner, key, frame)
        if got is not None:
            return got
        place = key.constant
        for data in (owner.items, owner.constant):
            if (
                isinstance(place, int)
                and isinstance(data, tuple | str | bytes)
                and -len(data) <= place < len(data)
            ):
                item = data[place]
                return item.tagged(*owner.tags) if isinstance(item, Value) else folded(item, owner)
        if owner.items:
            return merged(list(owner.items[-8:])).tagged(*tags_of(owner))
        return Value(tags=tags_of(owner))

    def looked_up(self, owner: Value, key: Value, frame: Frame) -> Value | None:
        """A look-up by key in the environment or in a namespace, None where it is none."""
        module = canonical_name(owner.name)
        if module == "os.environ":
            return variable(key)
        text = key.text
        if text is None:
            return None
        if owner.name in NAMESPACES or owner.name.endswith(_SPACES):
            return self.named(text, self.module).tagged(Tag.DISGUISED)
        if module == "sys.modules":
            return Value(name=text, tags=frozenset({Tag.DISGUISED}))
        for ending in (DICT, VARS):
            if owner.name.endswith(ending):
                inner = Value(name=owner.name.removesuffix(ending))
                return self.attribute(inner, text, frame).tagged(Tag.DISGUISED)
        return None

    def _sliced(self, owner: Value, cut: ast.Slice, frame: Frame) -> Value:
        ends = [self.value(e, frame).constant if e else None for e in (cut.lower, cut.upper, cut.step)]
        if all(e is None or isinstance(e, int) for e in ends) and ends[2] != 0:
            where = slice(*ends)
            if isinstance(owner.constant, str | bytes):
                turned = (Tag.DECODED,) if isinstance(ends[2], int) and ends[2] < 0 else ()
                return folded(owner.constant[where], owner).tagged(*turned)
            if owner.items is not None:
                return replace(owner, items=owner.items[where])
        return Value(tags=tags_of(owner), items=owner.items)

    def _comprehension(self, generators: list[ast.comprehension], element: ast.expr, frame: Frame) -> Value:
        inner = Frame({}, frame, frame.when)
        over = self.value(generators[0].iter, inner)
        items = iterated(over) if len(generators) == 1 and not generators[0].ifs else None
        if items is not None and len(items) <= MOST_UNROLLED:
            made = []
            for item in items:
                inner.names.clear()
                self.bind(generators[0].target, item.tagged(*over.tags), inner)
                made.append(self.value(element, inner))
            return Value(items=tuple(made))
        for generator in generators:
            self.bind(generator.target, item_of(self.value(generator.iter, inner)), inner)
            for test in generator.ifs:
                self.value(test, inner)
        value = self.value(element, inner)
        unscrambled = any(isinstance(n, ast.BitXor) for n in ast.walk(element)) or value.name == "chr()"
        extra = (Tag.DECODED,) if unscrambled else ()
        return Value(items=(value,), tags=tags_of(value) | tags_of(over)).tagged(*extra)
