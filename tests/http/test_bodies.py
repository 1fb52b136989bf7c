"""Compressed bodies, unpacked piece by piece."""

from __future__ import annotations

import gzip
import zlib

import httpx
import pytest
from tables import table

from edgequake import Timeout
from edgequake._core.clock import CallClock
from edgequake._http.bodies import sync_body
from edgequake._http.waiting import Deadline

TEXT = b"Edge" * 50_000 + b"Quake"


class Reads(httpx.SyncByteStream):
    def __init__(self, *reads):
        self.reads = reads

    def __iter__(self):
        yield from self.reads


def pieces(coding, *reads):
    response = httpx.Response(
        200,
        headers={"Content-Encoding": coding},
        stream=Reads(*reads),
        request=httpx.Request("GET", "http://localhost"),
    )
    return sync_body(response, Deadline(CallClock(Timeout(None), 0.0, "GET /a")))


def unpacked(coding, *reads):
    return b"".join(pieces(coding, *reads))


def raw_deflate(data):
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def by_byte(data):
    return [data[at : at + 1] for at in range(len(data))]


PACKED = {
    "gzip": ("gzip", gzip.compress(TEXT)),
    "gzip of two members": ("gzip", gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:])),
    "gzip, an empty member": ("gzip", gzip.compress(b"") + gzip.compress(TEXT)),
    "gzip, junk behind it": ("gzip", gzip.compress(TEXT) + b"junk"),
    "gzip, half a magic behind it": ("gzip", gzip.compress(TEXT) + b"\x1f"),
    "deflate": ("deflate", zlib.compress(TEXT)),
    "deflate without a header": ("deflate", raw_deflate(TEXT)),
}


@table("name", PACKED)
def test_every_kind_is_unpacked_however_it_is_cut(name):
    coding, data = PACKED[name]
    assert unpacked(coding, data) == TEXT
    assert unpacked(coding, *by_byte(data)) == TEXT


def test_pieces_are_small():
    assert max(map(len, pieces("gzip", gzip.compress(TEXT)))) <= 64 * 1024


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_nothing_at_all_is_no_fault(coding):
    assert unpacked(coding) == b""


@table("name", ["gzip", "gzip of two members", "deflate", "deflate without a header"])
def test_what_ends_too_soon_is_told(name):
    coding, data = PACKED[name]
    with pytest.raises(httpx.RemoteProtocolError, match="ends before its end"):
        unpacked(coding, data[:-9])


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_what_is_not_compressed_is_told(coding):
    with pytest.raises(httpx.DecodingError):
        unpacked(coding, b"\xff\xffplain text, after all")
