"""Arrays of shells, and archives that a variable says are a model's."""

import pytest

from weigh.core.usage import Role
from weigh.project.discover.shell import read_shell


def found(text: str, path: str = "run.sh") -> list[tuple[str, int]]:
    uses = read_shell(text.encode(), path, Role.RUNTIME).uses
    return [(use.ref, use.where.line if use.where else use.place.line) for use in uses]


@pytest.mark.parametrize(
    "loop",
    [
        'for name in "${names[@]}"; do',
        'for i in "${!names[@]}"; do\n  name=${names[$i]}',
        "for (( i=0; i<${#names[*]}; ++i)); do\n  name=${names[$i]}",
    ],
)
def test_every_item_of_an_array_reaches_the_flag(loop: str) -> None:
    text = f'names=("acme/one"  # the small one\n  acme/two)\n{loop}\n  eval.py --model "$name"\ndone\n'
    assert found(text) == [("hf:acme/one", 1), ("hf:acme/two", 2)]


def test_an_item_is_asked_by_its_number() -> None:
    assert found('ids=(acme/one)\nx --model "${ids[0]}"\n') == [("hf:acme/one", 1)]


def test_a_later_array_takes_the_place_of_an_earlier_one() -> None:
    assert found('n=(acme/one)\nn=(acme/two)\nfor m in "${n[@]}"; do x --model $m; done\n') == [
        ("hf:acme/two", 2)
    ]


def test_a_subshell_and_an_empty_array_are_no_items() -> None:
    assert found("(cd a; x --model acme/one)\ne=()\ny --model acme/two\n") == [
        ("hf:acme/one", 1),
        ("hf:acme/two", 3),
    ]


@pytest.mark.parametrize(
    ("text", "refs"),
    [
        ("MODEL=two\nwget https://host.example/$MODEL.tar.gz", ["https://host.example/two.tar.gz"]),
        ("NAME=two\nwget https://host.example/$NAME.tar.gz", []),
        ("MODEL=two\nwget https://host.example/$MODEL.txt", []),
    ],
)
def test_an_archive_with_the_name_of_a_model_in_it(text: str, refs: list[str]) -> None:
    assert [ref for ref, _ in found(text)] == refs
