"""Reading what is inside a model file: weigh's readers beside the formats' own libraries, one run.

Files are generated: 64 tensors of 1 MB each, so that header work and payload size are both realistic.
The libraries load or map payloads; weigh reads structure only and executes nothing, which is the
point of the comparison, not a trick of it.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file, save_file

from weigh.formats.reader import FileReader
from weigh.formats.table import read_file

RUNS = 7


def write_safetensors(path: Path) -> None:
    """64 tensors of 512 x 512 float32."""
    rng = np.random.default_rng(0)
    save_file({f"layer.{i}.weight": rng.normal(size=(512, 512)).astype(np.float32) for i in range(64)}, path)


def write_onnx(path: Path) -> None:
    """The same as initializers of a chain of matrix products."""
    rng = np.random.default_rng(0)
    weights = [
        numpy_helper.from_array(rng.normal(size=(512, 512)).astype(np.float32), f"w{i}") for i in range(64)
    ]
    nodes = [helper.make_node("MatMul", [f"x{i}", f"w{i}"], [f"x{i + 1}"]) for i in range(64)]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 512]) for n in ("x0", "x64")]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], initializer=weights)
    path.write_bytes(helper.make_model(graph).SerializeToString())


def ours(path: Path) -> None:
    """Read all facts."""
    with FileReader(path) as reader:
        facts = read_file(reader, path.name)
    assert len(facts.tensors) == 64


def middle(work: Callable[[], object]) -> float:
    """Median CPU seconds."""
    taken = []
    for _ in range(RUNS):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def main() -> None:
    """Print CPU medians and ratios."""
    with tempfile.TemporaryDirectory() as temp:
        tensors, graph = Path(temp) / "model.safetensors", Path(temp) / "model.onnx"
        write_safetensors(tensors)
        write_onnx(graph)
        rows = {
            "safetensors": (lambda: ours(tensors), lambda: load_file(tensors)),
            "onnx": (lambda: ours(graph), lambda: onnx.load(graph)),
        }
        print(f"reading a 67 MB file, CPU median of {RUNS}")
        for name, (own, peer) in rows.items():
            mine, theirs = middle(own), middle(peer)
            share = f"x {mine / theirs:.3f}"
            print(f"  {name:<12} weigh {mine * 1000:7.1f} ms   library {theirs * 1000:7.1f} ms   {share}")


if __name__ == "__main__":
    main()
