"""Files that carry a pickle where nobody looks: behind their end, in a comment, in bytes without a type.

Inert: nothing here is ever unpickled. The two HDF5 files were written with h5py 3.x:
`file["p"] = numpy.void(PAYLOAD)` and `file.attrs["custom"] = numpy.void(PAYLOAD)`, packed with zlib.
"""

import base64
import io
import zipfile
import zlib

import hostile_tflite as tflite

PAYLOAD = b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00trueq\x00\x85R."
HONEST = b"\x80\x02]q\x00(K\x01K\x02K\x03X\x05\x00\x00\x00helloq\x01K\x04K\x05e."
SHORT = b"\x80\x02]q\x00(K\x01K\x02K\x03K\x04K\x05K\x06K\x07K\x08K\x09Ne."
_IN_DATA = (
    "eNrr9HBx4+WS4mIAAQ4OBhYGAQZk8B8KJrOi8mHyCVCaEUp3QOkVTDBxRrCcBFRcEGo+urqQIFdXkOr/aABmjzcLhOZgGAUj"
    "EXi4OgaA6AgoH5ZKTzChqitAS48eFNrLyMAKMYsRxudAMZ8ZyAexRYFYGohZoXwmJiZGSHqFpHxmRgNoCpZGs2HFkIqHBqbk"
    "/GKu4sriktRcrgiQl0qKSlMLGVqD9IL9/F0Y4QHEwKDAPJpsyQEAE6o0tg=="
)
_IN_ATTRIBUTE = (
    "eNrr9HBx4+WS4mIAAQ4OBhYGAQZk8B8KGphR+TD5BCjNCKU7oPQKJpg4M1hOAiouADVfgRlVf0iQqyuy+ej2jIKRDTxcHQNA"
    "dASUzwGlTzChqoOlwwAq2SsITa/o6ZqHwQFqHzvQLRwMyaXFJfm5DAyiQDFpJHc0MCXnF3MVVxaXpOZyRbAARUqKSlMLGVqD"
    "9MDyAMkXNM8="
)


def unpacked(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))


def archive(comment: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("a.txt", "a text")
        made.comment = comment
    return file.getvalue()


def with_buffer(content: bytes) -> bytes:
    return tflite.model(buffers=[tflite.buffer(), tflite.buffer(b"12345678"), tflite.buffer(content)])


CASES: dict[str, bytes] = {
    "pickle-then-zeros": HONEST + bytes(64) + PAYLOAD,
    "pickle-then-words": HONEST + b"some notes\n" + PAYLOAD,
    "zip-comment": archive(PAYLOAD),
    "zip-comment-with-words": archive(b"made today " + PAYLOAD),
    "zip-then-pickle": archive() + PAYLOAD,
    "zip-then-zeros": archive() + bytes(100) + PAYLOAD,
    "tflite-buffer": with_buffer(PAYLOAD),
    "tflite-then-pickle": tflite.WHOLE + PAYLOAD,
    "hdf5-opaque-data": unpacked(_IN_DATA),
    "hdf5-opaque-attribute": unpacked(_IN_ATTRIBUTE),
}
"""Name → the file; in each the payload must be found."""
SOUND: dict[str, bytes] = {
    "zip-comment": archive(b"archive made by a build"),
    "tflite-buffer": with_buffer(HONEST),
    "hdf5-opaque-data": unpacked(_IN_DATA).replace(PAYLOAD, SHORT),
}
