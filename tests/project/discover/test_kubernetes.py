"""Manifests and the values of charts."""

import pytest

from weigh.core.usage import Role
from weigh.project.discover.kubernetes import read_kubernetes


def refs(read, text, path):
    return [use.ref for use in read(text.encode(), path, Role.RUNTIME).uses]


def _pod(*rows):
    front = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n"
    return front + "        - name: a\n" + "".join(f"          {row}\n" for row in rows)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (_pod("image: vllm/vllm-openai", 'args: ["--model", "acme/one"]'), ["hf:acme/one"]),
        (_pod("image: vllm/vllm-openai", "args:", "  - --model=acme/one"), ["hf:acme/one"]),
        (_pod("image: vllm/vllm-openai", "args:", '  - "--model acme/one"'), ["hf:acme/one"]),
        (_pod("image: x/y", 'command: ["/bin/sh", "-c", "vllm serve acme/one"]'), ["hf:acme/one"]),
        (_pod("image: x/y", "env:", "  - name: MODEL_ID", "    value: acme/one"), ["hf:acme/one"]),
        (
            _pod(
                "image: vllm/vllm-openai",
                "env:",
                "  - name: M",
                "    value: acme/one",
                'args: ["--model", "$(M)"]',
            ),
            ["hf:acme/one"],
        ),
        (
            (
                "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\n"
                "spec:\n  predictor:\n    model:\n"
                "      storageUri: hf://acme/one\n"
            ),
            ["hf:acme/one"],
        ),
        (
            (
                "apiVersion: serving.kubeflow.org/v1alpha2\nkind: InferenceService\nspec:\n  default:\n"
                "    predictor:\n      tensorflow:\n        storageUri: s3://bucket/clothing-model/\n"
            ),
            ["s3:bucket/clothing-model"],
        ),
        ("apiVersion: v1\nkind: ConfigMap\ndata:\n  MODEL_NAME: acme/one\n", ["hf:acme/one"]),
        ("model:\n  id: acme/one\nimage:\n  repository: acme/app\n", ["hf:acme/one"]),
    ],
)
def test_containers_services_and_values(text, found):
    assert list(dict.fromkeys(refs(read_kubernetes, text, "deploy/a.yaml"))) == found


@pytest.mark.parametrize(
    "text",
    [
        _pod("image: acme/model:v1", "args: [serve, app/main]"),
        _pod("image: x/y", "volumeMounts:", "  - mountPath: /models/one"),
        "apiVersion: v1\nkind: Node\nmetadata:\n  labels:\n    arch: amd64\n    model: apps/v1\n",
        "image:\n  repository: acme/model\n  tag: v1\n",
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: model\n",
    ],
)
def test_images_and_labels_are_no_models(text):
    assert refs(read_kubernetes, text, "deploy/a.yaml") == []


def test_several_documents_keep_their_lines():
    text = "apiVersion: v1\nkind: Namespace\n---\n" + _pod(
        "image: vllm/vllm-openai", 'args: ["--model", "acme/one"]'
    )
    (use,) = read_kubernetes(text.encode(), "deploy/a.yaml", Role.RUNTIME).uses
    assert use.place.line == 12
