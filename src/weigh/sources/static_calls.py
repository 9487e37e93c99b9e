"""Which calls of some loaders a function would make: its source is followed, nothing of it is run.

What is followed: assignments, branches (both, where the condition is not known), loops over constants,
calls of functions and classes of the same code base, imports between its files, texts that are put
together. What is not known stays unknown, and a loader called with something unknown is told as such.
Steps, depth and choices are bounded; where a bound is met the answer says that it is not complete.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from weigh.sources import static_expressions as folding
from weigh.sources.static_modules import Modules
from weigh.sources.static_names import MAX_DEPTH, Frame, TooMuchError, is_enum
from weigh.sources.static_values import UNKNOWN, Class, External, Function, Instance, Module, each, one_of
from weigh.sources.static_walk import Expressions


@dataclass(frozen=True, slots=True)
class FoundCall:
    """One call of a loader.

    Attributes:
        name: dotted name of the loader.
        args, named: values of its arguments; `named` has "**" where more may be given.
        path, line: where it stands.
        expression: its source text, shortened; hostile text.
    """

    name: str
    args: tuple[Any, ...]
    named: Mapping[str, Any]
    path: str
    line: int
    expression: str

    def argument(self, position: int, *names: str) -> Any:
        """The value of an argument by its place or its name; `UNKNOWN` when it may be given by `**`."""
        for name in names:
            if name in self.named:
                return self.named[name]
        if position < len(self.args):
            return self.args[position]
        return UNKNOWN if "**" in self.named else None


class CallFinder(Expressions):
    """Follows functions of a code base and keeps the calls of loaders they would make.

    Args:
        modules: the code base.
        is_loader: whether a dotted name is that of a loader.
        follows: whether functions and classes of a module are gone into.
        answers: what some functions answer, by the name they are called by, instead of being followed.

    Attributes:
        found: the calls, each place with each set of arguments once, in the order they were met.
        incomplete: why the answer may lack calls, "" when it lacks none that can be known.
    """

    def __init__(
        self,
        modules: Modules,
        is_loader: Callable[[str], bool],
        follows: Callable[[Module], bool] = lambda _: True,
        answers: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(modules)
        self._answers = answers or {}
        self._is_loader = is_loader
        self._follows = follows
        self._stack: list[int] = []
        self._seen: set[str] = set()
        self.found: list[FoundCall] = []
        self.incomplete = ""

    def value(self, module: Module, name: str) -> Any:
        """What a name of a module stands for.

        Returns:
            A value; `UNKNOWN` where it cannot be told.
        """
        try:
            return self._look_up(module, name)
        except TooMuchError as error:
            self.incomplete = str(error)
        except RecursionError:
            self.incomplete = "it is nested too deeply"
        return UNKNOWN

    def follow(self, function: Any, named: Mapping[str, Any]) -> Any:
        """Follow a call of a function or class; arguments that are not given are their defaults."""
        try:
            return self._call_value(function, [], dict(named), None, None)
        except TooMuchError as error:
            self.incomplete = str(error)
        except RecursionError:
            self.incomplete = "it is nested too deeply"
        return UNKNOWN

    def _call(self, node: ast.Call, frame: Frame) -> Any:
        args: list[Any] = []
        for arg in node.args:
            value = self._value(arg, frame)
            if isinstance(arg, ast.Starred):
                args += value if isinstance(value, list | tuple) else [UNKNOWN]
            else:
                args.append(value)
        named: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self._value(keyword.value, frame)
            if keyword.arg is not None:
                named[keyword.arg] = value
            elif isinstance(value, dict):
                named.update({k: v for k, v in value.items() if isinstance(k, str)})
            else:
                named["**"] = UNKNOWN
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if called in self._answers:
            return self._answers[called]
        if isinstance(node.func, ast.Attribute):
            made = self._method(node.func, args, named, frame)
            if made is not None:
                return made
        callees = each(self._value(node.func, frame))
        return one_of(self._call_value(callee, args, named, node, frame) for callee in callees)

    def _method(self, node: ast.Attribute, args: list[Any], named: dict[str, Any], frame: Frame) -> Any:
        """A method of a text, dict or list; None when the owner is something else."""
        owner = self._value(node.value, frame)
        if isinstance(owner, dict) and node.attr == "update" and args and isinstance(args[0], dict):
            owner.update(args[0])
            return UNKNOWN
        if isinstance(owner, list) and node.attr == "append" and args and len(owner) < 10_000:
            owner.append(args[0])
            return UNKNOWN
        if isinstance(owner, Class) and node.attr == "verify" and is_enum(owner):
            # torchvision's WeightsEnum.verify gives the member that a text or a member stands for.
            return self._members(owner, args[0] if args else UNKNOWN)
        owners = list(each(owner))
        if all(isinstance(o, str | dict) for o in owners):
            return one_of(folding.method(o, node.attr, args, named) for o in owners)
        return None

    def _call_value(
        self,
        callee: Any,
        args: list[Any],
        named: dict[str, Any],
        node: ast.Call | None,
        frame: Frame | None,
    ) -> Any:
        name = callee.name if isinstance(callee, External) else ""
        if isinstance(callee, Function):
            name = callee.dotted
        if name and node is not None and frame is not None and self._is_loader(name):
            self._keep(name, args, named, node, frame)
            return UNKNOWN
        match callee:
            case Function():
                return self._into(callee, args, named)
            case Class():
                return self._construct(callee, args, named)
            case Instance():
                called = self._of_class(callee.of, "__call__", callee)
                return self._into(called, args, named) if isinstance(called, Function) else UNKNOWN
            case External():
                return self._library(callee.name, args, named)
            case _:
                return UNKNOWN

    def _library(self, name: str, args: list[Any], named: dict[str, Any]) -> Any:
        if name == "builtins.dict":
            return _dict_of(args[0] if args else {}) | {k: v for k, v in named.items() if k != "**"}
        if name in {"copy.copy", "copy.deepcopy"} and args and isinstance(args[0], dict):
            return dict(args[0])
        if name == "functools.partial" and args and isinstance(args[0], Function):
            return args[0]
        if name == "builtins.getattr" and len(args) > 1 and isinstance(args[1], str):
            wanted = args[1]
            return one_of(self._attribute(owner, wanted) for owner in each(args[0]))
        if named:
            return UNKNOWN
        return folding.builtin(name, args)

    def _keep(self, name: str, args: list[Any], named: dict[str, Any], node: ast.Call, frame: Frame) -> None:
        expression = ast.unparse(node)[:200]
        key = f"{name}\0{frame.module.path}\0{node.lineno}\0{args!r}\0{named!r}"
        if key not in self._seen:
            self._seen.add(key)
            path = frame.module.path
            self.found.append(FoundCall(name, tuple(args), dict(named), path, node.lineno, expression))

    def _construct(self, of: Class, args: list[Any], named: dict[str, Any]) -> Any:
        made = Instance(of)
        start = self._of_class(of, "__init__", made)
        if isinstance(start, Function):
            self._into(start, args, named)
        else:
            self._fields(of, made, args, named)
        return made

    def _fields(self, of: Class, made: Instance, args: list[Any], named: dict[str, Any]) -> None:
        """A dataclass keeps its arguments under the names its body annotates, in that order."""
        fields = [
            n.target.id
            for n in of.node.body
            if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)
        ]
        made.names.update(zip(fields, args, strict=False))
        made.names.update(named)

    def _into(self, function: Function, args: list[Any], named: dict[str, Any]) -> Any:
        """Follow a call of a function; its value is what any of its returns gives."""
        module = function.module
        key = id(function.node)
        if not self._follows(module) or len(self._stack) >= MAX_DEPTH or self._stack.count(key) > 2:
            return UNKNOWN
        self._enter(module)
        held = self._bind(function, args, named)
        if isinstance(function.node, ast.Lambda):
            return self._value(function.node.body, Frame(module, held, function.outer))
        self._stack.append(key)
        try:
            frame = Frame(module, held, function.outer)
            self._block(function.node.body, frame)
        finally:
            self._stack.pop()
        return one_of([*frame.returned, *([] if frame.ended else [None])])

    def _bind(self, function: Function, args: list[Any], named: dict[str, Any]) -> dict[str, Any]:
        wanted = function.node.args
        frame = Frame(function.module, {}, function.outer)
        places = [*wanted.posonlyargs, *wanted.args]
        given = ([function.owner] if function.owner is not None else []) + args
        held: dict[str, Any] = {}
        for arg, default in zip(reversed(places), reversed(wanted.defaults), strict=False):
            held[arg.arg] = self._value(default, frame)
        for arg, maybe in zip(wanted.kwonlyargs, wanted.kw_defaults, strict=True):
            held[arg.arg] = self._value(maybe, frame) if maybe is not None else UNKNOWN
        for place in places:
            held.setdefault(place.arg, UNKNOWN)
        if "**" in named:
            held = dict.fromkeys(held, UNKNOWN)
        held.update(zip((p.arg for p in places), given, strict=False))
        known = set(held)
        held.update({k: v for k, v in named.items() if k in known})
        if wanted.vararg:
            held[wanted.vararg.arg] = tuple(given[len(places) :])
        if wanted.kwarg:
            rest = {k: v for k, v in named.items() if k not in known and k != "**"}
            held[wanted.kwarg.arg] = rest
        return held


def _dict_of(value: Any) -> dict[Any, Any]:
    """What `dict(value)` holds, as far as it is known."""
    if isinstance(value, dict):
        return dict(value)
    pairs = value if isinstance(value, list | tuple) else ()
    known = [p for p in pairs if isinstance(p, tuple) and len(p) == 2 and isinstance(p[0], str | int)]
    return dict(known)
