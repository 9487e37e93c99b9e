"""Calls: of functions of the table, of the same source, through attributes, and handed to others."""

import ast
import re
from dataclasses import replace

from weigh.code.constants import UNKNOWN, Tag, Value, decoded, merged, method, tags_of
from weigh.code.effects import EffectKind, When
from weigh.code.judged_calls import HIDDEN, SECRET_FILE, STARTUP_FILE, judge_call
from weigh.code.moved_values import MOST_UNROLLED, iterated, joined_path, moved, tells_much, texts_of
from weigh.code.sinks import GADGETS, PROMPT_CALLERS, PROMPT_METHODS, Sink, canonical_name, sink_of
from weigh.code.syntax import parse_text
from weigh.code.walk_state import AnyFunction, Frame, Keywords, Local, Site
from weigh.code.walk_values import VARS, ValueWalk

MOST_INLINED = 3
"""Calls inside calls that are followed with their arguments."""
MOST_NESTED = 4
"""Sources inside sources (eval of a constant, decoded text)."""
GUARDED = frozenset(
    {"builtins", "__builtins__", "sys", "pickle", "importlib", "marshal", "socket", "ssl", "importlib.util"}
)
"""Modules in which nothing may be replaced."""

_SENDING = frozenset(
    {"send", "sendall", "sendto", "post", "put", "request", "sendmail", "storbinary", "storlines"}
)
_SOCKET_ANSWERS = frozenset(
    {
        "getsockname",
        "getpeername",
        "bind",
        "listen",
        "setsockopt",
        "settimeout",
        "connect",
        "close",
        "shutdown",
    }
)
_DECODING = frozenset({"decrypt", "b64decode", "decompress", "unhexlify"})
_DECODERS = frozenset({"decrypt", "deobfuscate", "decode_payload", "unxor", "xor_decrypt"})
_LOOK_UPS = frozenset({"get", "pop", "setdefault", "__getitem__"})
_GETS = frozenset({"__getattribute__", "__getattr__"})
_COPIES = frozenset({"str", "bytes", "repr", "list", "tuple", "dict", "iter", "set", "sorted", "reversed"})
_CALLABLES = ("target", "func", "function", "callback", "default", "key")


class CallWalk(ValueWalk):
    """What calls do and give."""

    def call(self, node: ast.Call, frame: Frame) -> Value:
        """A call as it is written."""
        args = [self.value(a, frame) for a in node.args]
        if any(isinstance(a, ast.Starred) for a in node.args) and len(args) == 1 and args[0].items:
            args = list(args[0].items)
        keywords = {k.arg or "**": self.value(k.value, frame) for k in node.keywords}
        site = Site(node, frame)
        if not isinstance(node.func, ast.Attribute):
            return self.call_value(self.value(node.func, frame), args, keywords, site)
        owner = self.value(node.func.value, frame)
        made = method(owner, node.func.attr, args) if owner.known else None
        return made if made is not None else self._method(owner, node.func.attr, args, keywords, site)

    def _method(self, owner: Value, name: str, args: list[Value], keywords: Keywords, site: Site) -> Value:
        """A call through an attribute: of a module, of an object, or of something not known."""
        got = self.looked_up(owner, args[0], site.frame) if args and name in _LOOK_UPS else None
        if name in _GETS and len(args) == 1 and args[0].text is not None:
            return self.attribute(owner, args[0].text, site.frame).tagged(Tag.DISGUISED)
        got = got or self._of_path(owner, name, args, site)
        if got is not None:
            return got
        self._sent(owner, name, args, keywords, site)
        if name in _SOCKET_ANSWERS and Tag.SOCKET in owner.tags:
            return UNKNOWN
        if name in {"write", "write_bytes", "write_text"}:
            self._wrote(owner, name, tags_of(*args, *keywords.values()), site)
        if name in _DECODING and not sink_of(f"{canonical_name(owner.name)}.{name}"):
            return Value(tags=tags_of(owner, *args) | {Tag.DECODED})
        made = self.call_value(self.attribute(owner, name, site.frame), args, keywords, site)
        if name in {"extend", "append", "update", "insert", "add"}:
            self._grow(site, tags_of(*args))
        return made.tagged(*tags_of(owner))

    def _of_path(self, owner: Value, name: str, args: list[Value], site: Site) -> Value | None:
        """Methods of paths: reading, joining, resolving."""
        if owner.text is None:
            return None
        if name in {"read_text", "read_bytes", "open"} and SECRET_FILE.search(owner.text):
            self.add(EffectKind.READS_SECRETS, site.node, owner.text[:160], site.frame.when)
            return Value(name=".read()", tags=tags_of(owner) | {Tag.SECRET})
        if name in {"expanduser", "resolve", "absolute", "as_posix"}:
            return owner
        return joined_path([owner, *args]) if name == "joinpath" else None

    def _sent(self, owner: Value, name: str, args: list[Value], keywords: Keywords, site: Site) -> None:
        """What a connection is given to send; keys in headers are how services are used."""
        if name not in _SENDING or not owner.tags & {Tag.SOCKET, Tag.NETWORK}:
            return
        body = tags_of(*args, *(v for k, v in keywords.items() if k != "headers"))
        if Tag.SECRET in body or Tag.ENVIRONMENT in tags_of(*args, *keywords.values()):
            what = f"{name} of what it found on the machine"
            self.add(EffectKind.SENDS_SECRETS, site.node, what, site.frame.when)

    def _grow(self, site: Site, tags: frozenset[Tag]) -> None:
        """`x.append(y)`: what x holds comes from where y comes from."""
        function = site.node.func if isinstance(site.node, ast.Call) else None
        target = function.value if isinstance(function, ast.Attribute) else None
        if isinstance(target, ast.Name) and tags:
            old = site.frame.lookup(target.id)
            if old:
                old[-1] = old[-1].tagged(*tags)

    def _wrote(self, owner: Value, name: str, tags: frozenset[Tag], site: Site) -> None:
        """Bytes written to a file: remembered by the file's name."""
        path = owner.text or ""
        if name != "write" and STARTUP_FILE.search(path):
            self.add(EffectKind.PERSISTS, site.node, f"{name} of {path[:160]}", site.frame.when)
        for file in (path, owner.name.partition("open:")[2]):
            if file and tags & {Tag.NETWORK, Tag.DECODED}:
                self.written[file] = tags

    def call_value(self, function: Value, args: list[Value], keywords: Keywords, site: Site) -> Value:
        """A call of a value, of each that it may be."""
        return merged([self._call_one(one, args, keywords, site) for one in function.each()])

    def _call_one(self, function: Value, args: list[Value], keywords: Keywords, site: Site) -> Value:
        if isinstance(function.local, Local):
            return self.enter(function.local, args, keywords, site.frame.when)
        if function.name in _DEFERRED and args:
            return self._applied(function, args[0], site)
        name = _of_library(canonical_name(function.name))
        if name.endswith(_COMPUTED):
            self.add(EffectKind.EVALUATES, site.node, f"a function of {name}", site.frame.when)
        self._passed_on(name, args, keywords, site)
        if keywords.get("trust_remote_code", UNKNOWN).constant is True:
            self.add(EffectKind.TRUSTS_REMOTE_CODE, site.node, name, site.frame.when)
        made = self._special(name, args, site) or moved(name, args)
        if made is not None:
            return made
        sink = sink_of(name)
        if sink is not None:
            self._judge(sink, name, function, args, keywords, site)
            return self._result(sink, name, args, keywords, site.frame)
        if Tag.DISGUISED in function.tags and Tag.DECODED in function.tags:
            what = f"it calls {name or 'a function'} by a decoded name"
            self.add(EffectKind.DISGUISED, site.node, what, site.frame.when)
        if name in _COPIES and len(args) == 1 and (args[0].known or args[0].items is not None):
            return (
                replace(args[0], items=args[0].items[::-1])
                if name == "reversed" and args[0].items
                else args[0]
            )
        extra = {Tag.DECODED} if name.rpartition(".")[2].lower() in _DECODERS else set()
        tags = tags_of(function, *args, *keywords.values()) - {Tag.DISGUISED}
        return Value(name=f"{name}()" if name else "", tags=tags | extra)

    def _judge(
        self, sink: Sink, name: str, function: Value, args: list[Value], keywords: Keywords, site: Site
    ) -> None:
        """Note what a call of a function of the table does."""
        when = site.frame.when
        for kind, detail in judge_call(sink, name, function, args, keywords, when):
            self.add(kind, site.node, detail, when)
        if sink in {Sink.EVALUATE, Sink.COMPILE}:
            source = args[0] if args else keywords.get("source", keywords.get("stmt", UNKNOWN))
            for one in source.each():
                if one.text is not None:
                    self.inside(one.text, site)
        if sink in {Sink.SHELL, Sink.NATIVE, Sink.UNPICKLE, Sink.EVALUATE}:
            for path, tags in self.written.items():
                runs = sink is not Sink.UNPICKLE or Tag.DECODED in tags
                if runs and any(_started(path, text) for text in texts_of(args)):
                    what = f"{name} of {path[:160]}, which it wrote itself"
                    self.add(EffectKind.RUNS_DOWNLOADED, site.node, what, when)
        if sink is Sink.FETCH_TO and len(args) > 1 and args[1].text:
            self.written[args[1].text] = frozenset({Tag.NETWORK})

    def _result(self, sink: Sink, name: str, args: list[Value], keywords: Keywords, frame: Frame) -> Value:
        """What a function of the table gives."""
        tags = tags_of(*args)
        first = args[0] if args else UNKNOWN
        match sink:
            case Sink.DECODE:
                return decoded(name, args)
            case Sink.IMPORT:
                return _imported(name, args, "fromlist" in keywords)
            case Sink.COMPILE:
                return replace(first, tags=tags)
            case Sink.UNMARSHAL:
                made_here = Tag.DECODED in tags or first.known
                return Value(name=f"{name}()", tags=tags | {Tag.CODE} if made_here else tags)
            case Sink.OPEN:
                secret = {Tag.SECRET} if first.text and SECRET_FILE.search(first.text) else set()
                return Value(name=f"open:{first.text or ''}", tags=(tags & {Tag.NETWORK}) | secret)
            case Sink.EVALUATE if name == "eval" and first.text:
                return self._evaluated(first.text, tags, frame)
        if sink in _GIVES:
            return Value(name=f"{name}()", tags=_GIVES[sink] | (tags & {Tag.DECODED}))
        return Value(name=f"{name}()", tags=tags - {Tag.SOCKET})

    def _applied(self, made: Value, owner: Value, site: Site) -> Value:
        """What `operator.methodcaller(name, …)` or `attrgetter(name)` gave, called with an object."""
        words, *given = made.items or ()
        reached = merged([self._attributes(one, words.text or "", site.frame) for one in owner.each()])
        reached = reached.tagged(Tag.DISGUISED)
        return self.call_value(reached, given, {}, site) if made.name == _CALLER else reached

    def _attributes(self, owner: Value, names: str, frame: Frame) -> Value:
        for name in names.split(".")[:MOST_UNROLLED]:
            owner = self.attribute(owner, name, frame)
        return owner

    def _special(self, name: str, args: list[Value], site: Site) -> Value | None:
        """Functions that reach names, or call what they are given."""
        first = args[0] if args else UNKNOWN
        text = args[1].text if len(args) > 1 else None
        if name in _DEFERRERS and first.text is not None:
            return Value(name=_DEFERRERS[name], items=tuple(args))
        if name in {"getattr", "object.__getattribute__", "operator.getitem"} and args:
            return self._reached(args, text, site)
        if name in {"setattr", "delattr"} and text is not None:
            self.replaced(first, text, site.node, site.frame)
            return UNKNOWN
        if name in {"globals", "locals", "vars"}:
            return Value(name=f"{first.name}{VARS}" if first.name else "globals()")
        if name == "map" and len(args) == 2:
            items = iterated(args[1])
            if items is None or len(items) > MOST_UNROLLED:
                return Value(tags=tags_of(*args) | ({Tag.DECODED} if first.name == "chr" else set()))
            made = [self.call_value(first, [i.tagged(*args[1].tags)], {}, site) for i in items]
            return Value(items=tuple(made))
        return None

    def _reached(self, args: list[Value], text: str | None, site: Site) -> Value:
        """`getattr(x, name)`."""
        first = args[0]
        if text is None:
            if first.name and canonical_name(first.name) in GUARDED | {"os", "subprocess"}:
                hidden = bool(args[1:] and args[1].tags & HIDDEN)
                kind = EffectKind.DISGUISED if hidden else EffectKind.IMPORTS_COMPUTED
                self.add(kind, site.node, f"getattr of {first.name}", site.frame.when)
                return Value(name=f"{first.name}{_COMPUTED}", tags=tags_of(*args))
            return Value(tags=tags_of(*args))
        tags = args[1].tags
        hides = tags & {Tag.FOLDED, Tag.DECODED} or first.name in {"__builtins__", "builtins"}
        got = merged([self.attribute(one, text, site.frame) for one in first.each()])
        kept = tags & {Tag.DECODED} if Tag.PARTIAL not in tags else ()
        return got.tagged(*kept, *((Tag.DISGUISED,) if hides else ()))

    def _passed_on(self, name: str, args: list[Value], keywords: Keywords, site: Site) -> None:
        """A dangerous function, or one of this source, given to something that calls it."""
        given = [*args, *(keywords[k] for k in _CALLABLES if k in keywords)]
        short = name.rpartition(".")[2]
        prompt = name in PROMPT_CALLERS or short in PROMPT_METHODS
        for at, value in enumerate(given):
            rest = list(keywords["args"].items or ()) if "args" in keywords else args[at + 1 :]
            if prompt:
                for local in self.locals_of(value.each()):
                    if not isinstance(local.node, ast.ClassDef):
                        self.enter(local, rest, {}, site.frame.when)
            for one in value.each():
                if one.name and not one.name.endswith(")") and sink_of(one.name) in GADGETS:
                    self._gadget(one, rest, name, site, prompt=prompt)

    def _gadget(self, given: Value, rest: list[Value], name: str, site: Site, *, prompt: bool) -> None:
        if prompt:
            spread = name.rpartition(".")[2] in {"map", "starmap", "Timer"}
            args = [i for r in rest for i in (r.items if spread and r.items else (r,))]
            self.call_value(given, args, {}, site)
        elif sink_of(given.name) in {Sink.SHELL, Sink.EVALUATE}:
            shell = sink_of(given.name) is Sink.SHELL
            kind = EffectKind.STARTS_PROGRAM if shell else EffectKind.EVALUATES
            self.add(kind, site.node, f"{given.name}, given to {name or 'a function'}", site.frame.when)

    def enter(self, local: Local, args: list[Value], keywords: Keywords, when: When) -> Value:
        """Follow a function of this source with what is known of its arguments; of a class, its making."""
        node = local.node
        if isinstance(node, ast.ClassDef):
            for name in ("__init__", "__new__", "__post_init__"):
                for made_by in self.locals_of(local.members.get(name, [])):
                    self.enter(made_by, args, keywords, when)
            return Value(local=local)
        if node in self.inlined or len(self.inlined) > MOST_INLINED:
            return Value(tags=tags_of(*args, *keywords.values()))
        plain = not any(map(tells_much, (*args, *keywords.values())))
        if plain and (node, when) in self.known:
            return self.known[node, when]
        frame = Frame(_parameters(local, node.args, args, keywords), local.frame, when)
        self.inlined.append(node)
        waiting = len(self.waiting)
        try:
            made = self._body(node, frame)
        finally:
            self.inlined.pop()
            if self.inlined:
                del self.waiting[waiting:]  # they are met again when the function is followed by itself
        if plain:
            self.known[node, when] = made
        return made

    def _body(self, node: AnyFunction, frame: Frame) -> Value:
        """What a function returns."""
        if isinstance(node, ast.Lambda):
            return self.value(node.body, frame)
        self.block(node.body, frame)
        return merged(frame.returns[-4:])

    def _evaluated(self, text: str, tags: frozenset[Tag], frame: Frame) -> Value:
        """The value of a constant expression that is evaluated, e.g. `eval("os.system")`."""
        parsed = parse_text(text) if self.nested < MOST_NESTED else None
        body = parsed.tree.body if parsed is not None and parsed.tree is not None else []
        if len(body) != 1 or not isinstance(body[0], ast.Expr):
            return Value(tags=tags)
        self.nested += 1
        before = dict(self.effects)  # they have been noted when the text was looked at as a source
        value = self.value(body[0].value, frame)
        self.effects = before
        self.nested -= 1
        return value.tagged(*tags, Tag.DISGUISED)


_COMPUTED = ".(computed name)"
_CALLER, _GETTER = "methodcaller()", "attrgetter()"
_DEFERRERS = {"operator.methodcaller": _CALLER, "operator.attrgetter": _GETTER}
_DEFERRED = frozenset(_DEFERRERS.values())
_C_SHELL = re.compile(
    r"ctypes\.[\w.]+\(\)\.(?:_?w?system|_?w?popen|exec[lv]p?e?|posix_spawnp?|WinExec|ShellExecute\w*)"
)
"""Functions of a system's library, reached through ctypes, that start programs."""


def _of_library(name: str) -> str:
    """The name under which the table knows a function of the system's library."""
    return "os.system" if _C_SHELL.fullmatch(name) else name


_GIVES = {
    Sink.FETCH: frozenset({Tag.NETWORK}),
    Sink.FETCH_TO: frozenset({Tag.NETWORK}),
    Sink.SOCKET: frozenset({Tag.SOCKET, Tag.NETWORK}),
    Sink.HOST: frozenset({Tag.HOST}),
}


def _started(path: str, text: str) -> bool:
    """Whether a command line starts a file, by itself or by an interpreter, and does not only write to it."""
    before = (
        r"(?:^|[;&|]\s*|\b(?:\w*sh|python[\d.]*|perl|source|chmod\s+\S+|nohup|sudo|start)\s+|\s\.\s+)[\"']?"
    )
    return path in text and re.search(before + re.escape(path), text) is not None


def _imported(name: str, args: list[Value], listed: bool) -> Value:  # noqa: FBT001 - one private caller
    """The module that `__import__` or importlib gives."""
    text = args[0].text if args else None
    tags = tags_of(*args)
    if text is None or Tag.PARTIAL in args[0].tags:
        return Value(tags=tags)
    whole = name != "__import__" or listed or len(args) > 3
    full = text.replace(":", ".") if whole else text.partition(".")[0]
    hides = name == "__import__" or tags & {Tag.FOLDED, Tag.DECODED}
    return Value(name=canonical_name(full), tags=frozenset({Tag.DISGUISED}) if hides else frozenset())


def _parameters(
    local: Local, arguments: ast.arguments, args: list[Value], keywords: Keywords
) -> dict[str, list[Value]]:
    """Names bound when a function is entered; those that are not given are unknown."""
    names = [a.arg for a in [*arguments.posonlyargs, *arguments.args]]
    bound = {name: [UNKNOWN] for name in [*names, *(a.arg for a in arguments.kwonlyargs)]}
    own = names[:1] in (["self"], ["cls"])
    if own:
        bound[names[0]] = [Value(name="self", local=local.owner)]
        if args and args[0].local is not None and args[0].local is local.owner:
            args = args[1:]  # called through the class, with the object as its first argument
    rest = names[1:] if own else names
    bound.update({name: [value] for name, value in zip(rest, args, strict=False)})
    bound.update({name: [value] for name, value in keywords.items() if name in bound})
    if arguments.vararg is not None:
        bound[arguments.vararg.arg] = [Value(items=tuple(args[len(rest) :]))]
    if arguments.kwarg is not None:
        bound[arguments.kwarg.arg] = [Value(tags=tags_of(*keywords.values()))]
    return bound
