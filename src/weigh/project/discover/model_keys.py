"""Keys of configurations, variables and flags whose values name models."""

import re

from weigh.code.word_lists import words

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_JOINERS = re.compile(r"[-.\s:/]+")

_WHOLE = words(
    """
    model models model_name model_names model_name_or_path model_or_path model_id model_ids modelid
    modelname model_path model_paths model_uri model_url model_repo model_repo_id model_repository
    model_source model_file model_tag model_checkpoint model_weights model_version_name
    default_model default_models fallback_model fallback_models allowed_models available_models
    supported_models served_model repo_id hf_model hf_model_id hf_model_name hf_repo hf_repo_id
    hf_hub_id hf_path hf_name hf_id hf_model_path huggingface_model huggingface_id huggingface_repo
    huggingface_model_id huggingface_name hub_id hub_model pretrained pretrain pretrained_model
    pretrained_model_name_or_path pretrained_model_or_path pretrained_model_name
    pretrained_model_path pretrained_model_id pretrained_path pretrained_weights pretrained_name
    pretrained_checkpoint pretrained_name_or_path pretrained_ckpt from_pretrained init_from
    init_checkpoint init_weights base_model base_models base_model_name base_model_name_or_path
    base_model_id base_model_path name_or_path encoder encoder_name encoder_id text_encoder
    text_encoder_name image_encoder vision_encoder audio_encoder vision_tower mm_vision_tower
    speech_encoder decoder decoder_name query_encoder passage_encoder tokenizer tokenizer_name
    tokenizer_name_or_path tokenizer_path tokenizer_id tokenizer_model processor processor_name
    feature_extractor_name config_name checkpoint checkpoint_path checkpoint_url ckpt ckpt_path
    ckpt_url load_from resume_from weights weights_path weights_url weight_path weight_url
    weights_file pretrained_url embedding embeddings embedding_model embed_model embedder
    embedding_model_name embedding_model_id embeddings_model reranker rerank_model reranker_model
    cross_encoder ranker llm llm_model llm_name llm_model_name llm_id chat_model chat_model_id
    completion_model vlm mllm slm teacher teacher_model teacher_name student student_model
    reward_model ref_model reference_model draft_model speculative_model judge judge_model
    critic_model policy_model policy actor_model small_model large_model vae vae_name unet
    controlnet controlnet_model lora loras lora_path lora_model lora_weights adapter adapters
    adapter_path adapter_name_or_path peft_model peft_model_id backbone backbone_name transformer
    tfhub_module hub_module hub_handle tfhub_handle tfhub_url hub_url bert_model bert_name bert_path
    lm lm_model language_model plm plm_name sentence_transformer sbert_model spacy_model
    whisper_model asr_model tts_model stt_model vad_model diarization_model ner_model
    sentiment_model clip_model summarization_model classifier_model detector_model ollama_model
    openai_model anthropic_model engine deployment deployment_name azure_deployment engines
    """
)
_SUFFIX = re.compile(
    r"_(?:model|models|model_names?|model_ids?|model_path|model_name_or_path|model_repo|model_url|checkpoint"
    r"|ckpt|encoder|tokenizer|embedder|reranker|llm|repo_id|hf_id|hf_repo|pretrained|weights_url|deployment)"
)
_PREFIX = re.compile(
    r"(?:pretrained|pretrain|base_model|hf_model|huggingface_model|llm_model|embedding_model)_\w+"
)
_NOT = re.compile(
    r"(?:.*_)?(?:hub_model_id|push_to_hub\w*|output\w*|save\w*|export\w*|dataset\w*|data|target|user|auth_user"
    r"|data_model|database_model|car|device|vehicle|product|printer|phone|camera|view|domain)(?:_model(?:_\w+)?)?"
)
_NEUTRAL = words(
    """
    id name path repo value default source src uri url ref handle base from repository
    """
)
_DATA = re.compile(
    r"(?:.*_)?(?:dataset|datasets|data_files|corpus|image|images|uses|repository|homepage|license|licence|container"
    r"|registry|namespace|branch|schema|description|title|author|maintainer|package|packages|include|exclude)(?:_.*)?"
)
_REVISION = ("revision", "model_revision", "hf_revision", "commit", "commit_hash", "rev", "sha", "model_rev")
_FILE = ("filename", "file_name", "hf_filename", "hf_file", "gguf_file", "model_file", "file")


def plain_key(key: str) -> str:
    """A key in lower case with `_` between its words, however its language writes it."""
    return _JOINERS.sub("_", _CAMEL.sub("_", key.strip("-_ "))).lower().strip("_")


def is_model_key(key: str) -> bool:
    """Whether the value of a key is meant to name a model."""
    plain = plain_key(key)
    if (
        not plain
        or len(plain) > 80
        or _NOT.fullmatch(plain)
        or key.startswith(("tokenizer.ggml.", "general."))
    ):
        return False
    return plain in _WHOLE or _PREFIX.fullmatch(plain) is not None or _ends_like_one(plain)


def _ends_like_one(plain: str) -> bool:
    return any(_SUFFIX.fullmatch(plain, match.start()) for match in re.finditer("_", plain))


def is_neutral_key(key: str) -> bool:
    """Whether a key says nothing of its own, so that the keys around it decide."""
    return plain_key(key) in _NEUTRAL


def is_other_key(key: str) -> bool:
    """Whether a key names what only looks like a model: data, an image of a container, a package."""
    return _DATA.fullmatch(plain_key(key)) is not None


def revision_keys(key: str) -> tuple[str, ...]:
    """Plain names under which the revision for the value of a key may stand beside it."""
    plain = plain_key(key)
    stem = plain.removesuffix("_or_path").removesuffix("_name").removesuffix("_id").removesuffix("_path")
    return (f"{plain}_revision", f"{stem}_revision", *_REVISION)


def file_keys() -> tuple[str, ...]:
    """Plain names under which the file inside a repository may stand beside the repository's id."""
    return _FILE
