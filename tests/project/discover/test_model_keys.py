"""Keys whose values name models."""

import pytest

from weigh.project.discover.model_keys import is_model_key, is_other_key, plain_key, revision_keys


@pytest.mark.parametrize(
    "key",
    [
        "model",
        "modelName",
        "--model-name-or-path",
        "MODEL_ID",
        "llm.model_name",
        "embeddingModel",
        "base_model",
        "my_reranker",
        "QA_MODEL",
        "repoId",
        "vision_tower",
    ],
)
def test_keys_of_models(key):
    assert is_model_key(key)


@pytest.mark.parametrize(
    "key",
    [
        "hub_model_id",
        "output_model",
        "data_model",
        "device_model",
        "view_model",
        "modeling",
        "remodel",
        "name",
        "",
        "tokenizer.ggml.model",
        "models_count",
        "x" * 100,
    ],
)
def test_other_keys(key):
    assert not is_model_key(key)


def test_keys_of_what_only_looks_like_a_model():
    assert is_other_key("dataset_name")
    assert is_other_key("image")
    assert not is_other_key("model")


def test_words_are_joined_in_one_way():
    assert plain_key("--modelName.orPath") == "model_name_or_path"
    assert revision_keys("model_name")[:2] == ("model_name_revision", "model_revision")
