"""Dockerfiles: what is built in, set, copied and served."""

import pytest

from weigh.core.usage import Role
from weigh.project.discover.dockerfile import read_dockerfile


def refs(read, text, path):
    return [use.ref for use in read(text.encode(), path, Role.RUNTIME).uses]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ENV MODEL_ID=acme/one", ["hf:acme/one"]),
        ("ENV MODEL_ID acme/one", ["hf:acme/one"]),
        ("ENV A=1 \\\n    LLM_MODEL=acme/one", ["hf:acme/one"]),
        ("ARG MODEL=acme/one\nRUN hf download $MODEL", ["hf:acme/one"]),
        ("ARG M\nENV M=${M:-acme/one}\nRUN hf download ${M}", ["hf:acme/one"]),
        ("RUN --mount=type=cache,target=/c hf download acme/one", ["hf:acme/one"]),
        ("RUN apt-get update \\\n # comment\n && hf download acme/one", ["hf:acme/one"]),
        ("RUN <<EOF\nhf download acme/one\nEOF", ["hf:acme/one"]),
        ('RUN ["hf", "download", "acme/one"]', ["hf:acme/one"]),
        ("RUN python -c \"from t import A; A.from_pretrained('acme/one')\"", ["hf:acme/one"]),
        ("COPY weights/a.safetensors /m/", ["file:weights/a.safetensors"]),
        ("ADD https://host.example/a.gguf /m/", ["https://host.example/a.gguf"]),
        ('FROM vllm/vllm-openai\nCMD ["--model", "acme/one"]', ["hf:acme/one"]),
        ('ENTRYPOINT ["vllm", "serve", "acme/one"]', ["hf:acme/one"]),
        ('ENTRYPOINT ["vllm", "serve"]\nCMD ["acme/one"]', ["hf:acme/one"]),
        ("CMD vllm serve acme/one --port 80", ["hf:acme/one"]),
        ("ONBUILD RUN hf download acme/one", ["hf:acme/one"]),
        ("FROM ai/smollm2:360M", ["oci:docker.io/ai/smollm2:360M"]),
    ],
)
def test_instructions(text, found):
    assert list(dict.fromkeys(refs(read_dockerfile, text, "Dockerfile"))) == found


@pytest.mark.parametrize(
    "text",
    [
        "FROM nvidia/cuda:12.2.0-base-ubuntu22.04",
        "FROM python:3.11-slim AS build\nCOPY --from=build /app/model.bin /m/",
        "COPY --from=build /w/a.pt /m/",
        "COPY src/model.py app/model.py",
        "LABEL model=acme/one",
        "# RUN hf download acme/one",
        "RUN git clone https://github.com/acme/model",
        "ENV PATH=/opt/model/bin:$PATH",
        "ENV MODEL_DIR=/models/one",
        "WORKDIR /app/models",
    ],
)
def test_what_only_looks_like_a_model_is_none(text):
    assert refs(read_dockerfile, text, "Dockerfile") == []


def test_a_model_given_at_build_time_is_reported():
    found = read_dockerfile(b"ARG MODEL\nRUN hf download $MODEL\n", "Dockerfile", Role.RUNTIME)
    assert [row.place.line for row in found.unresolved] == [2]
