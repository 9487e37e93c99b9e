"""The sample report with everything the page can draw: pictures of every kind, sign-offs, many trials."""

from dataclasses import replace

import sample_report as sample
from sample_report import HOSTILE, MODEL, PREDICTOR, SAMPLE, UNPAIRED, digest, evidence, finding

from weigh.core.evidence import Envelope
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Direction, Measure, labelled
from weigh.core.outcome import Outcome, OutcomeKind
from weigh.core.picture import Picture, PictureKind
from weigh.core.report import Answer
from weigh.core.sign_off import CHECK
from weigh.core.verdict import Reason, VerdictKind

COMMAND = "weigh adopt minilm --data reviews --seed 0"


def share(name, value, n, direction=Direction.HIGHER, half=0.03, **labels):
    low, high = round(max(0.0, value - half), 4), round(min(1.0, value + half), 4)
    return Measure(
        name, value, "fraction", n, low, high, method="wilson", direction=direction, labels=labelled(**labels)
    )


def answer(question, piece, *pictures, i=0):
    return Answer(
        question,
        piece,
        Envelope("0.1.0", "linux-x86_64-2cpu", 1_795_000_100.0 + i, 1.5, i % 2 == 0),
        pictures,
    )


SLICE_PICTURE = Picture(
    PictureKind.DOTS, "accuracy", "Share of rows answered right, in each slice", row="slice", reference=0.74
)
ROBUSTNESS = evidence(
    "robustness",
    PREDICTOR,
    measures=tuple(
        share("accuracy", round(0.735 - drop * at, 4), 700, noise=noise, strength=str(at))
        for noise, drop in (("typos", 0.31), ("case", 0.02), ("dropped words", 0.19))
        for at in (0.0, 0.1, 0.2, 0.4)
    ),
)
CALIBRATION = evidence(
    "calibration",
    PREDICTOR,
    measures=(
        *(
            share("observed_frequency", seen, 90, half=0.08, test=test, confidence=str(at))
            for test, shift in (("movie", 0.0), ("tweets", -0.07))
            for at, seen in (
                (0.1, 0.14 + shift),
                (0.3, 0.34 + shift),
                (0.5, 0.5 + shift),
                (0.7, 0.64 + shift),
                (0.9, 0.83 + shift),
            )
        ),
        share("expected_calibration_error", 0.041, 1000, Direction.LOWER, 0.012, test="movie"),
    ),
)
EXPLANATION = evidence(
    "explanation",
    PREDICTOR,
    measures=tuple(
        Measure("influence", value, "fraction", 300, value - 0.02, value + 0.02, labels=labelled(word=word))
        for word, value in (
            ("awful", -0.21),
            ("great", 0.18),
            ("boring", -0.14),
            ("best", 0.11),
            ("plot", 0.01),
        )
    ),
)
FLIPS = evidence(
    "flips",
    PREDICTOR,
    measures=tuple(
        Measure("flips", float(n), "count", 700, labels=labelled(before=before, after=after))
        for before, after, n in (
            ("right", "right", 498),
            ("right", "wrong", 41),
            ("wrong", "right", 63),
            ("wrong", "wrong", 98),
        )
    ),
)
FAIRNESS = evidence(
    "fairness",
    PREDICTOR,
    Outcome(OutcomeKind.INCONCLUSIVE, "the smallest group has 48 rows", needs_n=310),
    findings=(finding("WGH-F001", Severity.HIGH, "sex=F", "equal_opportunity_difference 0.14 [0.02, 0.26]"),),
    measures=tuple(
        share("selection_rate", rate, n, half=0.06, attribute="sex", group=group)
        for group, rate, n in (("F", 0.41, 212), ("M", 0.55, 388), ("not said", 0.48, 48))
    ),
)
TRIALS = tuple(
    replace(
        sample.ACCURACY,
        check="trial",
        request=digest(f"trial {i}"),
        subject=replace(PREDICTOR, name=f"trial {i}"),
    )
    for i in range(6)
)
SIGNATURE = replace(
    evidence("sign-off"),
    findings=(
        Finding(
            "WGH-G001",
            Severity.INFO,
            Confidence.HIGH,
            "intended-use",
            "Ada Byron, product owner signed on 2026-11-20, until 2027-05-31: reviews of our own shop, no "
            "decision about a person",
            "a person answers for what no measurement can answer; it is attested, not measured",
            "sign again when the model, its use or the reason changes",
            ("deon E.4",),
        ),
    ),
    measures=(
        Measure("sign_off", 1.0, "count", 1, labels=labelled(question="intended-use", expires="2027-05-31")),
    ),
)

FULL = replace(
    SAMPLE,
    verdict=replace(
        SAMPLE.verdict,
        kind=VerdictKind.UNKNOWN,
        reasons=(
            *SAMPLE.verdict.reasons,
            Reason(
                "use-is-signed",
                VerdictKind.PASS,
                "'intended-use' is signed, until 2027-05-31",
                evidence=(SIGNATURE.digest,),
                sign_off="intended-use",
            ),
            Reason(
                "misuse-is-signed",
                VerdictKind.UNKNOWN,
                "nobody has signed 'misuse' for these bytes",
                sign_off="misuse",
            ),
            Reason(
                "a-way-back",
                VerdictKind.UNKNOWN,
                "the last sign-off of 'rollback' ended on 2026-10-01",
                required=False,
                sign_off="rollback",
            ),
        ),
    ),
    answers=(
        *(
            replace(a, pictures=(SLICE_PICTURE,)) if a.evidence.check == "slices" else a
            for a in SAMPLE.answers
        ),
        answer(
            "Does it hold when the input is noisy?",
            ROBUSTNESS,
            Picture(
                PictureKind.LINE,
                "accuracy",
                "Accuracy as the input gets worse",
                row="noise",
                column="strength",
                reference=0.585,
            ),
        ),
        answer(
            "Can its confidence be believed?",
            CALIBRATION,
            Picture(
                PictureKind.RELIABILITY,
                "observed_frequency",
                "How often it is right at each confidence",
                column="confidence",
                facet="test",
            ),
        ),
        answer(
            "Why does it answer so?",
            EXPLANATION,
            Picture(
                PictureKind.BARS, "influence", "Words that move the answer most", row="word", reference=0.0
            ),
            i=1,
        ),
        answer(
            "What changed since the last version?",
            FLIPS,
            Picture(PictureKind.MATRIX, "flips", "Answers before and after", row="before", column="after"),
            i=2,
        ),
        answer(
            "Does it treat groups of people alike?",
            FAIRNESS,
            Picture(
                PictureKind.DOTS,
                "selection_rate",
                "Share answered positive, in each group",
                row="group",
                facet="attribute",
            ),
            i=3,
        ),
        *(answer("How well does this way do?", trial, i=4 + i) for i, trial in enumerate(TRIALS)),
        answer(CHECK.question, SIGNATURE, i=11),
    ),
)

LONG = "ten thousand characters " * 420


def hostile():
    """The hostile sample, with pictures of every kind over hostile labels, and a hostile signature."""
    bad = sample.hostile()
    worst = (
        HOSTILE,
        HOSTILE + "2",
        LONG,
        "\u05e9\u05dc\u05d5\u05dd",
        "<svg onload=alert(1)>",
        "${7*7} {{7*7}} datum['x']",
    )
    measures = tuple(
        share("accuracy", 0.1 + 0.1 * i, 50, where=name, at=str(0.15 * i), also=HOSTILE)
        for i, name in enumerate(worst)
    )
    pictures = tuple(
        Picture(
            kind,
            "accuracy",
            HOSTILE,
            row="where",
            column="also" if kind is PictureKind.MATRIX else "at",
            facet=facet,
        )
        for kind in PictureKind
        for facet in ("", "also")
    )
    piece = evidence(HOSTILE, replace(MODEL, name=UNPAIRED), measures=measures)
    signature = replace(
        SIGNATURE,
        measures=(replace(SIGNATURE.measures[0], labels=labelled(question=HOSTILE, expires=HOSTILE)),),
        findings=(replace(SIGNATURE.findings[0], message=HOSTILE),),
    )
    waits = Reason(HOSTILE, VerdictKind.UNKNOWN, f"nobody has signed 'misuse' {HOSTILE}", sign_off="misuse")
    return replace(
        bad,
        verdict=replace(bad.verdict, reasons=(*bad.verdict.reasons, waits)),
        answers=(*bad.answers, answer(HOSTILE, piece, *pictures), answer(HOSTILE, signature)),
    )


assert MODEL.digest == FULL.model.digest
