"""What a Python source would do, followed over its syntax tree: names, constants, where values come from.

An abstract walk, not an interpreter: every branch is taken, calls of functions of the same source are
followed with their arguments to a bounded depth, constants are folded (joins, slices, base64, character
codes), and text that is decoded or evaluated is looked at as source again. What is met is an Effect with its
line and time. The layers: `walk_values` (expressions), `walk_calls` (calls), and here the statements.
"""

import ast
import re
from collections.abc import Iterable
from dataclasses import replace

from weigh.code.constants import Value, binary, tags_of
from weigh.code.effects import Effect, EffectKind, SourceEffects, When
from weigh.code.moved_values import item_of
from weigh.code.sinks import GADGETS, INSTALL_BASES, LIFE_METHODS, SINKS, canonical_name, sink_of
from weigh.code.syntax import parse_text
from weigh.code.walk_calls import GUARDED, MOST_NESTED, CallWalk
from weigh.code.walk_state import ExhaustedError, Frame, Local, Site

MOST_ADDRESSES = 100
"""Network addresses kept of one source."""
_MOST_VALUES = 6
"""Values a name may have."""

_ADDRESS = re.compile(r"(?:https?|ftp|wss?|tcp)://[^\s'\"<>\\)]{3,300}")
_STARRED = frozenset({"os", "subprocess", "ctypes", "pickle", "socket", "shutil", "builtins", "importlib"})
_HARMLESS_SYS = frozenset(
    {"path", "stdout", "stderr", "stdin", "argv", "dont_write_bytecode", "ps1", "tracebacklimit"}
    | {"excepthook", "displayhook", "recursionlimit"}
)


class Follower(CallWalk):
    """Walks one source and what is decoded inside it.

    Args:
        nested: sources around this one.
        module: the outermost scope.
        steps: taken already by the sources around it.
    """

    def __init__(self, nested: int = 0, module: Frame | None = None, steps: int = 0) -> None:
        super().__init__(nested, module or Frame({}, None, When.IMPORT), steps)

    def follow(self, tree: ast.Module) -> None:
        """Walk the whole source; effects and `unread` tell what was met."""
        try:
            self.block(tree.body, self.module)
            self._functions()
        except ExhaustedError:
            self.unread = "it takes too many steps to follow"
        except RecursionError:
            # our own bounds are lower; this is for a caller that has used up the stack already
            self.unread = "it is nested too deeply to follow"
        self._shell_over_network()

    def _functions(self) -> None:
        """Every function by itself, those inside functions as they are met.

        A second time when attributes hold functions: `self.run` may be set after the place where it is
        called.
        """
        met: list[tuple[Local, When]] = []
        while self.waiting:
            met += self.waiting
            batch, self.waiting = self.waiting, []
            for local, when in batch:
                self.enter(local, [], {}, when)
        if any(v.name and sink_of(v.name) for values in self.attributes.values() for v in values):
            self.known.clear()
            for local, when in met:
                self.enter(local, [], {}, when)
            self.waiting = []

    def _shell_over_network(self) -> None:
        """A terminal and a network connection in one source."""
        kinds = {(e.kind, e.detail.partition(":")[0]) for e in self.effects.values()}
        spawned = next((e for e in self.effects.values() if e.detail.startswith("pty.spawn")), None)
        if spawned is not None and (EffectKind.USES_NETWORK, "socket.socket") in kinds:
            what = "pty.spawn, and socket.socket"
            effect = Effect(EffectKind.REMOTE_SHELL, spawned.line, what, spawned.when)
            self.effects[EffectKind.REMOTE_SHELL, spawned.line, what] = effect

    def block(self, body: Iterable[ast.stmt], frame: Frame) -> None:
        """Follow statements."""
        for statement in body:
            if not self.step():
                return
            self.depth += 1
            try:
                self._one_statement(statement, frame)
            finally:
                self.depth -= 1

    def _one_statement(self, node: ast.stmt, frame: Frame) -> None:  # noqa: C901, PLR0912 - one case a statement
        match node:
            case ast.Import() | ast.ImportFrom():
                self._import(node, frame)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node, frame)
            case ast.ClassDef():
                self._class(node, frame)
            case ast.Assign():
                value = self.value(node.value, frame)
                for target in node.targets:
                    self.bind(target, value, frame)
            case ast.AnnAssign():
                if node.value is not None:
                    self.bind(node.target, self.value(node.value, frame), frame)
            case ast.AugAssign():
                old = self.value(node.target, frame)
                self.bind(node.target, binary(node.op, old, self.value(node.value, frame)), frame)
            case ast.Return():
                if node.value is not None:
                    frame.returns.append(self.value(node.value, frame))
            case ast.If():
                self._branches(node, frame)
            case ast.For() | ast.AsyncFor():
                self.bind(node.target, item_of(self.value(node.iter, frame)), frame)
                self.block([*node.body, *node.orelse], frame)
            case ast.While():
                self.value(node.test, frame)
                self.block([*node.body, *node.orelse], frame)
            case ast.With() | ast.AsyncWith():
                self._with(node, frame)
            case ast.Try() | ast.TryStar():
                handlers = [s for h in node.handlers for s in h.body]
                self.block([*node.body, *handlers, *node.orelse, *node.finalbody], frame)
            case ast.Global():
                for name in node.names:
                    frame.names[name] = self.module.names.setdefault(name, [])
            case ast.Match():
                self.value(node.subject, frame)
                for case in node.cases:
                    self.block(case.body, frame)
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.value(child, frame)

    def _with(self, node: ast.With | ast.AsyncWith, frame: Frame) -> None:
        for item in node.items:
            value = self.value(item.context_expr, frame)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value, frame)
        self.block(node.body, frame)

    def _branches(self, node: ast.If, frame: Frame) -> None:
        """All branches of a chain of elifs, without a level for each."""
        current = node
        while True:
            self.value(current.test, frame)
            main = _is_main_test(current.test) and frame.when is When.IMPORT
            self.block(current.body, replace(frame, when=When.CALL) if main else frame)
            if len(current.orelse) != 1 or not isinstance(current.orelse[0], ast.If):
                break
            current = current.orelse[0]
            self.step()
        self.block(current.orelse, frame)

    def _import(self, node: ast.Import | ast.ImportFrom, frame: Frame) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                full = alias.name if alias.asname else alias.name.partition(".")[0]
                frame.names[alias.asname or full] = [Value(name=full)]
            return
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name != "*":
                between = "" if module.endswith(".") else "."
                name = canonical_name(f"{module}{between}{alias.name}")
                owner = (
                    self.attribute(Value(name=module), alias.name, frame) if name == "os.environ" else None
                )
                frame.names[alias.asname or alias.name] = [owner or Value(name=name)]
            elif module in _STARRED:
                for name in SINKS:
                    owner_name, _, short = name.rpartition(".")
                    if owner_name == module:
                        frame.names.setdefault(short, [Value(name=name)])

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame) -> None:
        local = Local(node, frame)
        value = Value(local=local)
        for default in [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]:
            self.value(default, frame)
        frame.names[node.name] = [value]
        for decorator in reversed(node.decorator_list):
            made = self.call_value(self.value(decorator, frame), [value], {}, Site(decorator, frame))
            if made.name and sink_of(made.name):
                frame.names[node.name].append(made)
        self.waiting.append((local, When.CALL))

    def _class(self, node: ast.ClassDef, frame: Frame) -> None:
        parents = [self.value(base, frame) for base in node.bases]
        for keyword in node.keywords:
            self.value(keyword.value, frame)
        local = Local(node, frame, bases=tuple(p.name for p in parents))
        for parent in self.locals_of(parents):
            local.members.update(parent.members)
            local.bases += parent.bases
        before = len(self.waiting)
        inner = Frame({}, frame, frame.when)
        self.block(node.body, inner)
        local.members.update(inner.names)
        frame.names[node.name] = [Value(local=local)]
        for decorator in node.decorator_list:
            given = [Value(local=local)]
            self.call_value(self.value(decorator, frame), given, {}, Site(decorator, frame))
        self._methods(local, inner, before)
        for name in ("__reduce__", "__reduce_ex__"):
            for method_of in self.locals_of(inner.names.get(name, [])):
                self._reduces(method_of, frame)

    def _methods(self, local: Local, inner: Frame, before: int) -> None:
        """Tell methods their class, and mark those that run when the class is used."""
        installs = any(base.rpartition(".")[2] in INSTALL_BASES for base in local.bases)
        living = (
            LIFE_METHODS | {"run", "finalize_options", "initialize_options"} if installs else LIFE_METHODS
        )
        for at in range(before, len(self.waiting)):
            met, _ = self.waiting[at]
            if met.frame is inner:
                met.owner = local
                if getattr(met.node, "name", "") in living:
                    self.waiting[at] = (met, When.LIFE)

    def _reduces(self, method_of: Local, frame: Frame) -> None:
        """A `__reduce__` tells unpickling what to call."""
        before = dict(self.effects)
        made = self.enter(method_of, [], {}, When.CALL)
        self.effects = before  # the body is followed on its own; only what it returns counts here
        self.known.clear()
        site = Site(method_of.node, replace(frame, when=When.LIFE))
        for item in made.each():
            parts = item.items or ()
            for callee in parts[0].each() if parts else ():
                if sink_of(callee.name) in GADGETS:
                    what = f"it returns {callee.name}"
                    self.add(EffectKind.UNPICKLE_GADGET, method_of.node, what, When.LIFE)
                    args = list(parts[1].items or ()) if len(parts) > 1 else []
                    self.call_value(callee, args, {}, site)

    def bind(self, target: ast.expr, value: Value, frame: Frame) -> None:
        """`target = value`."""
        match target:
            case ast.Name():
                _keep(frame.names.setdefault(target.id, []), value)
            case ast.Tuple() | ast.List():
                items = value.items or ()
                matching = len(items) == len(target.elts)
                for at, inner in enumerate(target.elts):
                    self.bind(inner, items[at] if matching else Value(tags=tags_of(value)), frame)
            case ast.Starred():
                self.bind(target.value, Value(tags=tags_of(value)), frame)
            case ast.Attribute():
                self.replaced(self.value(target.value, frame), target.attr, target, frame)
                if value.name or value.local is not None or value.tags:
                    _keep(self.attributes.setdefault(target.attr, []), value)
            case ast.Subscript():
                self._set_item(target, value, frame)

    def _set_item(self, target: ast.Subscript, value: Value, frame: Frame) -> None:
        owner = self.value(target.value, frame)
        key = self.value(target.slice, frame)
        if owner.name == "globals()" and key.text is not None:
            _keep(self.module.names.setdefault(key.text, []), value)
        if canonical_name(owner.name) == "sys.modules" and key.known:
            self.add(EffectKind.CHANGES_INTERPRETER, target, f"sys.modules[{key.constant!r}]", frame.when)

    def replaced(self, owner: Value, name: str, node: ast.AST, frame: Frame) -> None:
        """An attribute of an interpreter's module, or a dangerous function, set anew."""
        module = canonical_name(owner.name) if owner.name else ""
        if module == "sys" and name in _HARMLESS_SYS:
            return
        guarded = owner.name in GUARDED or module in GUARDED
        if guarded or sink_of(f"{module}.{name}") in GADGETS:
            self.add(EffectKind.CHANGES_INTERPRETER, node, f"{owner.name}.{name}", frame.when)

    def inside(self, text: str, site: Site) -> None:
        """Constant text that is evaluated: a source again."""
        if self.nested >= MOST_NESTED or len(text) < 2:
            return
        parsed = parse_text(text)
        if parsed.tree is None:
            return
        inner = Follower(self.nested + 1, Frame({}, site.frame, site.frame.when), self.steps)
        inner.depth = self.depth
        inner.folded = self.folded
        inner.follow(parsed.tree)
        self.steps, self.folded = inner.steps, inner.folded
        self.unread = self.unread or inner.unread
        for effect in inner.effects.values():
            self.add(effect.kind, site.node, effect.detail, effect.when)


def _keep(values: list[Value], value: Value) -> None:
    """The last few values a name has had: branches and loops are not told apart."""
    values.append(replace(value, choices=()) if value.choices else value)
    values += [c for c in value.choices[:2] if c.name]
    del values[:-_MOST_VALUES]


def _is_main_test(node: ast.expr) -> bool:
    return isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and node.left.id == "__name__"


def effects_of(tree: ast.Module, text: str) -> SourceEffects:
    """What a source does.

    Args:
        tree: its syntax tree.
        text: it, for the addresses it names.
    """
    follower = Follower()
    follower.follow(tree)
    effects = sorted(follower.effects.values(), key=lambda e: (e.line, e.kind.value, e.detail))
    addresses = dict.fromkeys(found[0] for found in _ADDRESS.finditer(text))
    return SourceEffects(tuple(effects), tuple(addresses)[:MOST_ADDRESSES], follower.unread)
