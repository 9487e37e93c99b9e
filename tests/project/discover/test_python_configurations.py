"""Configurations that a project writes in Python, asked for one key."""

import pytest

from weigh.project.discover.python_configurations import held_under, is_telling_key


def held(source: str, path: str = "app/model.py", key: str = "encoder_name") -> list[object]:
    return [one.value for one in held_under(key, [(path, source.encode())])]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('configs = {"a": {"encoder_name": "one", "size": 1, "depth": 2}}', ["one"]),
        (
            'presets = [dict(encoder_name="one", a=1, b=2), dict(encoder_name="two", a=1, b=2)]',
            ["one", "two"],
        ),
        ('def default_config():\n    cfg = make()\n    cfg.encoder_name = "one"\n    return cfg', ["one"]),
        ('configs = {"a": {"encoder_name": name, "size": 1, "depth": 2}}', []),
        ('configs = {"encoder_name": "one"}', []),
        ('rows = {"encoder_name": "one", "size": 1, "depth": 2}', []),
        ('params = send(encoder_name="one", size=1, depth=2)', []),
        ("configs = {", []),
    ],
)
def test_only_mappings_of_settings_count(source: str, found: list[object]) -> None:
    assert held(source) == found


def test_the_name_of_the_file_says_it_as_well() -> None:
    source = 'rows = {"encoder_name": "one", "size": 1, "depth": 2}'
    assert held(source, "app/configs/base.py") == ["one"]


def test_the_place_of_the_literal_is_kept() -> None:
    (one,) = held_under("encoder_name", [("c/config.py", b'\nx = dict(a=1, b=2, encoder_name="one")')])
    assert one.spot is not None
    assert (one.spot.path, one.spot.line, one.how) == ("c/config.py", 2, ("configuration",))


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("encoder_name", True),
        ("backbone_name", True),
        ("model", False),
        ("image_size", False),
        ("output_model", False),
    ],
)
def test_which_keys_tell_enough(key: str, answer: bool) -> None:
    assert is_telling_key(key) is answer
