"""Scripts: every way in which a name reaches a call, and what is no model's name."""

import pytest
from tests.project.discover.told import lines, refs, unresolved

from weigh.core.usage import Certainty, Pin, Role
from weigh.project.discover.javascript import read_javascript

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FRONT = 'import { pipeline, AutoModel, AutoTokenizer } from "@huggingface/transformers";\n'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('pipeline("summarization", "acme/one")', ["hf:acme/one"]),
        ('const A = "acme/one"; AutoModel.from_pretrained(A)', ["hf:acme/one"]),
        ('const A = { b: { c: "acme/one" } }; AutoModel.from_pretrained(A.b.c)', ["hf:acme/one"]),
        ('const A = { "x-y": "acme/one" }; AutoModel.from_pretrained(A["x-y"])', ["hf:acme/one"]),
        (
            'const A = { b: "acme/one", c: "acme/two" }; AutoModel.from_pretrained(A[k])',
            ["hf:acme/one", "hf:acme/two"],
        ),
        ('const o = "acme"; AutoModel.from_pretrained(`${o}/one`)', ["hf:acme/one"]),
        ('const o = "acme"; AutoModel.from_pretrained(o + "/one")', ["hf:acme/one"]),
        ('AutoModel.from_pretrained(process.env.MODEL || "acme/one")', ["hf:acme/one"]),
        ('AutoModel.from_pretrained(import.meta.env.VITE_MODEL ?? "acme/one")', ["hf:acme/one"]),
        ('AutoModel.from_pretrained(fast ? "acme/one" : "acme/two")', ["hf:acme/one", "hf:acme/two"]),
        ('enum M { A = "acme/one" } AutoModel.from_pretrained(M.A)', ["hf:acme/one"]),
        ('class P { static id = "acme/one"; run() { return pipeline("ner", P.id); } }', ["hf:acme/one"]),
        (
            (
                "class P { constructor(id) { this.id = id; } f() { AutoModel.from_pretrained(this.id); } }\n"
                'new P("acme/one")'
            ),
            ["hf:acme/one"],
        ),
        (
            (
                "class P { constructor(private id: string) {} f() { AutoModel.from_pretrained(this.id) } }\n"
                'new P("acme/one")'
            ),
            ["hf:acme/one"],
        ),
        ('function f(id = "acme/one") { AutoModel.from_pretrained(id); }', ["hf:acme/one"]),
        (
            'const f = async ({ id = "acme/one" }) => { await AutoModel.from_pretrained(id); }',
            ["hf:acme/one"],
        ),
        ('const f = ({ id }) => AutoModel.from_pretrained(id);\nf({ id: "acme/one" })', ["hf:acme/one"]),
        ('const f = id => AutoModel.from_pretrained(id); f("acme/one")', ["hf:acme/one"]),
        (
            'for (const id of ["acme/one", "acme/two"]) { AutoModel.from_pretrained(id); }',
            ["hf:acme/one", "hf:acme/two"],
        ),
        (
            'const A: Record<string, string> = { a: "acme/one" } as const; AutoModel.from_pretrained(A.a!)',
            ["hf:acme/one"],
        ),
        ('const A = Object.freeze({ a: "acme/one" }); AutoModel.from_pretrained(A.a)', ["hf:acme/one"]),
        ('pipeline("ner", null, { device: "gpu" })', ["hf:Xenova/bert-base-multilingual-cased-ner-hrl"]),
    ],
)
def test_a_name_is_followed_to_the_call(text, found):
    uses = read_javascript((FRONT + text).encode(), "a.ts", Role.RUNTIME)
    assert [use.ref for use in uses.uses if use.certainty is Certainty.CALL] == found
    assert not uses.unresolved


@pytest.mark.parametrize(
    "text",
    [
        "AutoModel.from_pretrained(settings.model)",
        "AutoModel.from_pretrained(await choose())",
        "AutoModel.from_pretrained(process.env.MODEL)",
        "pipeline(task)",
        "const model = null; pipeline('ner', model)",
        "function f(id) { return AutoModel.from_pretrained(id); }",
        "const session = await ort.InferenceSession.create(buffer)",
        "tf.loadGraphModel(address)",
    ],
)
def test_a_call_that_cannot_be_followed_is_reported(text):
    assert not refs(read_javascript, FRONT + text, "a.js")
    assert unresolved(read_javascript, FRONT + text, "a.js") == [2]


@pytest.mark.parametrize(
    "text",
    [
        'AutoModel.from_pretrained(fast ? "acme/one" : other)',
        'AutoModel.from_pretrained(given || "acme/one")',
        'function f(id) { return AutoModel.from_pretrained(id); } f("acme/one"); f(location.hash)',
        'const A = { a: "acme/one", b: chosen() }; AutoModel.from_pretrained(A[k])',
        'let id = "acme/one"; id = location.hash; AutoModel.from_pretrained(id)',
    ],
)
def test_known_and_unknown_values_give_both(text):
    assert refs(read_javascript, FRONT + text, "a.js") == ["hf:acme/one"]
    (row,) = read_javascript((FRONT + text).encode(), "a.js", Role.RUNTIME).unresolved
    assert row.why == "only some of its values are in this project"


def test_what_is_partly_known_is_said():
    text = FRONT + "AutoModel.from_pretrained(`acme/${size}`)"
    (row,) = read_javascript(text.encode(), "a.js", Role.RUNTIME).unresolved
    assert row.partial == "acme/{}"


def test_a_declaration_holds_in_its_block_only():
    text = FRONT + (
        'test(() => { const id = "acme/one"; AutoModel.from_pretrained(id); });\n'
        'test(() => { const id = "acme/two"; AutoModel.from_pretrained(id); });\n'
    )
    assert lines(read_javascript, text, "a.js") == [(2, "hf:acme/one"), (3, "hf:acme/two")]


def test_no_import_is_needed_where_the_call_says_enough():
    text = (
        'const p = await transformers.pipeline("ner", chosen);\nlib.pipeline("sentiment-analysis", pick());\n'
    )
    assert unresolved(read_javascript, text, "a.js") == [1, 2]


@pytest.mark.parametrize(
    "text",
    [
        'import { pipeline } from "node:stream/promises";\nawait pipeline(source, model, sink);',
        "const model = new Model(a); model.save('acme/one');",
        'if (id === "gpt-4o") { use(model); }',
        'import model from "acme/model";',
        'const type = "application/json", zone = "Europe/Berlin", half = "1/2", day = "2024/05"; model()',
        'const model = { path: "src/models/user.js" };',
        '<a href="https://huggingface.co/acme/one">model</a>',
        'fetch("https://api.acme.dev/v1/models");',
        "static async from_pretrained(model_id) { return new this(model_id); }",
        'router.get("models/list", handler);',
    ],
)
def test_what_only_looks_like_a_model_is_none(text):
    found = read_javascript(text.encode(), "a.js", Role.RUNTIME)
    assert not found.uses
    assert not found.unresolved


def test_the_model_of_a_task_depends_on_the_version():
    bare = 'import { pipeline } from "@huggingface/transformers"; pipeline("text-generation")'
    assert refs(read_javascript, bare, "a.js") == ["hf:Xenova/gpt2", "hf:onnx-community/Qwen3-0.6B-ONNX"]
    old = 'import { pipeline } from "@xenova/transformers"; pipeline("text-generation")'
    assert refs(read_javascript, old, "a.js") == ["hf:Xenova/gpt2"]
    new = 'import { pipeline } from "npm:@huggingface/transformers@4.1.0"; pipeline("fill-mask")'
    assert refs(read_javascript, new, "a.js") == ["hf:onnx-community/ettin-encoder-32m-ONNX"]


def test_the_revision_is_the_pin():
    text = FRONT + f'AutoModel.from_pretrained("acme/one", {{ revision: "{COMMIT}" }});'
    (use,) = read_javascript(text.encode(), "a.js", Role.RUNTIME).uses
    assert (use.ref, use.pin) == (f"hf:acme/one@{COMMIT}", Pin.EXACT)
    unknown = FRONT + 'AutoModel.from_pretrained("acme/one", { revision: pick() });'
    (use,) = read_javascript(unknown.encode(), "a.js", Role.RUNTIME).uses
    assert (use.ref, use.pin) == ("hf:acme/one", Pin.UNKNOWN)


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        (
            'tf.loadGraphModel("https://tfhub.dev/g/x/1", { fromTFHub: true })',
            "tfhub:https://tfhub.dev/g/x/1",
        ),
        ('tf.loadLayersModel("./m/model.json")', "file:m/model.json"),
        ('ort.InferenceSession.create("./m.onnx")', "file:m.onnx"),
        ('faceapi.nets.ssdMobilenetv1.loadFromUri("/models")', "file:models"),
        ('import * as m from "@tensorflow-models/mobilenet";', "npm:@tensorflow-models/mobilenet"),
        (
            'CreateMLCEngine("Llama-3.1-8B-Instruct-q4f32_1-MLC")',
            "hf:mlc-ai/Llama-3.1-8B-Instruct-q4f32_1-MLC",
        ),
        ('ollama.chat({ model: "llama3:8b" })', "oci:registry.ollama.ai/library/llama3:8b"),
        ('client.chat.completions.create({ model: "gpt-4o", messages })', "endpoint:openai/gpt-4o"),
        (
            'client.messages.create({ model: "claude-3-5-sonnet-20241022" })',
            "endpoint:anthropic/claude-3-5-sonnet-20241022",
        ),
        (
            'import { downloadFile } from "@huggingface/hub"; downloadFile({ repo: "acme/one", path: "a" })',
            "hf:acme/one#a",
        ),
        (
            'import { InferenceClient } from "@huggingface/inference"; c.request({ model: "acme/one" })',
            "endpoint:huggingface/acme/one",
        ),
        (
            'import { InferenceClient } from "@huggingface/inference"; c.fillMask({ model: "acme/one" })',
            "endpoint:huggingface/acme/one",
        ),
        ('import { openai } from "@ai-sdk/openai"; f({ model: openai("gpt-4o") })', "endpoint:openai/gpt-4o"),
        (
            'import { huggingface as hf } from "@ai-sdk/huggingface"; f({ model: hf("acme/one") })',
            "endpoint:huggingface/acme/one",
        ),
        (
            'import { createGroq } from "@ai-sdk/groq"; const g = createGroq({ apiKey }); f(g("llama-x"))',
            "endpoint:groq/llama-x",
        ),
        ('new ChatOpenAI({ modelName: "gpt-4o-mini" })', "endpoint:openai/gpt-4o-mini"),
        ('new ChatOllama({ model: "mistral" })', "oci:registry.ollama.ai/library/mistral"),
    ],
)
def test_other_libraries(text, ref):
    assert refs(read_javascript, text, "a.ts") == [ref]


def test_components_and_pages_are_read_at_their_own_lines():
    body = FRONT.strip() + '\npipeline("ner", "acme/one");\n'
    assert lines(read_javascript, f"<template>\n<p/>\n</template>\n<script>\n{body}</script>", "a.vue") == [
        (6, "hf:acme/one")
    ]
    assert lines(read_javascript, f"---\n{body}---\n<p/>", "a.astro") == [(3, "hf:acme/one")]


def test_minified_scripts_are_left_out_with_a_reason():
    data = (FRONT + "a;" * 20_000).encode()
    assert [row.why for row in read_javascript(data, "a.js", Role.RUNTIME).unread]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('const run = usePipeline("feature-extraction", "acme/one");', ["hf:acme/one"]),
        ('const run = usePipeline("build", "acme/one");', []),
        ('const run = usePipeline("feature-extraction", "acme one");', []),
        ('const s = new Supabase.ai.Session("gte-small");', ["hf:Supabase/gte-small"]),
        ('import {} from "langchain"; new OpenAIEmbeddings()', ["endpoint:openai/text-embedding-ada-002"]),
        (
            'import {} from "langchain"; new OpenAIEmbeddings({ apiKey })',
            ["endpoint:openai/text-embedding-ada-002"],
        ),
        (
            'import {} from "langchain"; new OpenAIEmbeddings({ model: "text-embedding-3-small" })',
            ["endpoint:openai/text-embedding-3-small"],
        ),
        ('import {} from "langchain"; new OpenAIEmbeddings({ ...options })', []),
        ('import {} from "elsewhere"; new OpenAIEmbeddings()', []),
    ],
)
def test_wrappers_and_defaults_of_others(text, found):
    assert refs(read_javascript, text, "a.ts") == found


def test_names_that_all_depend_on_each_other_end():
    rows = [f"v{a} = v{b};" for a in range(14) for b in range(14) if a != b]
    text = "\n".join([*rows, 'pipeline("fill-mask", v0.model.name);'])
    assert unresolved(read_javascript, text, "a.js") == [len(rows) + 1]
