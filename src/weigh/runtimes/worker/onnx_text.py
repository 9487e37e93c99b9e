"""Adapter for text models in ONNX: onnxruntime and tokenizers, inside the sandbox."""

from pathlib import Path

import numpy as np
import onnxruntime
import tokenizers

from weigh.runtimes.spec import TextModelSpec
from weigh.runtimes.wire import Channel, Frame
from weigh.runtimes.worker.encoder import TextEncoder, open_session
from weigh.runtimes.worker.files import check_file, read_checked
from weigh.runtimes.worker.text_serving import serve_texts

LIBRARIES = (onnxruntime.__name__, tokenizers.__name__, np.__name__)


def serve(channel: Channel) -> None:
    """Answer requests until the parent closes the pipe."""
    serve_texts(channel, _open)


def _open(spec: TextModelSpec, request: Frame) -> TextEncoder:
    fields = request.fields
    limit = fields["limit"]
    tokenizer = read_checked(fields["tokenizer"], spec.tokenizer_sha256, which="tokenizer", limit=limit)
    model: bytes | str
    if spec.external:
        folder = Path(fields["folder"])
        model = str(folder / fields["model_name"])
        check_file(Path(model), spec.model_sha256, which="model")
        for name, sha256 in spec.external:
            check_file(folder / name, sha256, which=f"external data {name!r}")
    else:
        model = read_checked(fields["model"], spec.model_sha256, which="model", limit=limit)
    return TextEncoder(open_session(model), tokenizer.decode("utf-8"), spec, fields["threads"])
