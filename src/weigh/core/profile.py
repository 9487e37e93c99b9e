"""Profile: what a model version was judged on, told in numbers, so that new data can be held against it.

No row is in it. Numbers are cut into bins of at least a few rows (fewer beside a value that many rows have),
categories and words are hashed with a
salt of the profile and kept only where several rows share them, embeddings are means of blocks of rows.
"""

from dataclasses import dataclass

from weigh.core.digest import of_value

SCHEMA = "weigh.profile/1"

MAX_BYTES = 256 * 1024
"""Bytes of a profile, written or read."""

FEWEST_ROWS = 5
"""Rows that must share a value before the profile tells of it."""


@dataclass(frozen=True, slots=True)
class Bins:
    """A column of numbers as counts between cuts.

    Bin i holds the values above cut i-1 and up to cut i; the last one is open. At a place in `atoms` one
    value alone fills a bin: values below it and above the cut before have a bin of their own, so there is
    one bin more for each atom.

    Attributes:
        name: of the column (hostile text).
        rows: rows counted, those without a value included.
        missing: rows without a value.
        cuts: ascending.
        atoms: ascending places in `cuts`.
        counts: rows of each bin, `len(cuts) + len(atoms) + 1` of them.
    """

    name: str
    rows: int
    missing: int
    cuts: tuple[float, ...]
    atoms: tuple[int, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Categories:
    """A column of categories as counts of hashed values.

    Attributes:
        name: of the column (hostile text).
        rows: rows counted, those without a value included.
        missing: rows without a value.
        values: (16 hex digits of the salted hash, rows), commonest first.
        rest: rows of all other values together.
    """

    name: str
    rows: int
    missing: int
    values: tuple[tuple[str, int], ...]
    rest: int


@dataclass(frozen=True, slots=True)
class Text:
    """What texts look like from outside.

    Attributes:
        vocabulary: salted hashes of the commonest words of the training rows, sorted.
        traits: numbers of each text: its length, the share of words not in the vocabulary, …
        script: the writing system most letters of a text belong to.
    """

    vocabulary: tuple[str, ...]
    traits: tuple[Bins, ...]
    script: Categories


@dataclass(frozen=True, slots=True)
class Embeddings:
    """What the model makes of the rows, as means of blocks of rows in a random feature space.

    Attributes:
        rows: rows that blocks were drawn from.
        dimensions: of an embedding.
        kernel_seed: of the random directions.
        directions: random directions; a block mean has twice as many numbers.
        bandwidth: of the Gaussian kernel.
        rows_a_block: rows behind each mean.
        blocks: the means, in units of 1e-5.
    """

    rows: int
    dimensions: int
    kernel_seed: int
    directions: int
    bandwidth: float
    rows_a_block: int
    blocks: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """What the predictor answered on rows it was not fitted on, and how often it was right.

    Attributes:
        rows: rows answered.
        correct: rows answered right.
        columns: the probability of the answer (`confidence`), then of each class, where there are few.
        answers: rows answered with each class, in the order of the classes.
        calibration: of each bin of confidence (rows, rows answered right); the ends are `calibration_cuts`.
        calibration_cuts: ascending ends of these bins; the last bin is open.
    """

    rows: int
    correct: int
    columns: tuple[Bins, ...]
    answers: tuple[int, ...]
    calibration: tuple[tuple[int, int], ...]
    calibration_cuts: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Answering:
    """Which predictor gave the scores, and from which model the embeddings are.

    Attributes:
        model: as the user called it, "" for none (hostile text).
        snapshot: digest of its files, "" for none.
        arm: id of the arm.
        predictor: digest of the predictor.
        arrays: sha256 of its kept arrays.
        size: bytes of its kept arrays.
    """

    model: str
    snapshot: str
    arm: str
    predictor: str
    arrays: str
    size: int


@dataclass(frozen=True, slots=True)
class Profile:
    """Reference statistics of one predictor on one data set.

    Attributes:
        schema: `weigh.profile/1`.
        data: digest of the rows and their split.
        task: Hugging Face task name.
        text: name of the text column, "" for a table.
        label: column or expression the classes came from.
        classes: names of the classes (hostile text).
        labels: reference rows of each class.
        salt: 32 hex digits, goes into every hash.
        answering: predictor and model; None when nothing was fitted.
        numeric: columns of numbers.
        categorical: columns of categories.
        words: of the text; None for a table.
        embeddings: None where the model gives none.
        scores: None where nothing was fitted.
        left_out: columns for which there was no room.
    """

    schema: str
    data: str
    task: str
    text: str
    label: str
    classes: tuple[str, ...]
    labels: tuple[int, ...]
    salt: str
    answering: Answering | None = None
    numeric: tuple[Bins, ...] = ()
    categorical: tuple[Categories, ...] = ()
    words: Text | None = None
    embeddings: Embeddings | None = None
    scores: Scores | None = None
    left_out: int = 0

    @property
    def digest(self) -> str:
        """`sha256:<hex>` of everything in it."""
        return of_value(self)
