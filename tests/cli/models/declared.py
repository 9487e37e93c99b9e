"""A small model on a hub of this machine, and the project that declares it."""

import json

CARD = b"---\nlicense: apache-2.0\nlibrary_name: transformers\nbase_model: acme/parent\n---\n# Tiny\n"
CODE = b"from .layers import Layer\nimport torch\n\nclass Tiny(Layer):\n    pass\n"
FILES = {
    "README.md": CARD,
    "LICENSE": b"Apache License\nVersion 2.0, January 2004\n",
    "config.json": b'{"model_type": "tiny", "auto_map": {"AutoModel": "modeling_tiny.Tiny"}}',
    "modeling_tiny.py": CODE,
    "layers.py": b"class Layer:\n    pass\n",
    "unused.py": b"x = 1\n",
    "tokenizer.json": b"{}",
    "notes.txt": b"one",
}
NAME = "acme/tiny"


def declare(folder, text):
    (folder / "models.toml").write_text(text, encoding="utf-8")


def short(ref=f"hf:{NAME}@main", **more):
    lines = [f"{key} = {json.dumps(value)}" for key, value in {"ref": ref, **more}.items()]
    return "[models.tiny]\n" + "\n".join(lines) + "\n"


def move(hub, *, ref="main", name=NAME, **files):
    return hub.repos[name].commit({**FILES, **{k: v.encode() for k, v in files.items()}}, ref=ref)
