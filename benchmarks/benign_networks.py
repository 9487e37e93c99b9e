# ruff: noqa: E501, PLC3002, S106 - tables of what is written: one thing a line reads best
"""What PyTorch and the libraries on it write: checkpoints, exported programs, Keras archives, whole model folders."""

import importlib.metadata
import itertools
import pickle
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

Write = Callable[[Path], object]
Made = Iterator[tuple[str, Write]]


def checkpoints() -> Made:
    """State dicts, checkpoints, modules and tensors by torch.save, in both of its containers."""
    import torch

    for (name, build), legacy in itertools.product(_values().items(), (False, True)):
        ending = ("pt", "pth", "bin", "ckpt")[len(name) % 4]
        yield (
            f"{name}{'-legacy' if legacy else ''}.{ending}",
            lambda p, b=build, o=legacy: torch.save(b(), p, _use_new_zipfile_serialization=not o),
        )
    for protocol in (2, 3, 4, 5):
        yield (
            f"state-protocol{protocol}.pt",
            lambda p, n=protocol: torch.save(_values()["state"](), p, pickle_protocol=n),
        )
        yield f"state-protocol{protocol}-legacy.pt", lambda p, n=protocol: torch.save(
            _values()["state"](), p, pickle_protocol=n, _use_new_zipfile_serialization=False)  # fmt: skip
        yield (
            f"tensors-protocol{protocol}.pkl",
            lambda p, n=protocol: p.write_bytes(pickle.dumps(_values()["state"](), n)),
        )
    for name, build in _modules().items():
        yield f"module/{name}.pth", lambda p, b=build: torch.save(b(), p)
        yield (
            f"module/{name}-legacy.pth",
            lambda p, b=build: torch.save(b(), p, _use_new_zipfile_serialization=False),
        )
        yield f"module_state/{name}.pth", lambda p, b=build: torch.save(b().state_dict(), p)
        yield f"script/{name}.pt", lambda p, b=build: torch.jit.script(b()).save(str(p))
    yield from _programs()


def _values() -> dict[str, Callable[[], Any]]:
    import torch

    net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 2))
    made: dict[str, Callable[[], Any]] = {
        "state": net.state_dict, "tensor": lambda: torch.ones(3, 4), "list": lambda: [torch.ones(2), torch.zeros(2)], "scalar": lambda: torch.tensor(3.5),
        "parameter": lambda: torch.nn.Parameter(torch.ones(3)), "sliced": lambda: torch.arange(10.0)[2:5], "transposed": lambda: torch.ones(3, 4).t(),
        "shared": lambda: (lambda t: {"a": t, "b": t[1:]})(torch.ones(4)), "empty": lambda: torch.empty(0, 3), "sparse": lambda: torch.eye(4).to_sparse(),
        "sparse_rows": lambda: torch.eye(4).to_sparse_csr(), "quantized": lambda: torch.quantize_per_tensor(torch.ones(4), 0.1, 2, torch.qint8),
        "quantized_channels": lambda: torch.quantize_per_channel(torch.ones(2, 4), torch.ones(2), torch.zeros(2), 0, torch.quint8),
        "size": lambda: {"size": torch.Size([1, 2]), "dtype": torch.float16, "device": torch.device("cuda:0"), "layout": torch.strided},
        "rng": lambda: {"torch": torch.get_rng_state(), "numpy": np.random.get_state(), "python": __import__("random").getstate()},  # noqa: NPY002
        "with_numpy": lambda: {"state": net.state_dict(), "mean": np.float64(0.5), "classes": np.array(["a", "b"]), "curve": np.arange(3)},
        "generator": lambda: torch.Generator().get_state(), "gradient": lambda: torch.ones(3, requires_grad=True), "meta": lambda: torch.ones(3, device="meta"),
        "storage": lambda: torch.ones(3).untyped_storage(), "complex": lambda: torch.ones(3, dtype=torch.complex64), "conjugate": lambda: torch.ones(3, dtype=torch.complex64).conj(),
        "ordered": lambda: OrderedDict(net.state_dict()), "nested": lambda: {"model": {"state_dict": net.state_dict()}, "args": {"lr": 0.1, "names": ["a"]}},
        "ema": lambda: {"ema": torch.optim.swa_utils.AveragedModel(net).state_dict()}, "buffers": lambda: torch.nn.Buffer(torch.ones(2)),
        "batch": lambda: torch.utils.data.TensorDataset(torch.ones(3, 2), torch.ones(3)), "nested_tensor": lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
    }  # fmt: skip
    for dtype in (
        "float64",
        "float16",
        "bfloat16",
        "int64",
        "int32",
        "int16",
        "int8",
        "uint8",
        "bool",
        "uint16",
        "float8_e4m3fn",
        "float8_e5m2",
        "complex128",
    ):
        made[f"dtype_{dtype}"] = lambda d=dtype: {"w": torch.ones(4).to(getattr(torch, d))}
    for kind in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "NAdam"):
        made[f"checkpoint_{kind}"] = lambda k=kind: _checkpoint(net, k)
    for kind in ("StepLR", "CosineAnnealingLR", "LambdaLR", "OneCycleLR", "ReduceLROnPlateau"):
        made[f"schedule_{kind}"] = lambda k=kind: _schedule(net, k)
    return made


def _checkpoint(net: Any, kind: str) -> dict[str, Any]:
    import torch

    optimizer = getattr(torch.optim, kind)(net.parameters(), lr=0.01)
    net(torch.ones(3, 4)).sum().backward()
    optimizer.step()
    return {
        "epoch": 3,
        "state_dict": net.state_dict(),
        "optimizer": optimizer.state_dict(),
        "loss": torch.tensor(0.5),
        "best_acc1": 0.9,
    }


def _schedule(net: Any, kind: str) -> dict[str, Any]:
    import torch

    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    more = {"StepLR": {"step_size": 3}, "CosineAnnealingLR": {"T_max": 5}, "LambdaLR": {"lr_lambda": lambda epoch: 0.9**epoch},
            "OneCycleLR": {"max_lr": 0.1, "total_steps": 10}, "ReduceLROnPlateau": {}}[kind]  # fmt: skip
    return {
        "scheduler": getattr(torch.optim.lr_scheduler, kind)(optimizer, **more).state_dict(),
        "optimizer": optimizer.state_dict(),
    }


def _modules() -> dict[str, Callable[[], Any]]:
    from torch import nn

    return {
        "linear": lambda: nn.Linear(3, 2), "convolution": lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        "lstm": lambda: nn.LSTM(3, 4, 2, batch_first=True), "gru": lambda: nn.GRU(3, 4), "attention": lambda: nn.MultiheadAttention(8, 2),
        "transformer": lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 2), "embedding": lambda: nn.Embedding(10, 4, padding_idx=0),
        "norms": lambda: nn.Sequential(nn.LayerNorm(4), nn.Dropout(0.1), nn.GELU(), nn.Softmax(-1), nn.GroupNorm(2, 4)), "bag": lambda: nn.EmbeddingBag(10, 4),
        "dict": lambda: nn.ModuleDict({"a": nn.Linear(2, 2)}), "list": lambda: nn.ModuleList([nn.Linear(2, 2), nn.Identity()]), "parameters": lambda: nn.ParameterList([nn.Parameter()]),
        "up": lambda: nn.Sequential(nn.Upsample(scale_factor=2), nn.ConvTranspose2d(3, 3, 2), nn.Sigmoid(), nn.AdaptiveAvgPool2d(1)), "loss": nn.CrossEntropyLoss,
        "activations": lambda: nn.Sequential(nn.SiLU(), nn.LeakyReLU(), nn.ELU(), nn.Hardswish(), nn.PReLU(), nn.Tanh(), nn.Mish()), "decoder": lambda: nn.TransformerDecoderLayer(8, 2, 16),
        "instance": lambda: nn.InstanceNorm2d(3), "pixel": lambda: nn.PixelShuffle(2), "rnn": lambda: nn.RNN(3, 4), "bilinear": lambda: nn.Bilinear(2, 3, 4), "rms": lambda: nn.RMSNorm(4),
        "weight_norm": lambda: nn.utils.weight_norm(nn.Linear(2, 2)), "unfold": lambda: nn.Unfold(2), "cosine": nn.CosineSimilarity,
    }  # fmt: skip


def _programs() -> Made:
    import torch

    net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2)).eval()
    yield "traced.pt", lambda p: torch.jit.trace(net, torch.ones(1, 4)).save(str(p))
    yield "frozen.pt", lambda p: torch.jit.freeze(torch.jit.script(net)).save(str(p))
    yield (
        "extra.pt",
        lambda p: torch.jit.save(torch.jit.script(net), str(p), _extra_files={"labels.txt": b"a\nb"}),
    )
    yield "mobile.ptl", lambda p: torch.jit.script(net)._save_for_lite_interpreter(str(p))  # noqa: SLF001 - the documented way
    yield "exported.pt2", lambda p: torch.export.save(torch.export.export(net, (torch.ones(2, 4),)), p)
    yield (
        "dynamic.pt2",
        lambda p: torch.export.save(
            torch.export.export(net, (torch.ones(2, 4),), dynamic_shapes=({0: torch.export.Dim("b")},)), p
        ),
    )
    yield (
        "quantized_module.pt",
        lambda p: torch.save(torch.ao.quantization.quantize_dynamic(net, dtype=torch.qint8).state_dict(), p),
    )
    yield (
        "distributed",
        lambda p: torch.distributed.checkpoint.save({"w": torch.ones(4), "epoch": 3}, checkpoint_id=str(p)),
    )


def _distributed(place: Path) -> None:
    import torch
    from torch.distributed import checkpoint

    checkpoint.save({"w": torch.ones(4), "epoch": 3}, checkpoint_id=str(place))


def keras_models() -> Made:
    """Keras archives, weights and HDF5 models of many layers."""
    import os

    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras
    from keras import layers

    def dense(*more: Any) -> Any:
        return keras.Sequential(
            [keras.Input((8,)), layers.Dense(4, activation="relu"), *more, layers.Dense(2)]
        )

    def image(*more: Any) -> Any:
        return keras.Sequential([keras.Input((8, 8, 3)), *more, layers.Flatten(), layers.Dense(2)])

    def series(*more: Any) -> Any:
        return keras.Sequential([keras.Input((6, 4)), *more])

    def branches() -> Any:
        a, b = keras.Input((4,), name="left"), keras.Input((4,), name="right")
        both = layers.Concatenate()([layers.Dense(3)(a), layers.Dense(3)(b)])
        return keras.Model(
            [a, b],
            [layers.Dense(1, name="one")(both), layers.Dense(2, name="two")(layers.Add()([both, both]))],
        )

    def compiled(**options: Any) -> Any:
        model = dense()
        model.compile(**{"optimizer": "adam", "loss": "mse", **options})
        model.fit(np.ones((4, 8)), np.zeros((4, 2)), verbose=0)
        return model

    made: dict[str, Callable[[], Any]] = {
        "dense": dense, "branches": branches, "compiled": compiled, "dropout": lambda: dense(layers.Dropout(0.1), layers.BatchNormalization(), layers.LayerNormalization()),
        "sgd": lambda: compiled(optimizer=keras.optimizers.SGD(0.1, momentum=0.9), metrics=["mae"]), "activations": lambda: dense(layers.LeakyReLU(), layers.PReLU(), layers.Softmax(), layers.Activation("gelu")),
        "schedule": lambda: compiled(optimizer=keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(0.1, 10))),
        "convolution": lambda: image(layers.Conv2D(4, 3), layers.MaxPooling2D(), layers.BatchNormalization()), "depthwise": lambda: image(layers.DepthwiseConv2D(3), layers.SeparableConv2D(4, 3)),
        "transposed": lambda: image(layers.Conv2DTranspose(2, 2), layers.ZeroPadding2D(), layers.Cropping2D(), layers.UpSampling2D()), "pooling": lambda: image(layers.AveragePooling2D(2), layers.GlobalAveragePooling2D()),
        "augmented": lambda: image(layers.Rescaling(1 / 255), layers.RandomFlip(), layers.RandomRotation(0.1), layers.Resizing(4, 4), layers.CenterCrop(4, 4)),
        "lstm": lambda: series(layers.LSTM(4, return_sequences=True), layers.GRU(3)), "both_ways": lambda: series(layers.Bidirectional(layers.LSTM(4))),
        "simple": lambda: series(layers.SimpleRNN(3), layers.RepeatVector(2), layers.TimeDistributed(layers.Dense(2))), "attention": lambda: series(layers.Conv1D(4, 3), layers.GlobalMaxPooling1D()),
        "embedding": lambda: keras.Sequential([keras.Input((5,), dtype="int32"), layers.Embedding(20, 4, mask_zero=True), layers.Masking(), layers.LSTM(3)]),
        "regularized": lambda: dense(layers.Dense(4, kernel_regularizer=keras.regularizers.L1L2(0.1), kernel_constraint=keras.constraints.MaxNorm(1), kernel_initializer=keras.initializers.HeNormal(3))),
        "normalized": lambda: dense(layers.Normalization(mean=[0.0] * 4, variance=[1.0] * 4), layers.UnitNormalization(), layers.GaussianNoise(0.1)),
        "half": lambda: dense(layers.Dense(3, dtype="mixed_float16")), "reshape": lambda: dense(layers.Reshape((2, 2)), layers.Permute((2, 1)), layers.Flatten()), "nested": lambda: dense(keras.Sequential([layers.Dense(3)])),
        "operations": lambda: (lambda x: keras.Model(x, keras.ops.sum(x * 2 + 1, axis=1)))(keras.Input((3,))), "group": lambda: image(layers.GroupNormalization(1), layers.SpatialDropout2D(0.1)),
        "einsum": lambda: dense(layers.EinsumDense("ab,bc->ac", output_shape=4)), "quantized": lambda: _quantized(dense()),
        "heads": lambda: (lambda x: keras.Model(x, layers.MultiHeadAttention(2, 4)(x, x)))(keras.Input((5, 8))),
        "discretized": lambda: keras.Sequential([keras.Input((3,)), layers.Discretization([0.0, 1.0]), layers.CategoryEncoding(3)]),
    }  # fmt: skip
    for (name, build), ending in itertools.product(made.items(), ("keras", "h5", "weights.h5")):
        yield f"{name}.{ending}", lambda p, b=build: _keras_save(b(), p)
    for name in ("MobileNetV2", "ResNet50", "EfficientNetB0"):
        yield f"application/{name}/config.json", lambda p, n=name: p.write_text(
            getattr(keras.applications, n)(weights=None, input_shape=(32, 32, 3)).to_json())  # fmt: skip
    yield (
        "application/mobile.keras",
        lambda p: keras.applications.MobileNetV2(
            weights=None, alpha=0.35, input_shape=(32, 32, 3), classes=2
        ).save(p),
    )
    yield "zipped/model.keras", lambda p: dense().save(p, zipped=True)
    yield "shards/model.weights.json", lambda p: dense().save_weights(p, max_shard_size=1e-7)


def _keras_save(model: Any, place: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (model.save_weights if place.name.endswith(".weights.h5") else model.save)(place)


def _quantized(model: Any) -> Any:
    model.quantize("int8")
    return model


SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2, "intermediate_size": 32, "vocab_size": 100, "max_position_embeddings": 32,
         "n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 32, "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 2, "num_heads": 2, "encoder_layers": 1, "decoder_layers": 1,
         "encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16, "embedding_size": 16, "image_size": 32, "patch_size": 16, "dim": 16,
         "hidden_dim": 32, "n_heads": 2, "n_layers": 2, "emb_dim": 16, "head_dim": 8, "num_local_experts": 2, "state_size": 4, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
         "word_embed_proj_dim": 16, "ffn_dim": 16, "num_mel_bins": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "embedding_dim": 16}  # fmt: skip
FAMILIES = ("bert", "roberta", "distilbert", "albert", "electra", "gpt2", "gpt_neo", "gptj", "gpt_neox", "llama", "mistral", "mixtral", "qwen2", "qwen3", "gemma", "gemma2", "phi", "phi3", "opt",
            "bloom", "falcon", "t5", "mt5", "bart", "mbart", "pegasus", "marian", "m2m_100", "whisper", "vit", "deit", "dinov2", "convnext", "resnet", "mpnet", "xlm-roberta", "camembert",
            "deberta-v2", "mamba", "rwkv", "stablelm", "olmo", "cohere", "starcoder2", "granite", "codegen", "longformer", "layoutlm", "xlnet", "openai-gpt", "ctrl", "squeezebert",
            "roformer", "fnet", "nystromformer", "mobilebert", "convbert", "regnet", "swin", "poolformer", "mobilevit", "segformer", "timesformer", "ibert", "megatron-bert")  # fmt: skip


def model_folders() -> Made:
    """Folders of transformers: tiny models of many families, both kinds of weights, tokenizers, trainer files."""
    import torch
    import transformers

    for family in FAMILIES:

        def write(place: Path, family: str = family) -> None:
            known = transformers.AutoConfig.for_model(family).to_dict()
            model = transformers.AutoModel.from_config(
                transformers.AutoConfig.for_model(family, **{k: v for k, v in SMALL.items() if k in known})
            )
            if sum(w.numel() for w in model.parameters()) < 3_000_000:
                model.save_pretrained(place)
                torch.save(model.state_dict(), place / "pytorch_model.bin")
            else:
                model.config.save_pretrained(place)

        yield family, write
    yield "tokenizer", lambda p: _tokenizer().save_pretrained(p)
    yield (
        "training_args.bin",
        lambda p: torch.save(transformers.TrainingArguments(output_dir="out", use_cpu=True, report_to=[]), p),
    )
    yield (
        "sharded",
        lambda p: transformers.GPT2Model(
            transformers.GPT2Config(n_embd=64, n_layer=2, n_head=2, vocab_size=500)
        ).save_pretrained(p, max_shard_size="100KB"),
    )
    for family in sorted(transformers.models.auto.configuration_auto.CONFIG_MAPPING_NAMES):
        yield (
            f"defaults/{family}",
            lambda p, f=family: transformers.AutoConfig.for_model(f).save_pretrained(p),
        )
    yield "image_processor", lambda p: transformers.CLIPImageProcessor().save_pretrained(p)
    yield "features", lambda p: transformers.WhisperFeatureExtractor().save_pretrained(p)
    yield (
        "generation",
        lambda p: transformers.GenerationConfig(max_new_tokens=9, do_sample=True).save_pretrained(p),
    )


def _tokenizer() -> Any:
    import benign_texts
    import tokenizers
    import transformers

    inner = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="[UNK]"))
    inner.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel()
    inner.train_from_iterator(
        ["a good film", "eval import os"] * 20,
        tokenizers.trainers.BpeTrainer(special_tokens=["[UNK]", "<s>"]),
    )
    made = transformers.PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="[UNK]", bos_token="<s>")
    made.chat_template = dict(benign_texts.TEMPLATES.items()) | {"default": benign_texts.TEMPLATES["chatml"]}
    return made


def tokenizer_files() -> Made:
    """tokenizer.json of each model of the tokenizers library."""
    import tokenizers
    from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

    kinds = {"bpe": (models.BPE(unk_token="?"), trainers.BpeTrainer(special_tokens=["?"])), "wordpiece": (models.WordPiece(unk_token="?"), trainers.WordPieceTrainer(special_tokens=["?"])),
             "unigram": (models.Unigram(), trainers.UnigramTrainer(unk_token="?", special_tokens=["?"])), "word": (models.WordLevel(unk_token="?"), trainers.WordLevelTrainer(special_tokens=["?"]))}  # fmt: skip
    before = {"bytes": pre_tokenizers.ByteLevel(), "bert": pre_tokenizers.BertPreTokenizer(), "meta": pre_tokenizers.Metaspace(), "digits": pre_tokenizers.Sequence([pre_tokenizers.Digits(), pre_tokenizers.Punctuation()]),
              "split": pre_tokenizers.Split(tokenizers.Regex(r"(?i:'s|'t)|\p{L}+|\p{N}{1,3}"), "isolated")}  # fmt: skip
    for (name, (model, trainer)), (first, start) in itertools.product(kinds.items(), before.items()):

        def write(place: Path, model: Any = model, trainer: Any = trainer, start: Any = start) -> None:
            made = tokenizers.Tokenizer(model)
            made.pre_tokenizer, made.decoder = start, decoders.ByteLevel()
            made.normalizer = normalizers.Sequence(
                [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(" ", "\u2581")]
            )
            made.post_processor = processors.TemplateProcessing(single="? $A", special_tokens=[("?", 0)])
            made.train_from_iterator(["a good film", "a bad film 123"] * 9, trainer)
            made.enable_truncation(64)
            made.enable_padding()
            made.save(str(place))

        yield f"{name}-{first}/tokenizer.json", write


def adapters() -> Made:
    """Adapters as peft writes them."""
    import peft
    import transformers

    for name, config in {"lora": peft.LoraConfig(r=2, target_modules=["c_attn"]), "ia3": peft.IA3Config(target_modules=["c_attn"], feedforward_modules=[]), "dora": peft.LoraConfig(r=2, use_dora=True, target_modules=["c_attn"]),
                         "prompt": peft.PromptTuningConfig(num_virtual_tokens=3, task_type="CAUSAL_LM"), "loha": peft.LoHaConfig(r=2, target_modules=["c_proj"])}.items():  # fmt: skip
        for safe in (True, False):
            yield f"{name}-{'safetensors' if safe else 'bin'}", lambda p, c=config, s=safe: peft.get_peft_model(
                transformers.GPT2LMHeadModel(transformers.GPT2Config(n_embd=16, n_layer=1, n_head=2, vocab_size=50)), c).save_pretrained(p, safe_serialization=s)  # fmt: skip


def sentences() -> Made:
    """Folders of sentence-transformers."""
    import sentence_transformers as st
    import transformers

    def write(place: Path) -> None:
        inner = place.parent / "inner"
        transformers.BertModel(
            transformers.BertConfig(
                hidden_size=16,
                num_hidden_layers=1,
                num_attention_heads=2,
                intermediate_size=16,
                vocab_size=50,
            )
        ).save_pretrained(inner)
        _tokenizer().save_pretrained(inner)
        word = st.models.Transformer(str(inner))
        st.SentenceTransformer(
            modules=[word, st.models.Pooling(16), st.models.Dense(16, 8), st.models.Normalize()], device="cpu"
        ).save(str(place))

    yield "folder", write


def diffusion() -> Made:
    """Parts of pipelines of diffusers."""
    import diffusers

    unet = {
        "sample_size": 8,
        "block_out_channels": (8, 8),
        "norm_num_groups": 4,
        "layers_per_block": 1,
        "down_block_types": ("DownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "UpBlock2D"),
    }
    for safe in (True, False):
        yield (
            f"pipeline-{safe}",
            lambda p, s=safe: diffusers.DDPMPipeline(
                diffusers.UNet2DModel(**unet), diffusers.DDPMScheduler()
            ).save_pretrained(p, safe_serialization=s),
        )
    yield (
        "coder",
        lambda p: diffusers.AutoencoderKL(block_out_channels=(8,), norm_num_groups=4).save_pretrained(p),
    )
    for kind in (
        "DDIMScheduler",
        "PNDMScheduler",
        "EulerDiscreteScheduler",
        "DPMSolverMultistepScheduler",
        "LCMScheduler",
        "UniPCMultistepScheduler",
        "HeunDiscreteScheduler",
        "FlowMatchEulerDiscreteScheduler",
    ):
        yield f"schedulers/{kind}", lambda p, k=kind: getattr(diffusers, k)().save_pretrained(p)


def lightning_checkpoints() -> Made:
    """Checkpoints as Lightning's trainer writes them."""
    import lightning.pytorch as pl
    import torch

    def write(place: Path) -> None:
        class Tiny(pl.LightningModule):
            def __init__(self, width: int = 2, names: tuple[str, ...] = ("a", "b")) -> None:  # noqa: ARG002 - kept as a setting
                super().__init__()
                self.save_hyperparameters()
                self.layer = torch.nn.Linear(4, width)

            def training_step(self, batch: Any, _: int) -> Any:
                return self.layer(batch[0]).sum()

            def configure_optimizers(self) -> Any:
                return torch.optim.Adam(self.parameters())

        trainer = pl.Trainer(max_epochs=1, logger=False, enable_progress_bar=False, accelerator="cpu", default_root_dir=place.parent,
                             callbacks=[pl.callbacks.ModelCheckpoint(place.parent / "best", monitor=None), pl.callbacks.EarlyStopping("loss", check_on_train_epoch_end=False)][:1])  # fmt: skip
        trainer.fit(
            Tiny(),
            torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(4, 4)), batch_size=2),
        )
        trainer.save_checkpoint(place)

    yield "last.ckpt", write


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


NETWORKS = tuple(
    (name, package, make) for name, package, make in (
        ("torch", "torch", checkpoints), ("keras", "keras", keras_models), ("transformers", "transformers", model_folders), ("tokenizers", "tokenizers", tokenizer_files),
        ("peft", "peft", adapters), ("sentence-transformers", "sentence-transformers", sentences), ("diffusers", "diffusers", diffusion), ("lightning", "lightning", lightning_checkpoints))
)  # fmt: skip
