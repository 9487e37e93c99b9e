"""Models that a call names by saying nothing: the defaults of libraries."""

from types import MappingProxyType

PIPELINE_TASKS = MappingProxyType(
    {
        "audio-classification": "superb/wav2vec2-base-superb-ks",
        "automatic-speech-recognition": "facebook/wav2vec2-base-960h",
        "text-to-audio": "suno/bark-small",
        "text-to-speech": "suno/bark-small",
        "feature-extraction": "distilbert/distilbert-base-cased",
        "text-classification": "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
        "sentiment-analysis": "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
        "token-classification": "dbmdz/bert-large-cased-finetuned-conll03-english",
        "ner": "dbmdz/bert-large-cased-finetuned-conll03-english",
        "question-answering": "distilbert/distilbert-base-cased-distilled-squad",
        "table-question-answering": "google/tapas-base-finetuned-wtq",
        "visual-question-answering": "dandelin/vilt-b32-finetuned-vqa",
        "vqa": "dandelin/vilt-b32-finetuned-vqa",
        "document-question-answering": "impira/layoutlm-document-qa",
        "fill-mask": "distilbert/distilroberta-base",
        "summarization": "sshleifer/distilbart-cnn-12-6",
        "translation": "google-t5/t5-base",
        "text2text-generation": "google-t5/t5-base",
        "text-generation": "openai-community/gpt2",
        "zero-shot-classification": "facebook/bart-large-mnli",
        "zero-shot-image-classification": "openai/clip-vit-base-patch32",
        "zero-shot-audio-classification": "laion/clap-htsat-fused",
        "zero-shot-object-detection": "google/owlvit-base-patch32",
        "image-classification": "google/vit-base-patch16-224",
        "image-feature-extraction": "google/vit-base-patch16-224",
        "image-segmentation": "facebook/detr-resnet-50-panoptic",
        "image-to-text": "ydshieh/vit-gpt2-coco-en",
        "image-text-to-text": "llava-hf/llava-onevision-qwen2-0.5b-ov-hf",
        "object-detection": "facebook/detr-resnet-50",
        "depth-estimation": "Intel/dpt-large",
        "video-classification": "MCG-NJU/videomae-base-finetuned-kinetics",
        "mask-generation": "facebook/sam-vit-huge",
        "image-to-image": "caidas/swin2SR-classical-sr-x2-64",
        "conversational": "microsoft/DialoGPT-medium",
        "keypoint-matching": "magic-leap-community/superglue_outdoor",
    }
)
"""The hub id that a pipeline of a task takes without a model. Source: SUPPORTED_TASKS in
transformers/pipelines/__init__.py, with tasks of earlier versions."""

BERT_SCORE = MappingProxyType(
    {
        "en": "roberta-large",
        "en-sci": "allenai/scibert_scivocab_uncased",
        "zh": "bert-base-chinese",
        "tr": "dbmdz/bert-base-turkish-cased",
    }
)
"""Model by language. Source: lang2model in bert_score/utils.py; other languages take the multilingual one."""
BERT_SCORE_OTHER = "bert-base-multilingual-cased"

TORCHVISION_DETECTION = frozenset(
    """fasterrcnn_resnet50_fpn fasterrcnn_resnet50_fpn_v2 fasterrcnn_mobilenet_v3_large_fpn
    fasterrcnn_mobilenet_v3_large_320_fpn fcos_resnet50_fpn retinanet_resnet50_fpn retinanet_resnet50_fpn_v2
    ssd300_vgg16 ssdlite320_mobilenet_v3_large maskrcnn_resnet50_fpn maskrcnn_resnet50_fpn_v2
    keypointrcnn_resnet50_fpn""".split()  # noqa: SIM905 - words
)
TORCHVISION_SEGMENTATION = frozenset(
    """
    fcn_resnet50 fcn_resnet101 deeplabv3_resnet50 deeplabv3_resnet101 deeplabv3_mobilenet_v3_large
    lraspp_mobilenet_v3_large
    """.split()  # noqa: SIM905 - words
)
TORCHVISION_VIDEO = frozenset(
    """
    r3d_18 mc3_18 r2plus1d_18 s3d mvit_v1_b mvit_v2_s swin3d_t swin3d_s swin3d_b
    """.split()  # noqa: SIM905 - words
)
TORCHVISION_BACKBONES = (
    ("mobilenet_v3_large", "mobilenet_v3_large"),
    ("vgg16", "vgg16"),
    ("resnet101", "resnet101"),
    ("resnet50", "resnet50"),
)
"""Part of a detector's or segmenter's name, and the classifier whose weights its backbone starts from."""


def legacy_weights(model: str) -> str:
    """The weights that `pretrained=True` stands for. Source: torchvision's handle_legacy_interface."""
    if model in TORCHVISION_DETECTION:
        return "COCO_LEGACY" if model.startswith("keypoint") else "COCO_V1"
    if model in TORCHVISION_SEGMENTATION:
        return "COCO_WITH_VOC_LABELS_V1"
    if model in TORCHVISION_VIDEO:
        return "KINETICS400_V1"
    if model.startswith("raft"):
        return "C_T_SKHT_V2"
    return "FEATURES" if model.endswith("_features") else "IMAGENET1K_V1"


def backbone_of(model: str) -> str:
    """The classifier that a detector's or segmenter's backbone is, "" for other models."""
    if model not in TORCHVISION_DETECTION and model not in TORCHVISION_SEGMENTATION:
        return ""
    return next((backbone for part, backbone in TORCHVISION_BACKBONES if part in model), "")


def pipeline_model(task: str) -> str:
    """The hub id a pipeline of this task takes when no model is given, "" where it takes none."""
    if task.startswith("translation_"):
        task = "translation"
    return PIPELINE_TASKS.get(task, "")


def bert_score_model(language: str) -> str:
    """The hub id that bert_score takes for a language."""
    return BERT_SCORE.get(language, BERT_SCORE_OTHER)


MEDIAPIPE = frozenset(
    """face_detection.FaceDetection face_mesh.FaceMesh hands.Hands holistic.Holistic objectron.Objectron
    pose.Pose
    selfie_segmentation.SelfieSegmentation""".split()  # noqa: SIM905 - words
)
"""Solutions of MediaPipe that bring their model in the package."""

WORD_MODULES = (
    "en_core_web_",
    "_core_web_",
    "_core_news_",
    "_core_sci_",
    "_dep_news_",
    "xx_ent_wiki_",
    "xx_sent_ud_",
    "_ner_",
)
"""Parts of the names of packages that are spaCy pipelines."""
