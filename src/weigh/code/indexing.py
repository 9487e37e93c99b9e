"""Reading a syntax tree once: its scopes, bindings, calls and stored attributes, in the order of the file."""

import ast
from collections.abc import Callable, Iterable, Sequence

from weigh.code.scopes import (
    Binding,
    Block,
    CallSite,
    Change,
    Group,
    Means,
    ModuleCode,
    Scope,
    Site,
    Stored,
)

MAX_NESTING = 80
"""Statements or expressions inside one another that are followed; bounds our own recursion."""

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
_CHANGING = frozenset(
    ["append", "extend", "insert", "add", "update", "setdefault", "appendleft", "merge_update"]
)
_ENDING = (ast.Return, ast.Raise)
_EXITS = frozenset(["exit", "quit", "_exit", "abort", "skip", "fail"])


def index(module: ModuleCode) -> None:
    """Fills in what the tree of a module binds and calls."""
    _Reader(module).module()


class _Reader:
    def __init__(self, module: ModuleCode) -> None:
        self.code = module
        block = Block()
        module.scope = Scope("module", module.tree, None, module, block)
        module.scopes[id(module.tree)] = module.scope
        self.order = 0
        self.depth = 0
        self.at = Site(module.scope, block, 0)
        self._statements: dict[type, Callable[[ast.AST], None]] = {
            ast.FunctionDef: self._function,
            ast.AsyncFunctionDef: self._function,
            ast.ClassDef: self._class,
            ast.Assign: self._assign,
            ast.AnnAssign: self._annotated,
            ast.AugAssign: self._augmented,
            ast.If: self._if,
            ast.For: self._for,
            ast.AsyncFor: self._for,
            ast.While: self._while,
            ast.Try: self._try,
            ast.TryStar: self._try,
            ast.With: self._with,
            ast.AsyncWith: self._with,
            ast.Match: self._match,
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.Return: self._return,
            ast.Global: self._elsewhere,
            ast.Nonlocal: self._elsewhere,
            ast.Expr: self._expression_statement,
        }

    def module(self) -> None:
        self._body(self.code.tree.body)

    # statements

    def _body(self, statements: Sequence[ast.stmt]) -> None:
        if self.depth > MAX_NESTING:
            self.code.too_deep.append(getattr(statements[0], "lineno", 1) if statements else 1)
            return
        self.depth += 1
        for statement in statements:
            self.order += 1
            self.at = Site(self.at.scope, self.at.block, self.order)
            read = self._statements.get(type(statement))
            if read is not None:
                read(statement)
            else:
                self._parts(statement)
        self.depth -= 1

    def _inside(self, block: Block, statements: Sequence[ast.stmt]) -> None:
        before = self.at
        self.at = Site(before.scope, block, self.order)
        self._body(statements)
        if statements and block.group is not None and _ends(statements[-1]):
            block.group.ended.add(block.branch)
        self.at = Site(before.scope, before.block, self.order)

    def _function(self, node: ast.AST) -> None:
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for decorator in node.decorator_list:
            self._decorator(decorator, node)
        for default in [*node.args.defaults, *node.args.kw_defaults]:
            if default is not None:
                self._expression(default)
        scope = self._open("function", node)
        self._bind(node.name, Binding(Means.DEFINED, node, self.at, scope=scope))
        self._within(scope, node.args, node.body)

    def _within(self, scope: Scope, arguments: ast.arguments | None, body: Sequence[ast.stmt]) -> None:
        before = self.at
        self.at = Site(scope, scope.base, self.order)
        if arguments is not None:
            self._parameters(arguments)
        self._body(body)
        self.at = before

    def _parameters(self, arguments: ast.arguments) -> None:
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        for parameter in [*every, arguments.vararg, arguments.kwarg]:
            if parameter is not None:
                self._bind(parameter.arg, Binding(Means.PARAMETER, parameter, self.at))

    def _class(self, node: ast.AST) -> None:
        assert isinstance(node, ast.ClassDef)
        for decorator in node.decorator_list:
            self._decorator(decorator, node)
        for part in [*node.bases, *(keyword.value for keyword in node.keywords)]:
            self._expression(part)
        scope = self._open("class", node)
        self._bind(node.name, Binding(Means.DEFINED, node, self.at, scope=scope))
        self._within(scope, None, node.body)

    def _decorator(self, decorator: ast.expr, node: ast.AST) -> None:
        before = len(self.code.calls)
        self._expression(decorator)
        if isinstance(decorator, ast.Call):
            for place in range(before, len(self.code.calls)):
                if self.code.calls[place].node is decorator:
                    self.code.calls[place] = CallSite(decorator, self.at, node)

    def _assign(self, node: ast.AST) -> None:
        assert isinstance(node, ast.Assign)
        self._expression(node.value)
        for target in node.targets:
            self._target(target, Means.VALUE, node.value)

    def _annotated(self, node: ast.AST) -> None:
        assert isinstance(node, ast.AnnAssign)
        if node.value is not None:
            self._expression(node.value)
            self._target(node.target, Means.VALUE, node.value)
        elif self.at.scope.kind == "class" and isinstance(node.target, ast.Name):
            self._bind(node.target.id, Binding(Means.NEVER_KNOWN, node, self.at))

    def _augmented(self, node: ast.AST) -> None:
        assert isinstance(node, ast.AugAssign)
        self._expression(node.value)
        if isinstance(node.target, ast.Name):
            self._bind(node.target.id, Binding(Means.ADDED, node, self.at))

    def _if(self, node: ast.AST) -> None:
        """A chain of `elif` is one group of branches."""
        assert isinstance(node, ast.If)
        branches: list[tuple[ast.expr | None, Sequence[ast.stmt]]] = []
        link: ast.If | None = node
        while link is not None:
            branches.append((link.test, link.body))
            rest = link.orelse
            link = rest[0] if len(rest) == 1 and isinstance(rest[0], ast.If) else None
            if link is None and rest:
                branches.append((None, rest))
        if len(branches) == 1 and _is_main_test(node.test):
            self._expression(node.test)
            self._body(node.body)
            return
        group = Group(len(branches), exclusive=True, every=branches[-1][0] is None)
        failed: tuple[ast.expr, ...] = ()
        for number, (test, body) in enumerate(branches):
            if test is not None:
                self._expression(test)
            self._inside(Block(self.at.block, group, number, test=test, failed=failed), body)
            failed = (*failed, test) if test is not None and len(failed) < 8 else failed

    def _for(self, node: ast.AST) -> None:
        assert isinstance(node, ast.For | ast.AsyncFor)
        self._expression(node.iter)
        block = Block(self.at.block, Group(1, exclusive=False, every=False), loop=True)
        before = self.at
        self.at = Site(before.scope, block, before.order)
        self._target(node.target, Means.ELEMENT, node.iter, before)
        self.at = before
        self._inside(block, node.body)
        self._body(node.orelse)

    def _while(self, node: ast.AST) -> None:
        assert isinstance(node, ast.While)
        self._expression(node.test)
        self._inside(Block(self.at.block, Group(1, exclusive=False, every=False), loop=True), node.body)
        self._body(node.orelse)

    def _try(self, node: ast.AST) -> None:
        assert isinstance(node, ast.Try | ast.TryStar)
        group = Group(1 + len(node.handlers), exclusive=False, every=True)
        self._inside(Block(self.at.block, group, 0), [*node.body, *node.orelse])
        for number, handler in enumerate(node.handlers, 1):
            if handler.name:
                self._bind(handler.name, Binding(Means.NEVER_KNOWN, handler, self.at))
            self._inside(Block(self.at.block, group, number), handler.body)
        self._body(node.finalbody)

    def _with(self, node: ast.AST) -> None:
        assert isinstance(node, ast.With | ast.AsyncWith)
        for item in node.items:
            self._expression(item.context_expr)
            if item.optional_vars is not None:
                self._target(item.optional_vars, Means.ENTERED, item.context_expr)
        self._body(node.body)

    def _match(self, node: ast.AST) -> None:
        assert isinstance(node, ast.Match)
        self._expression(node.subject)
        last = node.cases[-1]
        every = last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
        group = Group(len(node.cases), exclusive=True, every=every)
        for number, case in enumerate(node.cases):
            if case.guard is not None:
                self._expression(case.guard)
            block = Block(self.at.block, group, number)
            before, self.at = self.at, Site(self.at.scope, block, self.order)
            for part in ast.walk(case.pattern):
                if isinstance(part, ast.MatchAs | ast.MatchStar) and part.name:
                    whole = part is case.pattern
                    means = Means.VALUE if whole else Means.NEVER_KNOWN
                    self._bind(part.name, Binding(means, node.subject if whole else part, self.at))
            self.at = before
            self._inside(block, case.body)

    def _import(self, node: ast.AST) -> None:
        assert isinstance(node, ast.Import)
        for alias in node.names:
            self.code.imports.append((alias.name, "", alias.asname or "", node))
            module = alias.name if alias.asname else alias.name.partition(".")[0]
            name = alias.asname or module
            self._bind(name, Binding(Means.IMPORT, None, self.at, module=module))

    def _import_from(self, node: ast.AST) -> None:
        assert isinstance(node, ast.ImportFrom)
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            self.code.imports.append((module, alias.name, alias.asname or "", node))
            if alias.name == "*":
                self.at.scope.stars.append(module)
            else:
                binding = Binding(Means.IMPORT, None, self.at, module=module, name=alias.name)
                self._bind(alias.asname or alias.name, binding)

    def _return(self, node: ast.AST) -> None:
        assert isinstance(node, ast.Return)
        if node.value is not None:
            self._expression(node.value)
            self.at.scope.returns.append((node.value, self.at))

    def _elsewhere(self, node: ast.AST) -> None:
        assert isinstance(node, ast.Global | ast.Nonlocal)
        kind = "global" if isinstance(node, ast.Global) else "nonlocal"
        for name in node.names:
            self.at.scope.elsewhere[name] = kind

    def _expression_statement(self, node: ast.AST) -> None:
        assert isinstance(node, ast.Expr)
        self._expression(node.value)
        call = node.value
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr in _CHANGING
        ):
            self._changed(call.func.value, call.func.attr, tuple(call.args), tuple(call.keywords))

    # names

    def _open(self, kind: str, node: ast.AST) -> Scope:
        scope = Scope(kind, node, self.at, self.code, Block())
        self.code.scopes[id(node)] = scope
        return scope

    def _bind(self, name: str, binding: Binding) -> None:
        scope = binding.site.scope
        kind = scope.elsewhere.get(name)
        if kind is not None:
            scope = self._owner(scope, name, kind)
        scope.bindings.setdefault(name, []).append(binding)

    def _owner(self, scope: Scope, name: str, kind: str) -> Scope:
        if kind == "global":
            return self.code.scope
        while scope.outer is not None:
            scope = scope.outer.scope
            if scope.kind == "function" and name in scope.bindings:
                return scope
        return self.code.scope

    def _target(
        self,
        target: ast.expr,
        means: Means,
        value: ast.expr,
        read_at: Site | None = None,
        path: tuple[int | slice, ...] = (),
    ) -> None:
        if isinstance(target, ast.Name):
            self._bind(target.id, self._binding(means, value, read_at, path))
        elif isinstance(target, ast.Tuple | ast.List):
            starred = next((n for n, e in enumerate(target.elts) if isinstance(e, ast.Starred)), None)
            for number, part in enumerate(target.elts):
                place: int | slice = number
                if starred is not None and number >= starred:
                    behind = number - len(target.elts)
                    place = slice(number, behind + 1 or None) if number == starred else behind
                inner = part.value if isinstance(part, ast.Starred) else part
                self._target(inner, means, value, read_at, (*path, place))
        elif isinstance(target, ast.Attribute):
            binding = self._binding(means, value, read_at, path)
            self.code.stored.setdefault(target.attr, []).append(Stored(target, binding))
            self._expression(target.value)
        elif isinstance(target, ast.Subscript):
            self._expression(target.value)
            self._expression(target.slice)
            if means is Means.VALUE and not path:
                self._changed(target.value, "[]", (target.slice, value), ())

    def _binding(
        self, means: Means, value: ast.expr, read_at: Site | None, path: tuple[int | slice, ...]
    ) -> Binding:
        """A binding stands in the current block; the value of a loop is read in front of it."""
        if read_at is None or means is not Means.ELEMENT:
            return Binding(means, value, self.at, path)
        return Binding(means, value, Site(read_at.scope, self.at.block, read_at.order), path)

    def _changed(
        self, holder: ast.expr, method: str, values: tuple[ast.expr, ...], keywords: tuple[ast.keyword, ...]
    ) -> None:
        name = chain_of(holder)
        if not name:
            return
        root = name.partition(".")[0]
        scope = self.at.scope
        if root in {"self", "cls"} and "." in name:
            while scope.kind != "class" and scope.outer is not None:
                scope = scope.outer.scope
        elif root not in scope.bindings:
            scope = self._owner(scope, root, "nonlocal")
        scope.changes.setdefault(name, []).append(Change(method, values, keywords, self.at))

    # expressions

    def _parts(self, node: ast.AST) -> None:
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                self._expression(part)
            elif isinstance(part, ast.keyword):
                self._expression(part.value)

    def _expression(self, node: ast.expr) -> None:
        kind = type(node)
        if kind is ast.Name or kind is ast.Constant:
            return
        if self.depth > MAX_NESTING:
            self.code.too_deep.append(node.lineno)
            return
        self.depth += 1
        if kind is ast.Call or kind is ast.Attribute:
            self._chain(node)
        elif kind is ast.BinOp:
            self._operands(node)
        elif isinstance(node, _COMPREHENSIONS):
            self._comprehension(node)
        elif isinstance(node, ast.Lambda):
            self._lambda(node)
        elif isinstance(node, ast.NamedExpr):
            self._expression(node.value)
            self._walrus(node)
        elif isinstance(node, ast.Yield):
            if node.value is not None:
                self._expression(node.value)
                self.at.scope.yields.append((node.value, self.at))
        else:
            self._parts(node)
        self.depth -= 1

    def _chain(self, node: ast.expr) -> None:
        """Calls and attributes on one another: the innermost call comes first, as it runs first."""
        calls: list[ast.Call] = []
        callee = False
        while True:
            if isinstance(node, ast.Call):
                calls.append(node)
                node, callee = node.func, True
            elif isinstance(node, ast.Attribute):
                if not callee:
                    self.code.attributes.append((node, self.at))
                node, callee = node.value, True
            else:
                break
        self._expression(node)
        for call in reversed(calls):
            for argument in call.args:
                self._expression(argument)
            for keyword in call.keywords:
                self._expression(keyword.value)
            self.code.calls.append(CallSite(call, self.at))

    def _operands(self, node: ast.expr) -> None:
        """A long sum leans to the left; it is followed without recursion."""
        rights: list[ast.expr] = []
        while isinstance(node, ast.BinOp):
            rights.append(node.right)
            node = node.left
        self._expression(node)
        for right in reversed(rights):
            self._expression(right)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        scope = self._open("comprehension", node)
        before = self.at
        inside = Site(scope, scope.base, self.order)
        for number, part in enumerate(node.generators):
            read_at = before if number == 0 else inside
            self.at = read_at
            self._expression(part.iter)
            self.at = inside
            self._comprehended(part.target, part.iter, read_at)
            for test in part.ifs:
                self._expression(test)
        self.at = inside
        for result in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self._expression(result)
        self.at = before

    def _comprehended(self, target: ast.expr, source: ast.expr, read_at: Site) -> None:
        before, scope = self.at, self.at.scope
        self.at = Site(read_at.scope, read_at.block, read_at.order)
        for name, path in _names_in(target, ()):
            binding = Binding(Means.ELEMENT, source, read_at, path)
            scope.bindings.setdefault(name, []).append(binding)
        self.at = before

    def _lambda(self, node: ast.Lambda) -> None:
        for default in [*node.args.defaults, *node.args.kw_defaults]:
            if default is not None:
                self._expression(default)
        scope = self._open("lambda", node)
        before = self.at
        self.at = Site(scope, scope.base, self.order)
        self._parameters(node.args)
        self._expression(node.body)
        scope.returns.append((node.body, self.at))
        self.at = before

    def _walrus(self, node: ast.NamedExpr) -> None:
        """Binds in the scope around a comprehension; visible in the same statement."""
        site = self.at
        while site.scope.kind == "comprehension" and site.scope.outer is not None:
            site = site.scope.outer
        early = Site(site.scope, site.block, site.order - 1)
        site.scope.bindings.setdefault(node.target.id, []).append(Binding(Means.VALUE, node.value, early))


def _names_in(
    target: ast.expr, path: tuple[int | slice, ...]
) -> Iterable[tuple[str, tuple[int | slice, ...]]]:
    if isinstance(target, ast.Name):
        yield target.id, path
    elif isinstance(target, ast.Tuple | ast.List):
        for number, part in enumerate(target.elts):
            if isinstance(part, ast.Starred):
                yield from _names_in(part.value, (*path, slice(number, None)))
                return
            yield from _names_in(part, (*path, number))


def chain_of(node: ast.expr) -> str:
    """`a.b.c` of names and attributes, "" for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def _is_main_test(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and isinstance(test.ops[0], ast.Eq)
    )


def _ends(statement: ast.stmt) -> bool:
    """Whether what follows this statement in the block around is not reached through it."""
    if isinstance(statement, _ENDING):
        return True
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        name = chain_of(statement.value.func)
        return name.rpartition(".")[2] in _EXITS and name.partition(".")[0] in {
            "sys", "os", "exit", "quit", "pytest",
        }  # fmt: skip
    return False
