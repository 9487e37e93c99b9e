"""A hand-made report: everything a report can hold, once, and its hostile twin."""

import hashlib
from dataclasses import replace

from weigh.core.cost import Cost
from weigh.core.errors import ExitCode
from weigh.core.evidence import Artifact, Envelope, Evidence
from weigh.core.facts import Basis, Fact
from weigh.core.finding import Confidence, Finding, Severity
from weigh.core.measure import Direction, Measure, labelled
from weigh.core.outcome import ANSWERED, Outcome, OutcomeKind
from weigh.core.recommendation import (
    ArmKind,
    ArmResult,
    Comparison,
    CurvePoint,
    Decision,
    LabelsWorth,
    Recommendation,
    Statement,
)
from weigh.core.report import SCHEMA, Answer, DataSummary, ModelSummary, NextCommand, Report, StepLine
from weigh.core.subject import Subject, SubjectKind
from weigh.core.verdict import Reason, Verdict, VerdictKind

TESTS = (("movie", 1000), ("amazon", 700), ("tweets", 700), ("nyt", 700))
SCORES = {
    "probe": (0.735, 0.771, 0.724, 0.729),
    "tfidf-linear": (0.720, 0.621, 0.569, 0.600),
    "majority": (0.504, 0.569, 0.660, 0.606),
}
SIZES = (125, 250, 500, 1000, 2000)
CURVES = {
    "probe": (0.641, 0.682, 0.708, 0.727, 0.740),
    "tfidf-linear": (0.541, 0.562, 0.588, 0.609, 0.628),
    "majority": (0.585, 0.585, 0.585, 0.585, 0.585),
}


def digest(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def accuracy(value, n, **labels):
    half = 1.96 * (value * (1 - value) / n) ** 0.5
    return Measure(
        "accuracy",
        value,
        "fraction",
        n,
        round(value - half, 4),
        round(value + half, 4),
        method="wilson",
        direction=Direction.HIGHER,
        labels=labelled(**labels),
    )


MODEL = Subject(SubjectKind.MODEL, digest("model"), "minilm")
PREDICTOR = Subject(SubjectKind.PREDICTOR, digest("predictor"), "minilm + probe")


def evidence(check, subject=MODEL, outcome=ANSWERED, findings=(), measures=(), artifacts=()):
    return Evidence(digest(f"request of {check}"), check, subject, outcome, findings, measures, artifacts)


def finding(rule, severity, where, message):
    return Finding(
        rule,
        severity,
        Confidence.HIGH,
        where,
        message,
        "what was not looked at cannot be called clean",
        "leave the file out, or accept it by name",
        ("CWE-20",),
    )


def reading(name, value, unit, n=200, low=None, high=None):
    return Measure(name, value, unit, n, low, high, direction=Direction.LOWER, observed=True)


SECURITY = evidence(
    "security",
    findings=(finding("WGH-U001", Severity.LOW, "README.md", "the card was read as text only"),),
    measures=tuple(
        Measure("files", v, "count", 6, labels=labelled(word=w)) for w, v in (("clean", 5), ("review", 1))
    ),
)
COMPATIBILITY = evidence(
    "compatibility",
    measures=(
        Measure("onnx_opset", 14.0, "count", 1, labels=labelled(file="model.onnx")),
        reading("load_seconds", 0.41, "s", 3, 0.38, 0.47),
        reading("peak_bytes", 212_000_000, "bytes", 1),
        reading("latency_p50", 2.4, "ms", 200, 2.3, 2.5),
        reading("latency_p95", 6.0, "ms", 200, 5.7, 6.6),
        reading("throughput", 376.0, "texts/s", 3000),
    ),
)
ACCURACY = evidence(
    "accuracy",
    PREDICTOR,
    measures=tuple(accuracy(v, n, test=t) for (t, n), v in zip(TESTS, SCORES["probe"], strict=True)),
    artifacts=(Artifact("predictions", digest("predictions").removeprefix("sha256:"), 48_120),),
)
SLICES = evidence(
    "slices",
    PREDICTOR,
    findings=(
        finding(
            "WGH-L001",
            Severity.MEDIUM,
            "country=IN",
            "accuracy 0.684 is worse than the rest (Holm p=0.003, n=212)",
        ),
    ),
    measures=(
        accuracy(0.684, 212, column="country", slice="IN"),
        accuracy(0.751, 812, column="country", slice="US"),
        accuracy(0.744, 655, column="country", slice="GB"),
        accuracy(0.733, 388, column="length", slice="under 5 words"),
        Measure(
            "gap", -0.062, "fraction", 212, -0.104, -0.021, labels=labelled(column="country", slice="IN")
        ),
        Measure("p_value", 0.003, "fraction", 212, labels=labelled(column="country", slice="IN")),
    ),
)
LEAKAGE = evidence(
    "leakage",
    Subject(SubjectKind.DATASET, digest("data"), "reviews"),
    outcome=Outcome(OutcomeKind.INCONCLUSIVE, "too few non-members", needs_n=1000),
)
EXPLAIN = evidence("explanation", PREDICTOR, Outcome(OutcomeKind.NOT_RUN, "needs gradients", extra="torch"))


def _envelope(i, *, fresh=True):
    return Envelope("0.1.0", "linux-x86_64-2cpu", 1_795_000_000.0 + i, 0.5 + i, fresh)


ANSWERS = (
    Answer("Does loading this model do more than it says?", SECURITY, _envelope(0)),
    Answer("Will it run here, and how fast?", COMPATIBILITY, _envelope(1)),
    Answer("Does it work on my data?", ACCURACY, _envelope(2)),
    Answer("Does it work on all of my data?", SLICES, _envelope(3)),
    Answer("Does it give away what it was trained on?", LEAKAGE, _envelope(4, fresh=False)),
    Answer("Why does it answer so?", EXPLAIN, _envelope(5)),
)

_TITLES = {
    "probe": ("Frozen model with a linear head", ArmKind.MODEL),
    "tfidf-linear": ("Word counts with a linear model, from scratch", ArmKind.SCRATCH),
    "majority": ("Always the most frequent class", ArmKind.CONSTANT),
}
_COSTS = {
    "probe": Cost(2000, 4_100_000_000, 12.4, 2.4, 212_000_000, 22_900_000),
    "tfidf-linear": Cost(2000, 61_000_000, 1.8, 0.11, 96_000_000, 640_000),
    "majority": Cost(2000, 2000, 0.0004, 0.0002, 0, 120),
}


def arm(name):
    title, kind = _TITLES[name]
    tests = tuple(accuracy(v, n, test=t) for (t, n), v in zip(TESTS, SCORES[name], strict=True))
    mean = sum(SCORES[name]) / len(TESTS)
    return ArmResult(
        name,
        title,
        kind,
        predictor=digest(f"predictor {name}"),
        score=accuracy(round(mean, 4), 3100, arm=name),
        tests=tests,
        cost=_COSTS[name],
        evidence=ACCURACY.digest if name == "probe" else digest(f"evidence {name}"),
    )


def difference(value, low, high, n):
    return Measure("accuracy_difference", value, "fraction", n, low, high, method="paired-bootstrap")


RECOMMENDATION = Recommendation(
    decision=Decision.ADOPT_WITH_PROBE,
    arm="probe",
    runner_up="tfidf-linear",
    detectable=True,
    metric="accuracy",
    objective="mean accuracy over movie, amazon, tweets and nyt",
    because=(
        "the probe beats training from scratch by 0.112 [0.091, 0.134] on the mean of four test sets "
        "(Holm p<0.001)"
    ),
    arms=(
        arm("probe"),
        arm("tfidf-linear"),
        arm("majority"),
        ArmResult("as-is", "The model as it is", ArmKind.MODEL, not_run="the model has no labels of its own"),
    ),
    comparisons=(
        Comparison("probe", "tfidf-linear", "objective", difference(0.112, 0.091, 0.134, 3100), 0.0004),
        Comparison("probe", "tfidf-linear", "movie", difference(0.015, -0.021, 0.051, 1000), 0.41),
        Comparison("probe", "majority", "objective", difference(0.155, 0.128, 0.181, 3100), 0.0004),
    ),
    curves=tuple(
        CurvePoint(name, "objective", rows, accuracy(value, 3100, arm=name))
        for name, values in CURVES.items()
        for rows, value in zip(SIZES, values, strict=True)
    )
    + tuple(
        CurvePoint(name, "movie", rows, accuracy(round(value + 0.01, 4), 1000, arm=name))
        for name, values in CURVES.items()
        for rows, value in zip(SIZES, values, strict=True)
    ),
    worth=LabelsWorth(3900, 4600, 5700, 0, "tfidf-linear", 2000),
    would_change=(
        "only movie reviews matter to you: in domain no difference can be detected",
        "about 4,600 labels of your own: training from scratch would then be as good",
    ),
)

VERDICT = Verdict(
    VerdictKind.PASS,
    "team",
    digest("policy"),
    (
        Reason(
            "loading-runs-no-code",
            VerdictKind.PASS,
            "security: nothing worse than medium, 1 tolerated",
            evidence=(SECURITY.digest,),
        ),
        Reason("runs-here", VerdictKind.PASS, "compatibility was answered", evidence=(COMPATIBILITY.digest,)),
        Reason(
            "works-on-my-data",
            VerdictKind.PASS,
            "accuracy test=nyt 0.729 [0.696, 0.762] n=700 is at least 0.6 (and 1 more)",
            evidence=(ACCURACY.digest,),
            children=(
                Reason(
                    "works-on-my-data",
                    VerdictKind.PASS,
                    "accuracy test=movie 0.735 [0.708, 0.762] n=1000 is at least 0.6",
                    evidence=(ACCURACY.digest,),
                ),
                Reason(
                    "works-on-my-data",
                    VerdictKind.PASS,
                    "accuracy test=nyt 0.729 [0.696, 0.762] n=700 is at least 0.6",
                    evidence=(ACCURACY.digest,),
                ),
            ),
        ),
        Reason(
            "no-leak",
            VerdictKind.UNKNOWN,
            "leakage: inconclusive, too few non-members (needs n=1000)",
            required=False,
            evidence=(LEAKAGE.digest,),
        ),
        Reason(
            "explained",
            VerdictKind.UNKNOWN,
            "explanation: not run, needs gradients",
            required=False,
            evidence=(EXPLAIN.digest,),
        ),
    ),
)

SAMPLE = Report(
    schema=SCHEMA,
    tool="0.1.0",
    title="Adopt minilm for reviews?",
    model=ModelSummary(
        "minilm",
        ("pypi:some-model==1.0.0#model.onnx", "pypi:some-files==0.1.0"),
        MODEL.digest,
        6,
        90_868_376,
        "BERT encoder · 22.7 M parameters · int8 ONNX",
        (
            Fact("architecture", "BertModel", Basis.DECLARED, "config.json"),
            Fact("hidden_size", 384, Basis.DECLARED, "config.json"),
            Fact("parameters", 22_713_216, Basis.DETECTED, "model.onnx"),
            Fact("pooling.mode", "mean", Basis.DECLARED, "1_Pooling/config.json"),
            Fact("licence.declared", "apache-2.0", Basis.DECLARED, "README.md"),
            Fact("training_data", None, Basis.UNKNOWN),
        ),
    ),
    data=DataSummary(
        "reviews",
        digest("data"),
        ("negative", "positive"),
        (
            ("read", 24_981),
            ("duplicates left out", 99),
            ("neutral left out", 3_310),
            ("used", 5_100),
            ("train", 2_000),
            ("test", 3_100),
        ),
        ("movie was sampled down to 3,000 rows, seed 0", "product reviews stay together: 309 groups"),
    ),
    steps=(
        StepLine("resolve", "minilm → 6 files · 90.9 MB · locked"),
        StepLine(
            "inspect", "BERT encoder · 22.7 M parameters · int8 ONNX · loading runs no code · gate clear"
        ),
        StepLine("run", "onnx · sandboxed (no network, 2 GiB, 60 s) · 5,100 texts in 13.6 s · 2.4 ms/text"),
        StepLine("decide", "3 of 4 arms · 5 sizes · 41 s left of 10 min"),
    ),
    headline="ADOPT WITH A PROBE",
    verdict=VERDICT,
    recommendation=RECOMMENDATION,
    reasons_for=(
        Statement(
            "holds under domain shift: tweets 0.724 [0.691, 0.757] vs 0.569 [0.532, 0.606] from scratch, "
            "n=700",
            (ACCURACY.digest,),
        ),
        Statement("runs on this machine: 212 MB, p95 6.0 ms, no GPU", (COMPATIBILITY.digest,)),
        Statement("loading runs no code: 6 of 6 files read completely", (SECURITY.digest,)),
    ),
    reasons_against=(
        Statement(
            "country=IN 0.684 [0.621, 0.747] is significantly worse (Holm p=0.003, n=212)", (SLICES.digest,)
        ),
        Statement("one maintainer, no signature"),
    ),
    unknown=(
        Statement("training data of the base model is not declared anywhere"),
        Statement("0.1 % membership leakage: needs 1,000 non-members, you have 700", (LEAKAGE.digest,)),
    ),
    limits=("process count was not limited: this kernel does not allow it",),
    answers=ANSWERS,
    next_commands=(
        NextCommand("weigh adopt minilm --data reviews --budget 30m", "the same with more time"),
        NextCommand("weigh cache ls", "what was kept"),
    ),
    seed=0,
    exit_code=ExitCode.FINE,
)

HOSTILE = (
    "\x1b[31mred\x1b[0m \x9b2J\u202egnp.exe\u2066 \r\n\x00"
    "</script><img src=x onerror=alert(1)>\"'&\u2028\ufeff\x07`|"
)
UNPAIRED = HOSTILE + "\ud800"
"""What a file name can hold, and canonical JSON, so every digest, cannot."""


def hostile():
    """The sample with every text a stranger can choose replaced."""
    bad = UNPAIRED
    said = HOSTILE
    f = replace(finding("WGH-U001", Severity.CRITICAL, said, said), why=said, action=said, references=(said,))
    labels = labelled(test=said, slice=said, column=said)
    security = replace(SECURITY, subject=replace(MODEL, name=bad), findings=(f,))
    slices = replace(
        SLICES, measures=tuple(replace(m, labels=labels) for m in SLICES.measures), findings=(f,)
    )
    oops = replace(EXPLAIN, outcome=Outcome(OutcomeKind.ERROR, said, extra=said, permission=said))
    arms = tuple(
        replace(
            a,
            arm=bad + a.arm,
            title=bad,
            not_run=bad if a.not_run else "",
            tests=tuple(replace(m, labels=labels) for m in a.tests),
        )
        for a in RECOMMENDATION.arms
    )
    curves = tuple(replace(c, arm=bad + c.arm, test=bad) for c in RECOMMENDATION.curves)
    comparisons = tuple(replace(c, arm=bad + c.arm, other=bad, test=bad) for c in RECOMMENDATION.comparisons)
    recommendation = replace(
        RECOMMENDATION,
        arm=arms[0].arm,
        metric=bad,
        objective=bad,
        because=bad,
        arms=arms,
        curves=curves,
        comparisons=comparisons,
        worth=replace(RECOMMENDATION.worth, scratch=bad),
        would_change=(bad,),
    )
    reason = Reason(bad, VerdictKind.FAIL, bad, evidence=(bad,), waiver=bad)
    facts = (Fact(bad, {bad: [bad, 2**70, {"observed": True, "value": bad}]}, Basis.DECLARED, bad),)
    return replace(
        SAMPLE,
        title=bad,
        tool=bad,
        model=replace(SAMPLE.model, name=bad, refs=(bad,), sentence=bad, facts=facts),
        data=replace(SAMPLE.data, name=bad, classes=(bad, bad), counts=((bad, 3),), notes=(bad,)),
        steps=(StepLine(bad, bad),),
        headline=bad,
        verdict=Verdict(VerdictKind.FAIL, bad, bad, (replace(reason, children=(reason,)),)),
        recommendation=recommendation,
        reasons_for=(Statement(bad, (bad,)),),
        reasons_against=(Statement(bad),),
        unknown=(Statement(bad),),
        limits=(bad,),
        answers=tuple(
            Answer(bad, e, replace(_envelope(0), host=bad)) for e in (security, COMPATIBILITY, slices, oops)
        ),
        next_commands=(NextCommand(bad, bad),),
        exit_code=ExitCode.NO,
    )
