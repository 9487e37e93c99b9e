"""What the operators of a TensorFlow graph would do: files they read and write, Python they call.

A graph is a program. Most of its operators compute; a few reach the file system, the network or the
interpreter. A sound SavedModel uses some of these in the functions that save and restore its variables, with
a path that the caller gives: there the path is followed back to where it comes from.
Source: github.com/tensorflow/tensorflow, SECURITY.md ("TensorFlow models are programs") and core/ops.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

from weigh.core.ports import RangeReader
from weigh.formats.anomalies import AnomalyList, quoted
from weigh.formats.saved_model_messages import (
    ATTR,
    ATTR_LIST,
    ENTRY,
    FUNC,
    NODE,
    NODE_OP,
    TENSOR,
)
from weigh.formats.wire import Span, Table, Wire

RUNS = "WGH-SM001"
FIXED_PATH = "WGH-SM002"
DEBUG_STREAM = "WGH-SM003"
READS_DATA = "WGH-SM004"
CUSTOM_OP = "WGH-SM005"

MAX_OPERATORS = 100_000
MAX_FOLLOWED = 500
"""Nodes looked at to find out where one path comes from."""
MAX_STRING = 4_096

_ALWAYS = frozenset(
    {
        "ReadFile", "WriteFile", "MatchingFiles", "PyFunc", "PyFuncStateless", "EagerPyFunc", "RemoteCall",
        "RemoteFusedGraphExecute", "RpcCall", "RpcClient", "RpcServer", "RpcServerRegister",
        "WholeFileReader", "WholeFileReaderV2", "FileSystemSetConfiguration", "BigQueryReader", "LoadLibrary",
    }
)  # fmt: skip
_SAVERS = {
    "Save": (0,), "SaveV2": (0,), "SaveSlices": (0,), "MergeV2Checkpoints": (0, 1),
    "Restore": (0,), "RestoreV2": (0,), "RestoreSlice": (0,),
}  # fmt: skip
_DATA = {
    "TextLineDataset": 0, "TFRecordDataset": 0, "TFRecordDatasetV2": 0, "FixedLengthRecordDataset": 0,
    "FixedLengthRecordDatasetV2": 0, "CacheDataset": 1, "CacheDatasetV2": 1, "LoadDataset": 0,
    "SaveDataset": 1, "SaveDatasetV2": 1, "SnapshotDataset": 1, "SnapshotDatasetV2": 1, "LMDBDataset": 0,
    "SqlDataset": 1, "ExperimentalSqlDataset": 1, "CreateSummaryFileWriter": 1, "CreateSummaryDbWriter": 1,
    "InitializeTableFromTextFile": 1, "InitializeTableFromTextFileV2": 1, "GenerateVocabRemapping": 0,
    "LoadAndRemapMatrix": 0, "CSVDataset": 0, "CSVDatasetV2": 0, "ExperimentalCSVDataset": 0,
    "SSTableDataset": 0, "BigtableDataset": 0, "DatasetFromGraph": 0,
}  # fmt: skip
"""Operators that open a file, and the place of its name among their inputs."""
_READERS = frozenset(
    {"TextLineReader", "TFRecordReader", "LMDBReader", "FixedLengthRecordReader", "SqlDataset"}
)
_DEBUG = re.compile(r"Debug(?:Identity|NanCount|NumericSummary)\w*|Print(?:V2)?|DumpTensor\w*")
_CALLS = frozenset({"PartitionedCall", "StatefulPartitionedCall", "TPUPartitionedCall", "SymbolicGradient"})
_OUTSIDE = re.compile(
    r"(?:/|\\|~|[A-Za-z]:[\\/]|[A-Za-z][A-Za-z0-9+.-]{1,15}://)|(?:.*[\\/])?\.\.(?:[\\/]|$)", re.DOTALL
)
_STREAM = re.compile(r"(?:file|grpc|https?|ftp|s3|gs|hdfs)://", re.IGNORECASE)
_GIVEN = frozenset({"", "model"})
"""The path that savers of TensorFlow 1 hold until the caller gives another."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a graph or function."""

    name: str
    op: str
    inputs: tuple[str, ...]
    attrs: tuple[Span, ...]


@dataclass(slots=True)
class Judge:
    """Looks at graphs of one SavedModel.

    Attributes:
        reader: the file; wire: reads its messages.
        found: takes what is wrong.
        given: names of nodes whose value the loader replaces: the saver's file name and the assets'.
        counts: how often each operator stands in all graphs.
        open_by_argument: functions that open a file whose name is one of their arguments.
        only_calls: calls of such functions are judged and nothing else, operators are not counted.
    """

    reader: RangeReader
    wire: Wire
    found: AnomalyList
    given: frozenset[str] = frozenset()
    counts: Counter[str] = field(default_factory=Counter)
    open_by_argument: set[str] = field(default_factory=set)
    only_calls: bool = False

    def graph(self, span: Span, table: Table, name: str) -> None:
        """Judge the nodes directly in a graph or function.

        Args:
            span: of the message.
            table: GRAPH or FUNCTION; its field `node` is read.
            name: of the function, "" for the graph itself.

        Raises:
            MalformedError: the encoding is broken or a limit is exceeded.
        """
        wanted = False
        for kind, place in self.wire.walk(span, table, depth=3):
            if kind == "node":
                wanted |= self._count(place)
        if wanted:
            nodes = {}
            for kind, place in self.wire.walk(span, table, depth=3):
                if kind == "node":
                    node = self._node(place)
                    nodes[node.name] = node
            for node in nodes.values():
                if not self.only_calls or node.op in _CALLS:
                    self._judge(node, nodes, name)

    def _count(self, span: Span) -> bool:
        """Count one operator; whether it needs a closer look."""
        for _, op in self.wire.walk(span, NODE_OP, depth=4):
            if self.only_calls:
                return op in _CALLS
            if op in self.counts or len(self.counts) < MAX_OPERATORS:
                self.counts[op] += 1
            closer = op in _ALWAYS or op in _SAVERS or op in _DATA or op in _READERS or op in _CALLS
            return closer or ">" in op or _DEBUG.fullmatch(op) is not None
        return False

    def _node(self, span: Span) -> Node:
        name, op = "", ""
        inputs: list[str] = []
        attrs: list[Span] = []
        for kind, value in self.wire.walk(span, NODE, depth=4):
            if kind == "name":
                name = value
            elif kind == "op":
                op = value
            elif kind == "input":
                inputs.append(value)
            else:
                attrs.append(value)
        return Node(name, op, tuple(inputs), tuple(attrs))

    def _judge(self, node: Node, nodes: dict[str, Node], function: str) -> None:
        where = f"{quoted(node.name)} of {quoted(function)}" if function else quoted(node.name)
        if node.op in _ALWAYS:
            _, texts = self._origin(node, nodes, 0)
            path = next((t for t in texts if t), "")
            self.found.add(RUNS, f"{node.op} at {where}{' on ' + quoted(path) if path else ''}")
        elif node.op in _SAVERS:
            for place in _SAVERS[node.op]:
                self._saver(node, nodes, place, where, function)
        elif node.op in _DATA:
            self._data(node, nodes, where, function)
        elif node.op in _READERS:
            self.found.add(READS_DATA, f"{node.op} at {where} reads files")
        elif node.op in _CALLS:
            self._call(node, nodes, where)
        elif ">" in node.op:
            self.found.add(CUSTOM_OP, f"{quoted(node.op)} at {where} needs a library of native code")
        else:
            self._stream(node, where)

    def _saver(self, node: Node, nodes: dict[str, Node], place: int, where: str, function: str) -> None:
        """A checkpoint is saved or restored: under a name that the caller gives, or one fixed in the file."""
        given, texts = self._origin(node, nodes, place)
        fixed = [text for text in texts if text not in _GIVEN]
        outside = next((text for text in fixed if _OUTSIDE.match(text)), None)
        path = outside if outside is not None else (fixed[0] if fixed and not given else None)
        if given and function:
            self.open_by_argument.add(function)
        if path is None:
            return
        left_over = node.op.startswith("Restore") and node.name.startswith("checkpoint_initializer")
        rule = READS_DATA if left_over else FIXED_PATH
        self.found.add(rule, f"{node.op} at {where} on {quoted(path)}")

    def _data(self, node: Node, nodes: dict[str, Node], where: str, function: str) -> None:
        given, texts = self._origin(node, nodes, _DATA[node.op])
        if given and function:
            self.open_by_argument.add(function)
        paths = [text for text in texts if text]
        outside = next((text for text in paths if _OUTSIDE.match(text)), None)
        table = node.op.startswith("InitializeTable")
        if outside is not None:
            self.found.add(FIXED_PATH, f"{node.op} at {where} on {quoted(outside)}")
        elif paths and not table:
            self.found.add(READS_DATA, f"{node.op} at {where} on {quoted(paths[0])}")

    def _call(self, node: Node, nodes: dict[str, Node], where: str) -> None:
        """A fixed path that is handed to a function which opens files."""
        called = next((self._function(value) for key, value in self._attrs(node) if key == "f"), "")
        if called not in self.open_by_argument:
            return
        for place in range(min(len(node.inputs), 64)):
            source = nodes.get(_node_name(node.inputs[place]))
            if source is None or source.op != "Const" or source.name in self.given:
                continue
            path = next(
                (text for text in self._strings(source) if len(text) > 3 and _OUTSIDE.match(text)), None
            )
            if path is not None:
                self.found.add(FIXED_PATH, f"{quoted(called)} opens {quoted(path)}, called at {where}")

    def _stream(self, node: Node, where: str) -> None:
        """Operators that write what passes through them to an address."""
        for key, value in self._attrs(node):
            for text in (
                self._texts_of(value) if key in {"debug_urls", "output_stream", "tensor_name"} else []
            ):
                if _STREAM.match(text):
                    self.found.add(DEBUG_STREAM, f"{node.op} at {where} writes to {quoted(text)}")

    def _origin(self, node: Node, nodes: dict[str, Node], place: int) -> tuple[bool, list[str]]:
        """Whether an input can come from the caller, and the fixed texts it is made of."""
        data = [name for name in node.inputs if not name.startswith("^")]
        if place >= len(data):
            return True, []
        stack = [_node_name(data[place])]
        seen: set[str] = set()
        given = False
        texts: list[str] = []
        while stack and len(seen) < MAX_FOLLOWED:
            name = stack.pop()
            if name in seen:
                continue
            seen.add(name)
            source = nodes.get(name)
            if source is None or name in self.given or (not source.inputs and source.op != "Const"):
                given = True
            elif source.op == "Const":
                texts += self._strings(source)
            elif source.op == "PlaceholderWithDefault":
                given = True
                stack += [_node_name(i) for i in source.inputs if not i.startswith("^")]
            else:
                stack += [_node_name(i) for i in source.inputs if not i.startswith("^")]
        return given, texts

    def _attrs(self, node: Node) -> list[tuple[str, Span]]:
        found: list[tuple[str, Span]] = []
        for span in node.attrs:
            key, value = "", span
            for kind, item in self.wire.walk(span, ENTRY, depth=5):
                key, value = (item, value) if kind == "key" else (key, item)
            found.append((key, value))
        return found

    def _strings(self, node: Node) -> list[str]:
        """The texts of a constant, the first few of them."""
        texts: list[str] = []
        for key, value in self._attrs(node):
            for kind, span in self.wire.walk(value, ATTR, depth=6) if key == "value" else ():
                if kind == "tensor":
                    inner = self.wire.walk(span, TENSOR, depth=7)
                    texts += [self._text(place) for name, place in inner if name == "string"][:64]
        return texts

    def _texts_of(self, value: Span) -> list[str]:
        texts: list[str] = []
        for kind, span in self.wire.walk(value, ATTR, depth=6):
            if kind == "s":
                texts.append(self._text(span))
            elif kind == "list":
                texts += [self._text(place) for _, place in self.wire.walk(span, ATTR_LIST, depth=7)][:64]
        return texts

    def _function(self, value: Span) -> str:
        for kind, span in self.wire.walk(value, ATTR, depth=6):
            if kind == "func":
                return next((name for _, name in self.wire.walk(span, FUNC, depth=7)), "")
        return ""

    def _text(self, span: Span) -> str:
        raw = self.reader.read(span[0], min(span[1] - span[0], MAX_STRING))
        return raw.decode("utf-8", "backslashreplace")


def _node_name(name: str) -> str:
    """The node that an input names: `node`, `node:0`, `node:output:0`."""
    return name.partition(":")[0]
