import hashlib

import numpy as np
import pytest

from weigh.core.data import DataFile, DataSpec, Roles
from weigh.datasets.read import read_table
from weigh.datasets.table import Table, number_groups


class Heard:
    def __init__(self):
        self.events = []

    def emit(self, event, /):
        self.events.append(event)


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def read(tmp_path, heard):
    def reading(files, label="label", *, text="text", like=None, roles=None, **spec):
        if not isinstance(files, dict):
            files = {"data.csv": files}
        for name, content in files.items():
            (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        constants = spec.pop("constants", {})
        parts = tuple(DataFile(name, tuple(constants.get(name, {}).items())) for name in files)
        roles = roles or Roles(label=label, text=text)
        described = DataSpec(files=parts, **spec)
        return read_table(described, roles, lambda path: tmp_path / path, events=heard, like=like)

    return reading


def _digests(values):
    return np.array([hashlib.sha256(repr(v).encode()).digest() for v in values], dtype="S32")


def table_of(labels, *, texts=None, groups=None, **columns):
    n = len(labels)
    texts = [f"text {i}" for i in range(n)] if texts is None else list(texts)
    classes = tuple(sorted(set(labels)))
    rows = _digests(zip(labels, texts, groups or range(n), strict=True))
    group_digests = rows if groups is None else _digests(groups)
    return Table(
        ids=tuple(f"data.csv:{i + 2}" for i in range(n)),
        classes=classes,
        labels=np.array([classes.index(label) for label in labels], dtype=np.int64),
        texts=texts,
        features=None,
        columns={name: np.array(values, dtype=np.str_) for name, values in columns.items()},
        groups=number_groups(group_digests),
        grouped=groups is not None,
        row_digests=rows,
        contents=_digests(" ".join(t.split()) for t in texts),
        group_digests=group_digests,
        rows_read=n,
    )


@pytest.fixture(scope="session")
def make_table():
    return table_of
