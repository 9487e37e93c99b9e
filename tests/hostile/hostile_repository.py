"""Repositories whose files are a finding only together. Inert: text, and weights that are plain numbers."""

import json
import struct

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n"


def weights(seed: int, *, names: str = "t", tensors: int = 6, size: int = 256) -> bytes:
    """A safetensors file of `tensors` tensors whose values depend on the seed alone."""
    header, payload = {}, b""
    for n in range(tensors):
        data = struct.pack(f"<{size}f", *(float((seed * 7919 + n * 104729 + i) % 1000) for i in range(size)))
        header[f"{names}{n}"] = {
            "dtype": "F32",
            "shape": [size],
            "data_offsets": [len(payload), len(payload) + len(data)],
        }
        payload += data
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + payload


def index(shards: dict[str, list[str]]) -> bytes:
    """An index of shards."""
    return json.dumps(
        {"metadata": {}, "weight_map": {t: s for s, tensors in shards.items() for t in tensors}}
    ).encode()


FIRST, SECOND = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"

CASES: dict[str, tuple[dict[str, bytes], str]] = {
    "shard-missing": ({FIRST: weights(1)}, "WGH-RP001"),
    "index-names-nothing": (
        {"model.safetensors.index.json": index({"other.safetensors": ["t0"]}), "x.txt": b"x"},
        "WGH-RP001",
    ),
    "shard-too-many": (
        {FIRST: weights(1), SECOND: weights(2), "model-00003-of-00002.safetensors": weights(3)},
        "WGH-RP002",
    ),
    "pointer": ({"model.safetensors": POINTER, "vocab.txt": POINTER}, "WGH-RP004"),
    "shadow-torch": ({"torch.py": b"x = 1\n", "config.json": b"{}"}, "WGH-RP005"),
    "shadow-package": ({"numpy/__init__.py": b"x = 1\n"}, "WGH-RP005"),
    "case": ({"Config.json": b"{}", "config.json": b"{}"}, "WGH-RP006"),
    "composed": ({"caf\u00e9.txt": b"x", "cafe\u0301.txt": b"x"}, "WGH-RP006"),
    "cyrillic": ({"config.json": b"{}", "c\u043enfig.json": b"{}"}, "WGH-RP007"),
    "right-to-left": ({"model\u202egpj.exe.txt": b"x"}, "WGH-RP008"),
    "zero-width": ({"con\u200bfig.json": b"{}"}, "WGH-RP008"),
    "start-up": ({"sitecustomize.py": b"x = 1\n"}, "WGH-RP011"),
    "tensor-elsewhere": (
        {
            "model.safetensors.index.json": index({"a.safetensors": ["t0", "other"]}),
            "a.safetensors": weights(1),
        },
        "WGH-RP012",
    ),
}
"""Files → the rule that must fire."""

STALE = {
    "model.safetensors": weights(1),
    "export/model.safetensors": weights(1, names="renamed."),
    "model_half.safetensors": weights(2),
}
"""Three files of one shape, of which the last holds other weights."""

SOUND: dict[str, dict[str, bytes]] = {
    "plain": {"config.json": b"{}", "model.safetensors": weights(1), "README.md": b"# x\n"},
    "shards": {
        FIRST: weights(1),
        SECOND: weights(2, names="u"),
        "model.safetensors.index.json": index({FIRST: ["t0", "t1"], SECOND: ["u0"]}),
    },
    "package": {"pkg/torch.py": b"x = 1\n", "pkg/__init__.py": b""},
    "two-models": {"a.safetensors": weights(1), "b.safetensors": weights(2)},
    "formats": {"model.safetensors": weights(1), "pytorch/model.safetensors": weights(1)},
    "letters": {"модель.txt": b"x", "config.json": b"{}"},
}
"""Files that give no finding."""

NAMES_IMITATING = (
    ("evil", "bert-base-uncasd", ""),
    ("evil", "bert-base-uncaesd", ""),
    ("evil", "distilbert-base-uncasedd", ""),
    ("evil", "distilbert_base_uncasedd", ""),
    ("meta-IIama", "Llama-3.1-8B-Instruct", ""),
    ("meta-1lama", "Llama-3.1-8B-Instruct", ""),
    ("mistra1ai", "Mistral-7B-Instruct-v0.2", ""),
    ("evil", "all-MiniLM-L6-v\u0432".replace("\u0432", "2").replace("a", "\u0430", 1), ""),
)
"""Owner, name, version that imitate a well-known model."""
NAMES_PLACEHOLDER = (
    ("pypi", "en-core-web-trf", "999.9.9"),
    ("pypi", "de-core-news-md", "999.9.9"),
    ("pypi", "x", "99.0.0"),
    ("pypi", "x", "1.0.999"),
)
NAMES_SOUND = (
    ("google-bert", "bert-base-uncased", ""),
    ("sentence-transformers", "all-MiniLM-L6-v2", ""),
    ("someone", "bert-base-uncased-finetuned-sst2", ""),
    ("someone", "all-MiniLM-L6-v3", ""),
    ("TheBloke", "Llama-2-7b-hf", ""),
    ("BAAI", "bge-base-en-v1.5", ""),
    ("pypi", "silero-vad", "6.2.3"),
    ("pypi", "x", "2025.9.0"),
    ("pypi", "x", "1.9.9"),
    ("openai", "whisper-large-v2", ""),
)
