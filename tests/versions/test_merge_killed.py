"""A merge that ends at any write: the branch is as before or merged, and the folder follows."""

import pytest
from tests.versions.merge_scene import NAME, MergeScene, moved, tensors
from tests.versions.test_killed import Ended, ending_at


@pytest.mark.parametrize("after", [False, True])
def test_a_merge_ended_at_every_write(tmp_path, monkeypatch, after):
    base = tensors(count=2)
    for number in range(1, 40):
        root = tmp_path / str(number)
        root.mkdir()
        scene = MergeScene(root)
        scene.apart(
            {NAME: base, "a": "0"},
            {NAME: moved(base, base, seed=1), "c.json": '{"a": 1}'},
            {NAME: moved(base, base, seed=2), "c.json": '{"b": 1}', "a": "2"},
        )
        ours = scene.history().refs.current()
        with monkeypatch.context() as patched:
            seen = ending_at(patched, number, after=after)
            try:
                scene.merge(strategy="average")
            except Ended:
                pass
            else:
                assert len(seen) < number
                break
        tip = scene.history().refs.current()
        parents = scene.history().commit(tip).parents
        if tip == ours:
            # The folder may hold nothing that no version has, so the same command goes on.
            assert scene.merge(strategy="average").id
        else:
            assert parents == (ours, scene.history().find("tune"))
            scene.checkout("main")
        assert scene.files()["a"] == b"2"
        assert len(scene.history().commit(scene.history().refs.current()).parents) == 2
    else:
        raise AssertionError("the loop ends when all writes were tried")
