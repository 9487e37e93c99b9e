"""Variables that a project's deployment files set."""

import pytest

from weigh.project.discover.deployed import Deployment, is_deployment


def given(path: str, text: str, name: str = "READER") -> list[tuple[str, int]]:
    deployment = Deployment({path: text.encode})
    return [(value, spot.line) for value, spot in deployment.values(name)]


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("Dockerfile", "FROM a\nENV READER=acme/x PORT=1", [("acme/x", 2)]),
        ("Dockerfile", "ENV PORT=1 READER=acme/x", [("acme/x", 1)]),
        ("Dockerfile", "ENV READER acme/x", [("acme/x", 1)]),
        ("Dockerfile", "RUN READER=acme/x", []),
        ("compose.yml", "      - READER=acme/x  # the model", [("acme/x", 1)]),
        ("compose.yml", "      READER: 'acme/x'", [("acme/x", 1)]),
        ("compose.yml", '      - "READER=acme/x"', [("acme/x", 1)]),
        ("compose.yml", "      - READER=${READER:-acme/x}", [("acme/x", 1)]),
        ("compose.yml", "      - READER=${READER}", []),
        ("compose.yml", "      reader: acme/x", []),
        (".env", "export READER=acme/x\nREADER=acme/y\nREADER=acme/x", [("acme/x", 1), ("acme/y", 2)]),
        (".env", "# READER=acme/x\nREADER=", []),
        (".env", "READER=two words", []),
    ],
)
def test_a_variable_and_its_line(path: str, text: str, value: list[tuple[str, int]]) -> None:
    assert given(path, text) == value


def test_only_some_values_of_one_variable_are_kept() -> None:
    assert len(given(".env", "\n".join(f"READER=acme/x{n}" for n in range(20)))) == 8


def test_what_cannot_be_read_gives_nothing() -> None:
    assert Deployment({".env": lambda: None}).values("READER") == []
    assert Deployment({".env": lambda: b"\xff\xfe\x00READER=a" * 3}).values("READER") == []
    assert Deployment({".env": lambda: b"READER=a" + b" " * 300_000}).values("READER") == []


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("Dockerfile.gpu", True),
        ("deploy/docker-compose.prod.yaml", True),
        (".env.local", True),
        ("env.example.full", True),
        ("settings.env", True),
        ("env.py", False),
        ("compose.py", False),
        ("README.md", False),
    ],
)
def test_which_files_are_deployment(path: str, answer: bool) -> None:
    assert is_deployment(path) is answer
