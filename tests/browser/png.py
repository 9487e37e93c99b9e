"""Pixels of a PNG (W3C PNG 3rd edition): 8 bits a sample, RGB or RGBA, not interlaced; nothing else."""

import struct
import zlib

import numpy as np

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SAMPLES = {2: 3, 6: 4}


def pixels(data):
    """Rows × columns × 3 of unsigned bytes."""
    assert data.startswith(_SIGNATURE)
    packed, header, at = b"", None, len(_SIGNATURE)
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + body)
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", body)
        packed += body if kind == b"IDAT" else b""
        at += 12 + length
    width, height, depth, colour, _, _, interlaced = header
    assert (depth, interlaced) == (8, 0)
    return _unfiltered(zlib.decompress(packed), width, height, _SAMPLES[colour])[:, :, :3]


def _unfiltered(raw, width, height, samples):
    stride = width * samples
    lines = np.frombuffer(raw, np.uint8).reshape(height, stride + 1)
    above = np.zeros(stride, np.uint8)
    out = np.empty((height, stride), np.uint8)
    for y, line in enumerate(lines):
        above = out[y] = _line(int(line[0]), line[1:], above, samples)
    return out.reshape(height, width, samples)


def _line(kind, line, above, samples):
    """One line of the five filters of section 9.2."""
    if kind == 0:
        return line
    if kind == 2:
        return line + above
    done = bytearray(len(line))
    for i, value in enumerate(line.tolist()):
        left = done[i - samples] if i >= samples else 0
        up, corner = int(above[i]), int(above[i - samples]) if i >= samples else 0
        done[i] = (value + {1: left, 3: (left + up) // 2, 4: _paeth(left, up, corner)}[kind]) & 255
    return np.frombuffer(bytes(done), np.uint8)


def _paeth(left, up, corner):
    guess = left + up - corner
    return min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]


def difference(a, b, block=20):
    """Mean absolute difference of two pictures of one size, 0..255, after averaging over square blocks.

    Averaged, because one letter more or less in a line moves what follows by a few pixels.
    """
    assert a.shape == b.shape
    return float(np.abs(_coarse(a, block) - _coarse(b, block)).mean())


def _coarse(picture, block):
    height, width = (side // block * block for side in picture.shape[:2])
    cut = picture[:height, :width].astype(np.float64)
    return cut.reshape(height // block, block, width // block, block, 3).mean(axis=(1, 3))
