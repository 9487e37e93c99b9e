"""What the names of a code base stand for: variables, imports, attributes of modules, classes and objects."""

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from weigh.sources.static_modules import Modules
from weigh.sources.static_values import (
    UNKNOWN,
    Class,
    External,
    Function,
    Imported,
    Instance,
    Module,
    each,
    one_of,
)

MAX_DEPTH = 40
"""Calls, imports and classes inside one another."""


@dataclass(slots=True)
class Frame:
    """Variables of one call, module or class body that is being followed."""

    module: Module
    names: dict[str, Any]
    outer: dict[str, Any] = field(default_factory=dict)
    returned: list[Any] = field(default_factory=list)
    ended: bool = False


class TooMuchError(Exception):
    """A bound was met."""


class Names(ABC):
    """Looks names up, and follows a module when something of it is first asked for.

    Args:
        modules: the code base.
    """

    def __init__(self, modules: Modules) -> None:
        self._modules = modules

    @abstractmethod
    def _block(self, body: Iterable[ast.stmt], frame: Frame) -> None:
        """Follow statements."""

    @abstractmethod
    def _call_value(
        self,
        callee: Any,
        args: list[Any],
        named: dict[str, Any],
        node: ast.Call | None,
        frame: Frame | None,
    ) -> Any:
        """Follow a call of a value."""

    def _enter(self, module: Module) -> None:
        if module.entered:
            return
        module.entered = True
        module.names["__name__"] = module.dotted
        module.names["__file__"] = module.path
        tree = self._modules.tree(module)
        if tree is not None:
            self._block(tree.body, Frame(module, module.names))

    def _look_up(self, module: Module, name: str) -> Any:
        self._enter(module)
        if name in module.names:
            found = self._settled(module.names[name])
            module.names[name] = found
            return found
        if module.path.endswith("__init__.py"):
            inner = self._modules.find(f"{module.dotted}.{name}")
            if inner is not None:
                return inner
        return UNKNOWN

    def _settled(self, value: Any, depth: int = 0) -> Any:
        """A value with imports looked up."""
        if not any(isinstance(v, Imported) for v in each(value)):
            return value
        return one_of(self._import(v, depth) if isinstance(v, Imported) else v for v in each(value))

    def _import(self, wanted: Imported, depth: int) -> Any:
        if depth > MAX_DEPTH:
            return UNKNOWN
        module = self._modules.find(wanted.module)
        if not wanted.name:
            return module or External(wanted.module)
        if module is not None:
            self._enter(module)
            if wanted.name in module.names:
                return self._settled(module.names[wanted.name], depth + 1)
        below = self._modules.find(f"{wanted.module}.{wanted.name}")
        if below is not None:
            return below
        return External(f"{wanted.module}.{wanted.name}") if module is None else UNKNOWN

    def _name(self, name: str, frame: Frame) -> Any:
        for names in (frame.names, frame.outer, frame.module.names):
            if name in names:
                return self._settled(names[name])
        return External(f"builtins.{name}")

    def _attribute(self, owner: Any, name: str) -> Any:
        match owner:
            case Module():
                return self._look_up(owner, name)
            case External():
                return External(f"{owner.name}.{name}")
            case Instance():
                if name in owner.names:
                    return self._settled(owner.names[name])
                return self._of_class(owner.of, name, owner)
            case Class():
                return self._of_class(owner, name, None)
            case _:
                return UNKNOWN

    def _of_class(self, of: Class, name: str, owner: Instance | None, depth: int = 0) -> Any:
        if name in of.names:
            found = self._settled(of.names[name])
            if not isinstance(found, Function):
                return self._member(of, name, found) if owner is None else found
            kinds = {getattr(d, "id", "") for d in getattr(found.node, "decorator_list", [])}
            if "staticmethod" in kinds:
                return found
            first = of if "classmethod" in kinds else owner
            bound = Function(found.module, found.node, first, found.outer) if first is not None else found
            return self._call_value(bound, [], {}, None, None) if owner and "property" in kinds else bound
        for place in of.bases:
            for base in each(place):
                if isinstance(base, Class) and depth < MAX_DEPTH:
                    found = self._of_class(base, name, owner, depth + 1)
                    if found is not UNKNOWN:
                        return found
                if isinstance(base, External):
                    return External(f"{base.name}.{name}")
        return UNKNOWN

    def _member(self, of: Class, name: str, value: Any) -> Any:
        """A class attribute; in an enum it is a member that has it as its value."""
        if not is_enum(of):
            return value
        return Instance(of, {"value": value, "name": name, "_name_": name})

    def _members(self, of: Class, wanted: Any) -> Any:
        found = []
        for item in each(wanted):
            if isinstance(item, Instance) or item is None:
                found.append(item)
            elif isinstance(item, str):
                found.append(self._of_class(of, item.rpartition(".")[2], None))
            else:
                found += [None, *(self._of_class(of, name, None) for name in enum_members(of))]
        return one_of(found)


def is_enum(of: Class) -> bool:
    """Whether a class is an enum, by the names of its bases."""
    for place in of.bases:
        for base in each(place):
            if isinstance(base, External) and base.name.rpartition(".")[2] in {"Enum", "WeightsEnum"}:
                return True
            if isinstance(base, Class) and (base.node.name == "WeightsEnum" or is_enum(base)):
                return True
    return False


def enum_members(of: Class) -> tuple[str, ...]:
    """Names of the members an enum's body gives, aliases left out."""
    aliases = {
        target.id
        for node in of.node.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return tuple(
        n
        for n, v in of.names.items()
        if not n.startswith("_") and not isinstance(v, Function) and n not in aliases
    )
