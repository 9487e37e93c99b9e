import hashlib

import pytest
from onnx import TensorProto, helper

from weigh.core.errors import NotFoundError
from weigh.core.facts import Coverage
from weigh.core.snapshot import Snapshot, SnapshotFile
from weigh.formats.reader import BytesReader
from weigh.store.view import ModelView


def external_model(location, *, offset=0, length=8):
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", str(offset)), ("length", str(length))):
        tensor.external_data.add(key=key, value=value)
    graph = helper.make_graph([], "g", [], [], [tensor])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString()


class Files:
    """A snapshot in memory that notes what was opened and what is still open."""

    def __init__(self, files):
        self.data = files
        self.opened = []
        self.open_now = 0

    def view(self):
        files = [SnapshotFile(p, len(d), hashlib.sha256(d).hexdigest()) for p, d in self.data.items()]
        return ModelView(Snapshot.of(files), self.open)

    def open(self, file):
        self.opened.append(file.path)
        self.open_now += 1
        outer = self

        class Reader(BytesReader):
            def close(self):
                outer.open_now -= 1

        return Reader(self.data[file.path])


def view_of(files):
    return Files(files).view()


def test_facts_of_the_whole_model_come_by_name():
    view = view_of({"config.json": b'{"hidden_size": 8}'})
    assert view.fact("hidden_size").value == 8
    assert view.fact("pooling.mode") is None


def test_files_are_read_once_when_asked_for_and_none_stays_open():
    files = Files({"a.txt": b"a", "b.txt": b"b", "c.txt": b"c"})
    with files.view() as view:
        assert files.opened == []
        assert view.facts("b.txt") is view.facts("b.txt")
        assert files.opened == ["b.txt"]
        assert [f.path for f in view.all_facts()] == ["a.txt", "b.txt", "c.txt"]
        assert sorted(files.opened) == ["a.txt", "b.txt", "c.txt"]
        assert files.open_now == 0


def test_nothing_is_read_twice_for_a_second_fact():
    files = Files({"config.json": b'{"hidden_size": 8, "vocab_size": 9}'})
    view = files.view()
    view.fact("hidden_size")
    before = len(files.opened)
    view.fact("vocab_size")
    assert len(files.opened) == before
    assert files.open_now == 0


def test_an_unknown_path_is_not_found():
    with pytest.raises(NotFoundError):
        view_of({"a.txt": b""}).facts("b.txt")


def test_external_data_inside_its_file_is_sound_and_counts_as_read():
    view = view_of({"sub/m.onnx": external_model("w.data"), "sub/w.data": bytes(8), "w.data": bytes(8)})
    assert view.facts("sub/m.onnx").anomalies == ()
    assert view.facts("sub/w.data").coverage is Coverage.COMPLETE
    assert view.facts("sub/w.data").format == "external-data"
    assert view.facts("w.data").coverage is Coverage.UNREAD


@pytest.mark.parametrize("options", [{"offset": 1}, {"offset": 2**40}, {"offset": 8}])
def test_external_data_beyond_its_file_is_an_anomaly(options):
    view = view_of({"m.onnx": external_model("w.data", **options), "w.data": bytes(8)})
    assert [a.rule for a in view.facts("m.onnx").anomalies] == ["WGH-O002"]


def test_external_data_that_is_not_there_is_an_anomaly():
    view = view_of({"m.onnx": external_model("w.data")})
    (anomaly,) = view.facts("m.onnx").anomalies
    assert anomaly.rule == "WGH-O002"
    assert "w.data" in anomaly.detail


def test_external_data_outside_the_folder_stays_an_anomaly_of_its_own():
    view = view_of({"sub/m.onnx": external_model("../w.data"), "w.data": bytes(8)})
    assert [a.rule for a in view.facts("sub/m.onnx").anomalies] == ["WGH-O001"]
    assert view.facts("w.data").coverage is Coverage.UNREAD


def test_a_pickle_is_no_external_data_whatever_a_graph_says():
    view = view_of({"m.onnx": external_model("w.bin"), "w.bin": b"\x80\x04" + bytes(6)})
    assert view.facts("w.bin").format == "pickle"
    assert view.facts("w.bin").coverage is not Coverage.COMPLETE
