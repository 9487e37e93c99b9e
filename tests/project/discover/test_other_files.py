"""The readers of what is not Python: what each must find, and what it must leave alone."""

import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.usage import Certainty, Pin, Role
from weigh.project.discover.configuration import read_configuration
from weigh.project.discover.dockerfile import read_dockerfile
from weigh.project.discover.javascript import read_javascript
from weigh.project.discover.model_names import is_hub_id, ref_of_url
from weigh.project.discover.ollama_modelfile import read_ollama_modelfile
from weigh.project.discover.requirements import read_requirements
from weigh.project.discover.shell import read_shell
from weigh.project.discover.weight_files import read_weight_files

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def _found(read, text, path):
    return [(u.place.line, u.ref) for u in read(text.encode(), path, Role.RUNTIME).uses]


@pytest.mark.parametrize(
    "text",
    [
        "application/json",
        "Europe/Berlin",
        "1/2",
        "2020/01",
        "src/main",
        "data/a.csv",
        "actions/checkout",
        "and/or",
    ],
)
def test_what_only_looks_like_an_id_is_none(text):
    assert not is_hub_id(text)
    assert not _found(read_configuration, f"model: {text}\n", "c.yaml")


def test_addresses_of_hubs_become_their_own_refs():
    assert ref_of_url("https://huggingface.co/a/b/resolve/main/c.bin") == "hf:a/b@main#c.bin"
    assert ref_of_url("https://tfhub.dev/g/x/1") == "tfhub:https://tfhub.dev/g/x/1"


def test_shell_follows_variables_and_says_what_it_cannot():
    text = (
        'MODEL=${1:-"acme/enc"}\n'
        f'hf download "$MODEL" --revision {COMMIT}\n'
        "for m in llama3:8b mistral; do ollama pull $m; done\n"
        'vllm serve "$UNKNOWN"\n'
        "python run.py --model_name_or_path bert-base-uncased --output_dir out/x\n"
    )
    uses = read_shell(text.encode(), "a.sh", Role.RUNTIME)
    assert [(u.place.line, u.ref) for u in uses.uses] == [
        (2, f"hf:acme/enc@{COMMIT}"),
        (3, "oci:registry.ollama.ai/library/llama3:8b"),
        (3, "oci:registry.ollama.ai/library/mistral"),
        (5, "hf:bert-base-uncased"),
    ]
    assert uses.uses[0].pin is Pin.EXACT
    assert uses.uses[0].where.line == 1
    assert [row.place.line for row in uses.unresolved] == [4]


def test_dockerfile_reads_variables_commands_and_copies():
    text = (
        "FROM vllm/vllm-openai:v0.5\nARG ID=acme/enc\nENV EMBEDDING_MODEL=all-MiniLM-L6-v2\n"
        "RUN pip install x && \\\n    hf download ${ID}\nCOPY w/best.pt /x/\nCOPY a.txt /x/\n"
        'CMD ["--model", "acme/llm"]\n'
    )
    assert _found(read_dockerfile, text, "Dockerfile") == [
        (3, "hf:sentence-transformers/all-MiniLM-L6-v2"),
        (5, "hf:acme/enc"),
        (6, "file:w/best.pt"),
        (8, "hf:acme/llm"),
    ]


def test_compose_workflow_and_kubernetes_are_told_by_their_content():
    compose = "services:\n  a:\n    image: bitnami/nginx\n    environment:\n      - LLM_MODEL=gpt-4o\n"
    assert _found(read_configuration, compose, "compose.yml") == [(5, "endpoint:openai/gpt-4o")]
    flow = (
        "jobs:\n  a:\n    strategy: {matrix: {m: [gpt2, acme/tiny]}}\n    steps:\n"
        "      - uses: actions/checkout@v4\n"
        "      - run: hf download ${{ matrix.m }}\n"
    )
    assert _found(read_configuration, flow, "ci.yml") == [(6, "hf:acme/tiny"), (6, "hf:gpt2")]
    pod = (
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: vllm/vllm-openai\n"
        '      args: ["--model", "acme/llm"]\n'
    )
    assert _found(read_configuration, pod, "k.yaml") == [(6, "hf:acme/llm")]


def test_configuration_takes_the_revision_beside_the_name():
    text = "model:\n  name: acme/nine\n  revision: v2\nimage: nvidia/cuda\ndataset: acme/data\n"
    (use,) = read_configuration(text.encode(), "c.yaml", Role.RUNTIME).uses
    assert (use.ref, use.pin, use.certainty) == ("hf:acme/nine@v2", Pin.TAG, Certainty.KEY)


def test_javascript_follows_constants_fields_and_wrappers():
    text = (
        'import { pipeline, AutoModel } from "@huggingface/transformers";\n'
        'const M = { a: "acme/one" };\n'
        'class P { static model = "acme/two"; get() { return pipeline("x", this.model); } }\n'
        'pipeline("summarization");\n'
        'AutoModel.from_pretrained(M[k], { revision: "v1" });\n'
        "async function load(id) { return AutoModel.from_pretrained(id); }\n"
        'load("acme/three");\n'
        "AutoModel.from_pretrained(other.thing);\n"
        'if (x === "gpt-4o") {}\n'
    )
    uses = read_javascript(text.encode(), "a.js", Role.RUNTIME)
    assert [(u.place.line, u.ref) for u in uses.uses] == [
        (3, "hf:acme/two"),
        (4, "hf:Xenova/distilbart-cnn-6-6"),
        (5, "hf:acme/one@v1"),
        (6, "hf:acme/three"),
    ]
    assert [row.place.line for row in uses.unresolved] == [8]


def test_javascript_that_calls_itself_ends():
    text = 'import "@xenova/transformers";\nfunction f(m, n) { g(n, m); from_pretrained(m); }\n' + (
        "function g(m, n) { f(n + m, m); f(m, n + n); g(m + n, n); }\n" * 20
    )
    assert not read_javascript(text.encode(), "a.js", Role.RUNTIME).uses


def test_packages_modelfiles_and_weights():
    assert _found(read_requirements, "torch==2\nen_core_web_sm==3.7.0\n", "requirements.txt") == [
        (2, "pypi:en-core-web-sm==3.7.0")
    ]
    assert _found(read_ollama_modelfile, "FROM llama3:8b\nADAPTER ./a.gguf\n", "Modelfile") == [
        (1, "oci:registry.ollama.ai/library/llama3:8b"),
        (2, "file:a.gguf"),
    ]
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12\n"
    assert _found(read_weight_files, pointer, "w/a.pt") == [(1, "file:w/a.pt")]


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("ab/:-{}[]()\"'`$\\\n #|<>=,model.!&*~")), max_size=200))
def test_no_text_makes_a_reader_fail(text):
    for read, path in (
        (read_shell, "a.sh"),
        (read_dockerfile, "Dockerfile"),
        (read_javascript, "a.ts"),
        (read_configuration, "a.yaml"),
        (read_configuration, "a.json"),
        (read_configuration, "a.toml"),
        (read_requirements, "requirements.txt"),
    ):
        read((text + "\nmodel").encode(), path, Role.RUNTIME)
