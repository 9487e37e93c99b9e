"""Serving a text model from inside the sandbox, whatever library it is in.

Requests: `load` once, then any number of `answer` and `time`. An error of a library ends the worker,
and the parent reads what it last said.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from weigh.runtimes.spec import TextModelSpec
from weigh.runtimes.wire import Channel, ClosedError, Frame
from weigh.runtimes.worker.encoder import TextEncoder
from weigh.runtimes.worker.files import UnfitError
from weigh.runtimes.worker.pooling import Array

_PROGRESS_SECONDS = 0.2


Opener = Callable[[TextModelSpec, Frame], TextEncoder]


def serve_texts(channel: Channel, open_encoder: Opener) -> None:
    """Answer requests with whatever `open_encoder` makes of the first one."""
    try:
        encoder = _load(channel, open_encoder)
        while True:
            frame = channel.receive()
            texts = unpack_texts(frame.arrays["text"], frame.arrays["ends"])
            if frame.kind == "time":
                _time(channel, encoder, texts)
            else:
                _answer(channel, encoder, texts)
    except UnfitError as error:
        channel.send("failed", {"kind": error.kind, "why": error.why})
    except ClosedError:
        return


def _load(channel: Channel, open_encoder: Opener) -> TextEncoder:
    request = channel.receive()
    began = time.perf_counter()
    spec = _spec(request.fields["spec"])
    encoder = open_encoder(spec, request)
    channel.send(
        "loaded",
        {
            "seconds": time.perf_counter() - began,
            "width": encoder.width,
            "one_at_a_time": encoder.one_at_a_time,
        },
    )
    return encoder


def _spec(fields: Mapping[str, Any]) -> TextModelSpec:
    values = dict(fields)
    values["labels"] = tuple(values["labels"])
    values["external"] = tuple((name, sha256) for name, sha256 in values["external"])
    return TextModelSpec(**values)


def unpack_texts(text: Array, ends: Array) -> list[str]:
    """Cut one run of UTF-8 bytes at the given ends."""
    data, texts, start = text.tobytes(), [], 0
    for end in ends.tolist():
        texts.append(data[start:end].decode("utf-8"))
        start = end
    return texts


def _answer(channel: Channel, encoder: TextEncoder, texts: Sequence[str]) -> None:
    encoded = encoder.encode(texts)
    rows = np.zeros((len(texts), encoder.width), np.float32)
    done, told = 0, time.perf_counter()
    for numbers, part in encoder.answer(encoded):
        rows[numbers] = part
        done += len(numbers)
        if time.perf_counter() - told > _PROGRESS_SECONDS:
            told = time.perf_counter()
            channel.send("progress", {"done": done})
    channel.send("result", {"truncated": sum(e.truncated for e in encoded)}, {"rows": rows})


def _time(channel: Channel, encoder: TextEncoder, texts: Sequence[str]) -> None:
    """Seconds for each text alone, after one for warming up, and for all of them together."""
    seconds = np.zeros(len(texts), np.float64)
    for _ in encoder.answer(encoder.encode(texts[:1])):
        pass
    told = time.perf_counter()
    for number, text in enumerate(texts):
        began = time.perf_counter()
        for _ in encoder.answer(encoder.encode([text])):
            pass
        now = time.perf_counter()
        seconds[number] = now - began
        if now - told > _PROGRESS_SECONDS:
            told = now
            channel.send("progress", {"done": number + 1})
    began = time.perf_counter()
    for _ in encoder.answer(encoder.encode(texts)):
        pass
    channel.send("result", {"together": time.perf_counter() - began}, {"seconds": seconds})
