"""Shell text: programs that load models, variables in their order, functions, and what is no model."""

import pytest
from tests.project.discover.told import lines, refs, unresolved

from weigh.core.usage import Pin, Role
from weigh.project.discover.shell import read_shell

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hf download acme/one", ["hf:acme/one"]),
        ("huggingface-cli download acme/one a.gguf --revision v1", ["hf:acme/one@v1#a.gguf"]),
        (f"hf download acme/one --revision={COMMIT}", [f"hf:acme/one@{COMMIT}"]),
        ("git clone https://huggingface.co/acme/one", ["hf:acme/one"]),
        ("GIT_LFS_SKIP_SMUDGE=1 git clone --depth 1 git@hf.co:acme/one dir", ["hf:acme/one"]),
        ("wget -q https://huggingface.co/acme/one/resolve/v1/a.bin -O a.bin", ["hf:acme/one@v1#a.bin"]),
        ("curl -L -o w.pt https://host.example/w.pt", ["https://host.example/w.pt"]),
        ("python -m spacy download en_core_web_sm", ["catalogue:spacy/en_core_web_sm"]),
        ("python3 -m nltk.downloader punkt stopwords", ["catalogue:nltk/punkt", "catalogue:nltk/stopwords"]),
        (
            "ollama pull llama3:8b && ollama run mistral",
            ["oci:registry.ollama.ai/library/llama3:8b", "oci:registry.ollama.ai/library/mistral"],
        ),
        ("ollama run hf.co/acme/one-GGUF:Q4_K_M", ["hf:acme/one-GGUF"]),
        ("vllm serve acme/one --revision v2 --trust-remote-code", ["hf:acme/one@v2"]),
        ("python -m vllm.entrypoints.openai.api_server --model acme/one", ["hf:acme/one"]),
        ("docker run --gpus all vllm/vllm-openai:v1 --model acme/one", ["hf:acme/one"]),
        ("text-generation-launcher --model-id acme/one", ["hf:acme/one"]),
        ("llama-server -hf acme/one-GGUF:Q4_K_M", ["hf:acme/one-GGUF"]),
        ("llama-server -m models/a.gguf", ["file:models/a.gguf"]),
        ("optimum-cli export onnx --model acme/one out/", ["hf:acme/one"]),
        ("ct2-transformers-converter --model acme/one --output_dir o", ["hf:acme/one"]),
        ("mlx_lm.generate --model mlx-community/One-4bit --prompt hi", ["hf:mlx-community/One-4bit"]),
        ("modelscope download --model acme/one", ["catalogue:modelscope/acme/one"]),
        ("aws s3 cp s3://bucket/w/model.safetensors .", ["s3:bucket/w/model.safetensors"]),
        ("accelerate launch train.py --model_name_or_path=acme/one", ["hf:acme/one"]),
        ("sudo env A=1 timeout 60 uv run --with x python t.py --base_model acme/one", ["hf:acme/one"]),
        ("hf download \\\n  acme/one", ["hf:acme/one"]),
        ('bash -c "hf download acme/one"', ["hf:acme/one"]),
        ("X=$(hf download acme/one)", ["hf:acme/one"]),
        ("python - <<EOF\nfrom x import y\ny.from_pretrained('acme/one')\nEOF", ["hf:acme/one"]),
        ("python -c \"import spacy; spacy.load('en_core_web_md')\"", ["catalogue:spacy/en_core_web_md"]),
        ("export EMBEDDING_MODEL=acme/one", ["hf:acme/one"]),
    ],
)
def test_programs(text, found):
    assert refs(read_shell, text, "a.sh") == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("M=acme/a\nhf download $M\nM=acme/b\nhf download $M\n", [(2, "hf:acme/a"), (4, "hf:acme/b")]),
        (
            "if x; then\n M=acme/a\nelse\n M=acme/b\nfi\nhf download $M\n",
            [(6, "hf:acme/a"), (6, "hf:acme/b")],
        ),
        ("if x; then M=acme/a; else M=acme/b; fi\nhf download $M\n", [(2, "hf:acme/a"), (2, "hf:acme/b")]),
        ('hf download "${1:-acme/a}"\n', [(1, "hf:acme/a")]),
        ("O=acme\nhf download ${O}/a\n", [(2, "hf:acme/a")]),
        ("for m in acme/a acme/b; do\n hf download $m\ndone\n", [(2, "hf:acme/a"), (2, "hf:acme/b")]),
        ("get() {\n  hf download $1\n}\nget acme/a\nget acme/b\n", [(2, "hf:acme/a"), (2, "hf:acme/b")]),
        ('function get {\n  local m="$1"\n  hf download "$m"\n}\nget acme/a\n', [(3, "hf:acme/a")]),
        ("get() { hf download $M; }\nM=acme/a\nget\n", [(1, "hf:acme/a")]),
        ("all() {\n one acme/a\n}\none() {\n hf download $1\n}\nall\n", []),
        ("one() {\n hf download $1\n}\nall() {\n one acme/a\n}\nall\n", [(2, "hf:acme/a")]),
    ],
)
def test_variables_and_functions(text, found):
    assert lines(read_shell, text, "a.sh") == found


@pytest.mark.parametrize(
    "text",
    [
        "hf download $MODEL",
        'hf download "$1"',
        "vllm serve $(cat name)",
        "get() {\n hf download $1\n}",
        "M=acme/a\nM=$(choose)\nvllm serve $M",
        "text-generation-launcher $@",
    ],
)
def test_what_cannot_be_followed_is_reported(text):
    assert not refs(read_shell, text, "a.sh")
    assert len(unresolved(read_shell, text, "a.sh")) == 1


def test_known_and_unknown_values_give_both():
    text = "if x; then\n M=acme/a\nelse\n M=$1\nfi\nhf download $M\n"
    assert refs(read_shell, text, "a.sh") == ["hf:acme/a"]


@pytest.mark.parametrize(
    "text",
    [
        "git clone https://github.com/acme/one.git",
        "docker pull nvidia/cuda:12.2.0-base",
        "docker run -v $PWD/models:/models python:3.11 bash",
        "pip install acme/one",
        "npx @acme/one --model ./x",
        "wget https://host.example/data.csv",
        "curl -s https://api.host.example/v1/models",
        "hf download acme/data --repo-type dataset",
        "cp src/main dist/main",
        "# hf download acme/one",
        "echo 'hf download acme/one'",
        "python train.py --output_dir runs/exp1 --date 2024/05 --ratio 1/2",
        "kubectl apply -f deploy/model.yaml",
        "terraform plan -var device_model=t4/large",
        "hf download --help",
    ],
)
def test_what_only_looks_like_a_model_is_none(text):
    found = read_shell(text.encode(), "a.sh", Role.RUNTIME)
    assert not found.uses
    assert not found.unresolved


@pytest.mark.parametrize("name", ["Makefile", "GNUmakefile", "rules.mk"])
def test_makefiles(name):
    text = (
        "MODEL ?= acme/one\nREV := v1\n\nget: deps\n\t@hf download $(MODEL) --revision $(REV)\n\n"
        "clean:\n\trm -rf out/x\n"
    )
    assert lines(read_shell, text, name)[-1] == (5, "hf:acme/one@v1")


def test_justfile():
    assert (
        refs(read_shell, 'model := "acme/one"\nget:\n  hf download {{model}}\n', "justfile")[-1]
        == "hf:acme/one"
    )


def test_a_pin_is_told_by_its_form():
    (use,) = read_shell(f"hf download acme/one --revision {COMMIT}".encode(), "a.sh", Role.RUNTIME).uses
    assert use.pin is Pin.EXACT
    (use,) = read_shell(b"hf download acme/one --revision $REV", "a.sh", Role.RUNTIME).uses
    assert use.pin is Pin.UNKNOWN
