"""Names of a library's own list: by their form, and by the key they stand under."""

import pytest

from weigh.project.discover.library_names import demucs_ref, is_tagged, of_library, under_key
from weigh.project.discover.naming import name_in


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("titanet_large", "catalogue:nemo/titanet_large"),
        ("stt_en_conformer_ctc_large", "catalogue:nemo/stt_en_conformer_ctc_large"),
        ("diar_msdd_telephonic", "catalogue:nemo/diar_msdd_telephonic"),
        ("stt_results_large", ""),
        ("large_titanet", ""),
        ("openai:gpt-4o", "endpoint:openai/gpt-4o"),
        ("google_genai:gemini-2.5-flash", "endpoint:google/gemini-2.5-flash"),
        ("groq:llama-3.3-70b-versatile", "endpoint:groq/llama-3.3-70b-versatile"),
        ("anthropic:whisper-1", ""),
        ("docker:gpt-4o", ""),
        ("openai:latest", ""),
    ],
)
def test_forms_that_one_library_has(text: str, ref: str) -> None:
    assert of_library(text) == ref


@pytest.mark.parametrize(
    ("text", "key", "ref"),
    [
        ("tiny.en", "whisper_model", "catalogue:whisper/tiny.en"),
        ("tiny.en", "--whisper-model", "catalogue:whisper/tiny.en"),
        ("large-v3", "WHISPER_MODEL", "catalogue:whisper/large-v3"),
        ("base", "model", ""),
        ("base", "asr_model", ""),
        ("ViT-B/32", "clip_model", "catalogue:clip/ViT-B/32"),
        ("ViT-L/14@336px", "clipModel", "catalogue:clip/ViT-L/14@336px"),
        ("ViT-B/32", "vision_model", ""),
        ("RN50", "backbone", ""),
        ("qwen3:8b", "llm", "oci:registry.ollama.ai/library/qwen3:8b"),
        (
            "llama3.2:3b-instruct-q4_K_M",
            "model",
            "oci:registry.ollama.ai/library/llama3.2:3b-instruct-q4_K_M",
        ),
        ("mistral", "ollama_model", "oci:registry.ollama.ai/library/mistral"),
        ("llama3.2-vision:latest", "OLLAMA_LLM", "oci:registry.ollama.ai/library/llama3.2-vision:latest"),
        ("auto", "ollama_model", ""),
        ("mistral", "llm_model", ""),
        ("redis:7", "model", ""),
        ("service:latest", "model", ""),
        ("yolov8n-seg.pt", "weights", "catalogue:ultralytics/yolov8n-seg.pt"),
        ("yolov8n_mine.pt", "weights", ""),
    ],
)
def test_words_that_only_a_key_tells(text: str, key: str, ref: str) -> None:
    assert under_key(text, key) == ref


def test_the_default_of_a_placeholder_knows_its_key() -> None:
    named = name_in("${WHISPER_MODEL:-small.en}", sure=True, key="WHISPER_MODEL")
    assert named is not None
    assert named.ref == "catalogue:whisper/small.en"
    assert named.how == ("environment", "default")


def test_without_a_key_that_names_models_a_word_is_a_word() -> None:
    assert name_in("tiny.en", sure=False, key="whisper_model") is None


@pytest.mark.parametrize(
    ("text", "answer"), [("qwen3:8b", True), ("mixtral:8x7b", True), ("a:latest", False), ("claude-3", False)]
)
def test_the_size_behind_a_colon(text: str, answer: bool) -> None:
    assert is_tagged(text) is answer


def test_models_of_demucs() -> None:
    assert demucs_ref("htdemucs_6s") == "catalogue:demucs/htdemucs_6s"
    assert demucs_ref("vocals") == ""
