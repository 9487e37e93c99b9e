"""Tiny ONNX text models with a tokenizer, and reviews they understand or do not. Kilobytes, not megabytes."""

import json
import random
import string
from dataclasses import dataclass

import numpy as np
from onnx import TensorProto, helper, numpy_helper

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
FILL = ("the", "a", "film", "plot", "story", "actor", "scene", "was", "and", "quite", "rather", "very")
WIDTH = 8


@dataclass(frozen=True)
class Reviews:
    """Rows (text, label), and the words that tell the label: (word, +1 or -1)."""

    rows: tuple[tuple[str, str], ...]
    opinions: tuple[tuple[str, int], ...]

    def save(self, path, *, changed=None):
        """Write them as a CSV with the columns id, body, stars; `changed` flips the label of one row."""
        lines = ["id,body,stars"]
        for i, (text, label) in enumerate(self.rows):
            said = {"good": "bad", "bad": "good"}[label] if i == changed else label
            lines.append(f"{i},{text},{said}")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path


def unique_words(rng, n):
    found = set()
    while len(found) < n:
        found.add("".join(rng.choices(string.ascii_lowercase, k=7)))
    return sorted(found, key=lambda _: rng.random())


def private_opinions(n=300, *, seed=0):
    """Each review tells its label by a word that no other review has: counting words teaches nothing."""
    rng = random.Random(seed)
    rows, opinions = [], []
    for i, word in enumerate(unique_words(rng, n)):
        sign = 1 if i % 2 else -1
        text = [*rng.choices(FILL, k=6), word]
        rng.shuffle(text)
        rows.append((" ".join(text), "good" if sign > 0 else "bad"))
        opinions.append((word, sign))
    rng.shuffle(rows)
    return Reviews(tuple(rows), tuple(opinions))


def shared_opinions(n=300, *, seed=0, share=0.9):
    """Twelve opinion words that all share, right with probability `share`: easily learned by counting."""
    rng = random.Random(seed)
    words = unique_words(rng, 12)
    opinions = [(word, 1 if i % 2 else -1) for i, word in enumerate(words)]
    rows = []
    for i in range(n):
        sign = 1 if i % 2 else -1
        pick = [w for w, s in opinions if s == (sign if rng.random() < share else -sign)]
        text = [*rng.choices(FILL, k=6), rng.choice(pick), f"n{rng.randrange(10**6)}"]
        rng.shuffle(text)
        rows.append((" ".join(text), "good" if sign > 0 else "bad"))
    rng.shuffle(rows)
    return Reviews(tuple(rows), tuple(opinions))


def noise_reviews(n=600, *, seed=0):
    """Labels that have nothing to do with the text."""
    rng = random.Random(seed)
    labels = ["good", "bad"] * (n // 2)
    rng.shuffle(labels)
    return Reviews(
        tuple((f"{' '.join(rng.choices(FILL, k=6))} {rng.randrange(10**6)}", label) for label in labels), ()
    )


def tokenizer(words):
    """The text of a tokenizer.json that knows these words and cuts at spaces."""
    special = [
        {"id": i, "content": w, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
         "special": True} for i, w in enumerate(SPECIAL)
    ]  # fmt: skip
    return json.dumps(
        {
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": special,
            "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "Whitespace"},
            "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
            "decoder": None,
            "model": {
                "type": "WordLevel", "vocab": {w: i for i, w in enumerate((*SPECIAL, *words))},
                "unk_token": "[UNK]",
            },
        }
    )  # fmt: skip


def _graph(nodes, output, shape, initializers, opsets=()):
    ports = [
        helper.make_tensor_value_info(n, TensorProto.INT64, ["batch", "tokens"])
        for n in ("input_ids", "attention_mask")
    ]
    out = helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "tiny", ports, [out], initializer=initializers)
    sets = [helper.make_opsetid("", 17), *(helper.make_opsetid(d, v) for d, v in opsets)]
    return helper.make_model(graph, opset_imports=sets, ir_version=8)


_LOOK_UP = (
    ("Gather", ["table", "input_ids"], ["found"], {}),
    ("Cast", ["attention_mask"], ["mask"], {"to": TensorProto.FLOAT}),
    ("Unsqueeze", ["mask", "last"], ["wide"], {}),
)


def _nodes(*more):
    return [helper.make_node(kind, ins, outs, **options) for kind, ins, outs, options in (*_LOOK_UP, *more)]


def encoder(table, *, end="Mul", domain=""):
    """Looks each token's row up: last_hidden_state [batch, tokens, width]. `end` is its last operator."""
    last = numpy_helper.from_array(np.array([2], np.int64), "last")
    nodes = _nodes(("Mul", ["found", "wide"], ["seen"], {}))
    nodes.append(
        helper.make_node("Identity", ["seen"], ["last_hidden_state"])
        if end == "Mul"
        else helper.make_node(end, ["seen"], ["last_hidden_state"], domain=domain)
    )
    return _graph(
        nodes,
        "last_hidden_state",
        ["batch", "tokens", table.shape[1]],
        [numpy_helper.from_array(table, "table"), last],
        [(domain, 1)] if domain else [],
    )


def classifier(table):
    """Adds the tokens' rows up: logits [batch, classes]."""
    more = [
        numpy_helper.from_array(np.array([2], np.int64), "last"),
        numpy_helper.from_array(np.array([1], np.int64), "middle"),
    ]
    nodes = _nodes(
        ("Mul", ["found", "wide"], ["seen"], {}),
        ("ReduceSum", ["seen", "middle"], ["logits"], {"keepdims": 0}),
    )
    return _graph(
        nodes, "logits", ["batch", table.shape[1]], [numpy_helper.from_array(table, "table"), *more]
    )


def put(folder, files):
    """Write name → bytes, text or JSON value below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else _text(content).encode())
    return folder


def _text(content):
    return content if isinstance(content, str) else json.dumps(content)


def embedding_files(model, words, **config):
    """The files of a sentence-transformers folder around a graph."""
    return {
        "model.onnx": model if isinstance(model, bytes) else model.SerializeToString(),
        "tokenizer.json": tokenizer(words),
        "config.json": {
            "architectures": ["BertModel"], "model_type": "bert", "max_position_embeddings": 64, **config
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": WIDTH, "pooling_mode_mean_tokens": True},
    }  # fmt: skip


def embedding_table(opinions, *, strength=3.0, seed=0, width=WIDTH):
    """[tokens, width]: column 0 holds what an opinion word says, everything else is small noise."""
    values = np.random.default_rng(seed).normal(scale=0.1, size=(len(SPECIAL) + len(opinions), width))
    values[len(SPECIAL) :, 0] = [sign * strength for _, sign in opinions]
    return values.astype(np.float32)


def knowing_model(folder, reviews, *, seed=0):
    """An embedding model that knows what each opinion word of these reviews means."""
    words = [word for word, _ in reviews.opinions]
    return put(folder, embedding_files(encoder(embedding_table(reviews.opinions, seed=seed)), (*words,)))


def ignorant_model(folder, *, seed=0):
    """An embedding model that knows only words without any opinion: random vectors for the rest of a text."""
    table = np.random.default_rng(seed).normal(size=(len(SPECIAL) + len(FILL), WIDTH)).astype(np.float32)
    return put(folder, embedding_files(encoder(table), FILL))


def counting_model(folder, reviews):
    """Embeddings with one column a opinion word: exactly what counting those words gives."""
    words = [word for word, _ in reviews.opinions]
    table = np.zeros((len(SPECIAL) + len(words), len(words)), np.float32)
    table[len(SPECIAL) :] = np.eye(len(words), dtype=np.float32)
    return put(folder, embedding_files(encoder(table), words))


def labelling_model(folder, reviews, labels=("bad", "good"), *, strength=4.0):
    """A classifier whose second class is `good`, under whatever names its config.json gives."""
    words = [word for word, _ in reviews.opinions]
    table = np.zeros((len(SPECIAL) + len(words), len(labels)), np.float32)
    signs = np.array([sign for _, sign in reviews.opinions], np.float32)
    table[len(SPECIAL) :, 0], table[len(SPECIAL) :, 1] = -strength * signs, strength * signs
    return put(
        folder,
        {
            "model.onnx": classifier(table).SerializeToString(),
            "tokenizer.json": tokenizer(words),
            "config.json": {
                "architectures": ["BertForSequenceClassification"], "model_type": "bert",
                "max_position_embeddings": 64, "id2label": {str(i): name for i, name in enumerate(labels)},
            },
        },
    )  # fmt: skip


def weights_only(folder):
    """A folder with safetensors weights and a configuration, and no graph."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    header += b" " * (-len(header) % 8)
    return put(
        folder,
        {
            "model.safetensors": len(header).to_bytes(8, "little") + header + bytes(16),
            "config.json": {"architectures": ["BertModel"], "model_type": "bert"},
        },
    )
