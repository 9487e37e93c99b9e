"""Loaders whose model is said by more than one argument, or by the name of the function that is called."""

import ast
import re
import shlex
from collections.abc import Callable

from weigh.code.alternatives import Alternative, Alternatives
from weigh.core.usage import Pin, Role
from weigh.project.discover.call_reading import CallReading, texts
from weigh.project.discover.implied import MEDIAPIPE, backbone_of, legacy_weights
from weigh.project.discover.loaders import Argument
from weigh.project.discover.model_names import pin_of_revision
from weigh.project.discover.references import NOTHING, Reading, file_ref

_WEIGHTS = re.compile(r"(?:.*\.)?(\w+)_Weights\.([A-Z]\w*)")
_LOWER = re.compile(r"[a-z][a-z0-9_]*")
_PRETRAINED = Argument(None, ("pretrained",))
_NO_MODEL = frozenset(
    """
    list_models get_model_weights get_weight get_model_builder register_model is_model model_entrypoint
    checkpoint_seq load_checkpoint build_model_with_cfg named_apply resolve_pretrained_cfg
    adapt_input_conv is_model_pretrained load_pretrained generate_default_cfgs
    register_model_deprecations create_model list_pretrained load_state_dict resume_checkpoint
    clean_state_dict
    """.split()  # noqa: SIM905 - words
)


def read_torch_hub(reading: CallReading) -> None:
    """`torch.hub.load("owner/repo[:ref]", entry)`. Source: torch/hub.py, _parse_repo_info."""
    where = reading.match.loader.name
    values = reading.values(where)
    if values is None:
        return
    origin = reading.values(Argument(None, ("source",)))
    sources = {item.value for item in origin.items} if origin is not None else set()
    local = "local" in sources and "github" not in sources
    entries = [item.value for item in texts(reading.values(Argument(1, ("model",))))] or [""]
    expression = reading.source(where)
    for item in texts(values):
        for entry in entries:
            reading.add(_torch_hub(str(item.value), str(entry), local=local), item, expression)
    if not values.complete and not reading.found:
        reading.miss(where, values)


def _torch_hub(text: str, entry: str, *, local: bool) -> Reading:
    if local or text.startswith((".", "/", "~")):
        return file_ref(text)
    repository, _, revision = text.partition(":")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        return Reading(why="not the name of a repository")
    ref = (
        f"torchhub:{repository}"
        + (f":{revision}" if revision else "")
        + (f"#{entry}" if _plain(entry) else "")
    )
    return Reading(ref, revision=revision, pin=pin_of_revision(revision))


def _plain(entry: str) -> bool:
    return bool(re.fullmatch(r"[\w.-]+", entry))


def read_torchvision(reading: CallReading) -> None:
    """A function of torchvision.models: the weights by enum, by name, or by the old switch."""
    model = reading.last
    name = reading.match.name
    if not _LOWER.fullmatch(model) or model in _NO_MODEL or "_Weights" in name or "()" in name:
        return
    before = len(reading.found) + len(reading.missing)
    _torchvision(reading, (Alternative(model, ("name",), reading.call.spot),), "")
    if len(reading.found) + len(reading.missing) == before:
        _backbone(reading, model)


def read_torchvision_name(reading: CallReading) -> None:
    """`get_model(name, weights=…)`."""
    where = reading.match.loader.name
    names = reading.values(where)
    if names is None:
        return
    if not names.items:
        reading.miss(where, names)
        return
    _torchvision(reading, tuple(texts(names)), reading.source(where))


def read_torchvision_weight(reading: CallReading) -> None:
    """`get_weight("ResNet50_Weights.IMAGENET1K_V2")`."""
    where = reading.match.loader.name
    values = reading.values(where)
    for item in texts(values):
        if match := _WEIGHTS.fullmatch(str(item.value)):
            reading.add(_vision(match[1].lower(), match[2]), item, reading.source(where))
    if values is not None and not values.items:
        reading.miss(where, values)


def _torchvision(reading: CallReading, models: tuple[Alternative, ...], expression: str) -> None:
    weights = Argument(0 if not expression else 1, ("weights",))
    for where in (Argument(None, ("weights",)), _PRETRAINED, Argument(weights.position, ())):
        values = reading.values(where)
        if values is None:
            continue
        shown = reading.source(where)
        named = [match for name in values.names if (match := _WEIGHTS.search(name))]
        items = [item for item in values.items if not (item.name and _WEIGHTS.search(item.name))]
        named += [match for item in values.items if item.name and (match := _WEIGHTS.search(item.name))]
        for enum, member in dict.fromkeys((m[1], m[2]) for m in named):
            reading.add(_vision(enum.lower(), member), None, shown, "enum")
        for item in items:
            for model in models:
                reading.add(_by_value(str(model.value), item.value), item, shown, *_way(model, item))
        if not named and not values.items:
            reading.miss(where, values)
        return


def _way(model: Alternative, item: Alternative) -> tuple[str, ...]:
    if model.how != ("name",):
        return model.how
    return ("implied",) if item.value is True else item.how


def _by_value(model: str, value: object) -> Reading:
    if value is True or value == "imagenet":
        return _vision(model, legacy_weights(model), pin=Pin.NONE)
    if isinstance(value, str) and value:
        match = _WEIGHTS.fullmatch(value)
        return _vision(match[1].lower(), match[2]) if match else _vision(model, value)
    return NOTHING


def _vision(model: str, weights: str, *, pin: Pin | None = None) -> Reading:
    """Torchvision's named weights carry the start of their digest in their address; DEFAULT moves."""
    if not re.fullmatch(r"\w+", weights) or not re.fullmatch(r"[\w.]+", model):
        return Reading(why="not the name of weights")
    firmly = pin or (Pin.BRANCH if weights == "DEFAULT" else Pin.EXACT)
    return Reading(f"catalogue:torchvision/{model}@{weights}", revision=weights, pin=firmly)


def _backbone(reading: CallReading, model: str) -> None:
    """A detector without weights of its own starts from a classifier's, unless that is refused."""
    backbone = backbone_of(model)
    if not backbone:
        return
    for where in (Argument(None, ("weights_backbone",)), Argument(None, ("pretrained_backbone",))):
        values = reading.values(where)
        if values is not None:
            if any(item.value in {None, False} for item in values.items):
                return
            named = [m for name in values.names if (m := _WEIGHTS.search(name))]
            for match in named:
                reading.add(_vision(match[1].lower(), match[2]), None, reading.source(where), "enum")
            if named:
                return
    reading.add(_vision(backbone, "IMAGENET1K_V1", pin=Pin.NONE), None, "", "implied")


def read_bundle(reading: CallReading) -> None:
    """`torchaudio.pipelines.WAV2VEC2_BASE.get_model()`: the bundle's name is in the callee."""
    library = reading.match.name.partition(".")[0]
    for name in reading.call.names:
        parts = name.split(".")
        bundle = next((part for part in parts if re.fullmatch(r"[A-Z][A-Z0-9_]+", part)), "")
        if bundle and parts[0] == library:
            reading.add(Reading(f"catalogue:{library}/{bundle}", pin=Pin.NONE), None, bundle, "attribute")


def read_timm(reading: CallReading) -> None:
    """`timm.create_model(name, pretrained=True)`; the tag of the weights follows the name's dot."""
    where = reading.match.loader.name
    values = reading.values(where)
    if values is None:
        return
    _from_file(reading, Argument(None, ("checkpoint_path",)))
    for item in texts(values):
        reading.add(_timm(str(item.value)), item, reading.source(where))
    if not values.complete and not any(True for _ in texts(values)):
        reading.miss(where, values)


def _timm(text: str) -> Reading:
    scheme = re.match(r"(?:hf-hub|hf_hub|hf):", text)
    if scheme or text.startswith("timm/"):
        body = text[scheme.end() :] if scheme else text
        name, _, revision = body.partition("@")
        return Reading(f"hf:{name}" + (f"@{revision}" if revision else ""), revision=revision)
    name, _, tag = text.partition(".")
    if not re.fullmatch(r"\w+", name) or not re.fullmatch(r"[\w.-]*", tag):
        return Reading(why="not the name of a model")
    return Reading(f"catalogue:timm/{text}", revision=tag, pin=Pin.TAG if tag else Pin.NONE)


def read_timm_function(reading: CallReading) -> None:
    """`timm.models.resnet50(pretrained=True)`."""
    if _LOWER.fullmatch(reading.last) and reading.last not in _NO_MODEL:
        reading.add(_timm(reading.last), None, reading.last, "name")


def read_by_function(reading: CallReading) -> None:
    """A function named like the model, with `pretrained=True`."""
    if _LOWER.fullmatch(reading.last) and reading.last not in _NO_MODEL:
        library = reading.match.loader.detail
        reading.add(Reading(f"catalogue:{library}/{reading.last}", pin=Pin.NONE), None, reading.last, "name")


def read_pretrainedmodels(reading: CallReading) -> None:
    """`pretrainedmodels.se_resnet50(num_classes=1000, pretrained="imagenet")`."""
    if not _LOWER.fullmatch(reading.last):
        return
    values = reading.values(Argument(1, ("pretrained",)))
    tags = [str(item.value) for item in texts(values)] if values is not None else ["imagenet"]
    if values is not None and not values.items:
        reading.miss(Argument(1, ("pretrained",)), values)
    for tag in tags:
        ref = f"catalogue:pretrainedmodels/{reading.last}@{tag}"
        reading.add(
            Reading(ref, pin=Pin.NONE), None, reading.last, "implied" if values is None else "literal"
        )


def read_segmentation(reading: CallReading) -> None:
    """segmentation_models_pytorch: `encoder_weights` is `imagenet` unless it is said otherwise."""
    _encoder(
        reading,
        Argument(1 if reading.last != "create_model" else None, ("encoder_weights", "weights")),
        "segmentation_models_pytorch",
        0,
    )


def read_keras_segmentation(reading: CallReading) -> None:
    """segmentation_models for Keras, whose `encoder_weights` is `imagenet`, too."""
    _encoder(reading, Argument(None, ("encoder_weights",)), "segmentation_models", 0)


def _encoder(reading: CallReading, tags: Argument, library: str, position: int) -> None:
    names = Argument(
        position if reading.last != "create_model" else None,
        reading.match.loader.name.keywords or ("backbone_name",),
    )
    encoders, weights = reading.values(names), reading.values(tags)
    default = reading.match.loader.options.get("default", "")
    wanted = [str(item.value) for item in texts(weights)] if weights is not None else ["imagenet"]
    if weights is not None and not weights.items:
        wanted = [""]
    if encoders is None:
        for tag in wanted:
            reading.add(_tagged(library, default, tag), None, "", "implied")
        return
    for item in texts(encoders):
        for tag in wanted:
            reading.add(_tagged(library, str(item.value), tag), item, reading.source(names))
    if wanted and not encoders.items:
        reading.miss(names, encoders)


def _tagged(library: str, name: str, tag: str) -> Reading:
    if not re.fullmatch(r"[\w.:/-]+", name):
        return Reading(why="not the name of a model")
    return Reading(f"catalogue:{library}/{name}" + (f"@{tag}" if tag else ""), revision=tag, pin=Pin.NONE)


def read_open_clip(reading: CallReading) -> None:
    """`open_clip.create_model_and_transforms(architecture, pretrained=tag)`."""
    where = reading.match.loader.name
    values = reading.values(where)
    tags = reading.values(Argument(1, ("pretrained",)))
    if values is None:
        return
    source = reading.source(where)
    for item in texts(values):
        name = str(item.value)
        if name.startswith("hf-hub:"):
            reading.add(_timm(name), item, source)
            continue
        for tag in texts(tags):
            reading.add(_clip_tag(name, str(tag.value)), tag, reading.source(Argument(1, ("pretrained",))))
    if not values.items:
        reading.miss(where, values)
    elif tags is not None and not tags.items and not reading.found:
        reading.miss(Argument(1, ("pretrained",)), tags)


def _clip_tag(name: str, tag: str) -> Reading:
    if not tag:
        return NOTHING
    if "/" in tag or tag.endswith((".pt", ".bin", ".safetensors")):
        return file_ref(tag)
    return _tagged("open_clip", name.replace("/", "-"), tag)


def read_open_clip_tokenizer(reading: CallReading) -> None:
    """A tokenizer is only fetched when its name is one of the hub."""
    where = reading.match.loader.name
    for item in texts(reading.values(where)):
        if str(item.value).startswith("hf-hub:"):
            reading.add(_timm(str(item.value)), item, reading.source(where))


def read_keras_application(reading: CallReading) -> None:
    """`keras.applications.VGG16()`: weights are `imagenet` when nothing is said."""
    name = reading.last
    if not re.fullmatch(r"[A-Z]\w*[A-Za-z0-9]", name):
        return
    where = Argument(1 if name.startswith("MobileNet") is False else None, ("weights",))
    values = reading.values(Argument(None, where.keywords))
    if values is None and where.position is not None:
        positional = reading.values(where)
        values = positional if positional is not None and any(True for _ in texts(positional)) else None
    if values is None:
        reading.add(_keras(name, "imagenet"), None, name, "implied")
        return
    for item in texts(values):
        reading.add(_keras(name, str(item.value)), item, reading.source(where))
    if not values.items:
        reading.miss(where, values)


def _keras(name: str, weights: str) -> Reading:
    if weights.startswith(("http://", "https://")):
        return Reading("https://" + weights.partition("://")[2])
    if "/" in weights or "." in weights:
        return file_ref(weights)
    return Reading(f"catalogue:keras/{name}@{weights}", revision=weights, pin=Pin.NONE)


def read_mediapipe(reading: CallReading) -> None:
    """A solution whose model comes in the package."""
    name = reading.match.name.removeprefix("mediapipe.solutions.")
    if name in MEDIAPIPE:
        reading.add(
            Reading(f"catalogue:mediapipe/{name.partition('.')[0]}", pin=Pin.NONE), None, name, "name"
        )


def read_command(reading: CallReading) -> None:
    """`subprocess.run(["hf", "download", …])`: the words of a command that a shell could run."""
    from weigh.project.discover.shell import read_shell

    where = reading.match.loader.name
    node = reading.given(where)
    values = reading.values(where)
    if node is None or values is None:
        return
    items = list(texts(values))
    words = [str(item.value) for item in items]
    if not words and values.partial and not isinstance(node, ast.List | ast.Tuple):
        # what is known of the line may name the model, though another part of it is not
        words = list(values.partials)
    lines = [shlex.join(words)] if isinstance(node, ast.List | ast.Tuple) else words
    for line in lines:
        for use in read_shell(line.encode("utf-8", "replace"), "command", Role.RUNTIME).uses:
            if "{}" in use.ref:
                continue
            found = Reading(use.ref, revision=use.revision, pin=use.pin)
            name = use.ref.partition("#")[0].partition("@")[0]
            item = next((one for one in items if name.endswith(str(one.value)) and one.value), None)
            reading.add(found, item or next(iter(items), None), reading.source(where), "command")


def read_spacy_package(reading: CallReading) -> None:
    """`en_core_web_sm.load()`: the package is the model."""
    package = reading.match.name.split(".")[0]
    if re.fullmatch(r"[a-z]{2,3}_\w+", package):
        reading.add(Reading(f"catalogue:spacy/{package}", pin=Pin.NONE), None, package, "import")


def _from_file(reading: CallReading, where: Argument) -> None:
    for item in texts(reading.values(where)):
        if item.value:
            reading.add(file_ref(str(item.value)), item, reading.source(where))


def unknown_function(values: Alternatives | None) -> bool:
    """Whether a value is known to be no text at all: an object that something else made."""
    return values is not None and not values.items and bool(values.names)


SPECIAL: dict[str, Callable[[CallReading], None]] = {
    "torchhub": read_torch_hub,
    "torchvision": read_torchvision,
    "torchvision-name": read_torchvision_name,
    "torchvision-weight": read_torchvision_weight,
    "torchaudio": read_bundle,
    "timm": read_timm,
    "timm-call": read_timm_function,
    "pretrained-flag": read_by_function,
    "pretrainedmodels": read_pretrainedmodels,
    "smp": read_segmentation,
    "smp-keras": read_keras_segmentation,
    "open_clip": read_open_clip,
    "open_clip-tokenizer": read_open_clip_tokenizer,
    "keras-app": read_keras_application,
    "mediapipe": read_mediapipe,
    "shell": read_command,
    "spacy-package": read_spacy_package,
}
"""How a whole call is read, by the form of its row."""
