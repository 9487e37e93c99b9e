import ast

import pytest

from weigh.code.constants import Tag, Value, binary, decoded, joined, merged, method, tags_of


def test_texts_are_added_and_parts_that_are_not_known_are_holes():
    assert binary(ast.Add(), Value("a"), Value("b")).constant == "ab"
    partial = binary(ast.Add(), Value("a"), Value())
    assert (partial.constant, Tag.PARTIAL in partial.tags) == ("a{}", True)
    assert joined([Value("x"), Value(), Value(3)]).constant == "x{}3"
    assert binary(ast.Mod(), Value("%s-%d"), Value(items=(Value("a"), Value(2)))).constant == "a-2"


@pytest.mark.parametrize(
    ("name", "args", "made"),
    [
        ("base64.b64decode", [Value("aWQ")], b"id"),
        ("binascii.unhexlify", [Value("6964")], b"id"),
        ("codecs.decode", [Value("vq"), Value("rot13")], "id"),
        ("bytes.fromhex", [Value("69 64")], b"id"),
    ],
)
def test_decoding_is_folded(name, args, made):
    value = decoded(name, args)
    assert value.constant == made
    assert Tag.DECODED in value.tags


@pytest.mark.parametrize(
    "name", ["zlib.decompress", "bz2.decompress", "lzma.decompress", "gzip.decompress", "base64.b32decode"]
)
def test_broken_data_is_only_known_to_be_decoded(name):
    value = decoded(name, [Value(b"\xff\xfe broken")])
    assert not value.known
    assert Tag.DECODED in value.tags


def test_a_bomb_is_cut():
    import zlib

    value = decoded("zlib.decompress", [Value(zlib.compress(bytes(10**8)))])
    assert not value.known or len(value.constant) <= 512 * 1024


@pytest.mark.parametrize(
    ("value", "name", "args", "made"),
    [
        ("a.b", "replace", [Value("."), Value("")], "ab"),
        ("AB", "lower", [], "ab"),
        ("-", "join", [Value(items=(Value("a"), Value("b")))], "a-b"),
        ("{}b", "format", [Value("a")], "ab"),
        (b"ab", "decode", [], "ab"),
        ("ab", "encode", [], b"ab"),
    ],
)
def test_methods_of_texts(value, name, args, made):
    assert method(Value(value), name, args).constant == made


def test_a_merged_value_knows_all_its_choices():
    value = merged([Value("a", tags=frozenset({Tag.HOST})), Value(name="os.system")])
    assert {v.constant if v.known else v.name for v in value.each()} == {"a", "os.system"}
    assert tags_of(value) == {Tag.HOST}
