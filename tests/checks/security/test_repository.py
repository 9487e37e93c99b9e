import hostile_repository as hostile
import pytest

from weigh.checks.security.repository import repository_findings
from weigh.checks.security.repository_names import imitated, name_findings
from weigh.checks.security.repository_stale import stale_findings


def rules_of(view):
    return {f.rule for f in repository_findings(view)}


@pytest.mark.parametrize("name", hostile.CASES)
def test_every_planted_repository_gives_its_rule(view_of, name):
    files, rule = hostile.CASES[name]
    findings = [f for f in repository_findings(view_of(files)) if f.rule == rule]
    assert findings
    assert all(f.why and f.action and f.message for f in findings)


def test_a_pointer_under_the_name_of_weights_is_told_by_its_bytes(view_of):
    files = {"model.safetensors": hostile.POINTER, "model.bin": hostile.POINTER}
    found = repository_findings(view_of(files), lambda path, at, size: files[path][at : at + size])
    assert sorted(f.where for f in found if f.rule == "WGH-RP004") == ["model.bin", "model.safetensors"]


@pytest.mark.parametrize("name", hostile.SOUND)
def test_an_honest_repository_gives_no_finding(view_of, name):
    assert rules_of(view_of(hostile.SOUND[name])) == set()


def stale(view_of, files):
    facts = view_of(files).all_facts()
    return [f.where for f in stale_findings(facts, lambda path, at, size: files[path][at : at + size])]


def test_the_sibling_with_other_weights_is_named(view_of):
    assert stale(view_of, hostile.STALE) == ["model_half.safetensors"]


def test_siblings_that_agree_are_not(view_of):
    files = dict(list(hostile.STALE.items())[:2])
    assert stale(view_of, files) == []
    assert stale(view_of, hostile.SOUND["two-models"]) == []


def test_two_files_of_one_stem_must_agree(view_of):
    files = {"a/model.safetensors": hostile.weights(1), "a/model.st.safetensors": hostile.weights(2)}
    assert stale(view_of, files) == []
    files = {"model.safetensors": hostile.weights(1), "model.bak": hostile.weights(2)}
    assert stale(view_of, files) == ["model.bak", "model.safetensors"]


def test_small_tensors_prove_nothing(view_of):
    small = {
        name: hostile.weights(seed, size=8)
        for name, seed in (("a.safetensors", 1), ("b.safetensors", 1), ("c.safetensors", 2))
    }
    assert stale(view_of, small) == []


@pytest.mark.parametrize(("owner", "name", "version"), hostile.NAMES_IMITATING)
def test_an_imitated_name_is_found(owner, name, version):
    assert [f.rule for f in name_findings(owner, name, version)] == ["WGH-RP009"]
    assert imitated(owner, name)


@pytest.mark.parametrize(("owner", "name", "version"), hostile.NAMES_PLACEHOLDER)
def test_a_placeholder_version_is_found(owner, name, version):
    assert "WGH-RP010" in {f.rule for f in name_findings(owner, name, version)}


@pytest.mark.parametrize(("owner", "name", "version"), hostile.NAMES_SOUND)
def test_honest_names_are_left_alone(owner, name, version):
    assert list(name_findings(owner, name, version)) == []


MOMENTS = [
    ("best.pt", "last.pt", "epoch_10.pt"),
    ("model.safetensors", "pytorch_model.bin", "checkpoint-500/model.safetensors"),
    ("model.safetensors", "model.bin", "model.ema.safetensors"),
    ("one/model.safetensors", "two/model.safetensors", "three/model.safetensors"),
]


@pytest.mark.parametrize("names", MOMENTS)
def test_moments_of_a_training_and_models_apart_hold_their_own_weights(view_of, names):
    assert stale(view_of, dict(zip(names, map(hostile.weights, (1, 1, 2)), strict=True))) == []


def test_an_export_in_a_folder_below_is_a_sibling(view_of):
    names = ("model.safetensors", "copy.safetensors", "onnx/model.safetensors")
    files = dict(zip(names, map(hostile.weights, (1, 1, 2)), strict=True))
    assert stale(view_of, files) == ["onnx/model.safetensors"]
