"""Damaged inputs for the fuzzer: seeds of one format, broken along their structure and byte by byte.

A format is told by where its parts lie: *nodes* may go, come again, change places or give way to others (elements, JSON
members), *attributes* may go or give way, *values* may become anything (texts between tags, strings, numbers).
"""

import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from random import Random
from typing import TypeVar

import msgspec

Span = tuple[int, int]
_Change = Callable[[Random, bytes], bytes]
_T = TypeVar("_T")

_TAG = re.compile(rb"<(?P<end>/)?(?P<name>[^\s<>/?!]+)(?P<inside>[^<>]*?)(?P<empty>/)?>")
_ATTRIBUTE = re.compile(rb"\s[\w:.-]+=(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')")
_BETWEEN_TAGS = re.compile(rb"(?<=>)\s*(?P<text>[^<>\s][^<>]*?)\s*(?=<)")
_JSON_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\w.+-]+|[{}\[\],]')
_RUN = re.compile(rb"[A-Za-z]+|\d+")

_MOST_DAMAGE = 3  # structural changes of one case
_LONGEST_SLICE = 24  # bytes that one byte-level change takes away or repeats
_COPIES = 8
_NODES_PER_TURN = 8
_NODES_PER_CHANGE = 4
# Shares, chosen by what is accepted in the end: enough to reach the last checks.
_BYTES_ONLY = 0.1
_BYTES_TOO = 0.3
_RECODED = 0.002
_SWAPPED = 0.1
_NODES = 0.4
_NODES_AND_ATTRIBUTES = 0.5
_OWN_WORDS = 0.3

# Words that have broken parsers before: of every format, then of one.
WORDS = (
    *(b"\0", b"\x08", b"\x1b[2J", b"\x7f", b"\xff", b"\xc0\x80", b"\xe2\x82", b"\xf5\x80\x80\x80", b"\xff\xfe"),
    *(b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\xbd\xed\xb8\x80"),  # lone surrogates, a pair of them (CESU-8)
    *(char.encode() for char in "\u202e\u2066\u200b\u00ad\ufeff\ufffe\uffff\u0085\u2028\u212b\u0660\uff11\U0010ffff"),
    *("e\u0301".encode(), b"e" + "\u0301".encode() * 40, "\U000e0041\U000e007f".encode()),  # combining marks, tags
    *(b"", b" ", b"\n", b"\t\r\n", b"-", b"0", b"-1", b"NaN", b"1e400", b"1" + b"0" * 20, b"9" * 5000, b"0" * 300),
    *(b"v0", b"v1", b"v9999", b"v99999", b"v01", b"v-1", b"V2", b"v2v3", b"v\xef\xbc\x91"),
    *(b"2608.01234v2", b"0704.0001", b"9912.12345", b"cs/0309136", b"math.GT/0309136v1", b"2613.00001"),
    *(b"oai:arXiv.org:2608.01234", b"arXiv:", b"https://arxiv.org/abs/2608.01234v1", b"/api/errors#x", b".pdf"),
    *(b"cs.IR", b"cs", b"cs:cs:IR", b"H.3.3", b"68T05", b"This paper has been withdrawn"),
    *(b"0000-00-00", b"0000-01-01T00:00:00Z", b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-23:59"),
    *(b"2026-02-30", b"2026-08-21T24:00:00Z", b"2026-08-21T02:31:60Z", b"2026-W34-5", b"20260821", b"2026-08-21"),
    *(b"Mon, 02 Apr 0000 19:18:42 GMT", b"Fri, 31 Dec 9999 23:59:59 -2359", b"Mon, 02 Apr 2007 19:18:42 +9999"),
    *(b"Mon, 02 Apr 2007 19:18:42", b"Mon, 02 Apr 99999999999999999999 19:18:42 GMT", b"Mon, 30 Feb 2026 24:60:60 GMT"),
)
XML_WORDS = (
    *(b"]]>", b"<![CDATA[", b"<![CDATA[<x>]]>", b"<!--", b"-->", b"<!-- x -->", b"<?x y?>", b"<", b">", b"&", b"&amp;"),
    *(b"<!DOCTYPE x>", b'<!DOCTYPE a [<!ENTITY b "c">]>', b"<!ENTITY", b"&b;", b"<!doctype html>", b"<html>"),
    *(b"&#0;", b"&#x0;", b"&#xD800;", b"&#57343;", b"&#x110000;", b"&#xFFFE;", b"&#x202E;", b"&#9999999999;", b"&#9;"),
    *(b'<?xml version="1.1"?>', b'<?xml version="1.0" encoding="utf-16"?>', b'<?xml version="1.0" encoding="none"?>'),
    *(b' xmlns="urn:x"', b' xmlns:x="urn:x"', b' xmlns:xml="urn:x"', b' xmlns:dc=""', b"x:", b"<x:y/>", b"<y/>"),
    *(b"<a>" * 300, b"<a>" * 40 + b"</a>" * 40, b"<a>" * 4 + b"</a>" * 4, b'<a b="' + b"c" * 3000 + b'"/>'),
    *(b"noRecordsMatch", b"badResumptionToken", b"deleted", b"skip%3D2500", b"I", b"new", b"replace-cross"),
)
JSON_WORDS = (
    *(b"null", b"true", b"[]", b"{}", b'""', b"1.5", b"-0", b"1e999", b'"', b"\\", b",", b":", b"{", b"}", b"/**/"),
    *(b"\\u0000", b"\\ud800", b"\\udfff\\ud800", b"\\u202e", b'"\\u0000"', b'"\\ud800"', b"\\x00", b'"v0"', b'"v2"'),
    *(b"[" * 3000, b'{"a":' * 500, b"[" * 50 + b"]" * 50, b'"' + b"x" * 3000 + b'"', b"[null]", b'["cs.IR"]', b"[[1]]"),
    *(b'"0001-01-01T00:00:00+14:00"', b'"9999-12-31"', b'"2026-08-21"', b'"Mon, 02 Apr 2007 19:18:42"'),
)


class Seed(msgspec.Struct, frozen=True):
    """A sound input and where its parts lie."""

    text: bytes
    nodes: tuple[Span, ...]
    values: tuple[Span, ...]
    attributes: tuple[Span, ...] = ()


def read_xml(text: bytes) -> Seed:
    """Elements are nodes; texts and what attributes hold are values."""
    nodes: list[Span] = []
    attributes: list[Span] = []
    values = [match.span("text") for match in _BETWEEN_TAGS.finditer(text)]
    opened: list[int] = []
    for tag in _TAG.finditer(text):
        if tag["end"]:
            nodes.append((opened.pop(), tag.end()))
            continue
        if tag["empty"]:
            nodes.append(tag.span())
        else:
            opened.append(tag.start())
        for attribute in _ATTRIBUTE.finditer(text, *tag.span("inside")):
            attributes.append(attribute.span())
            values.append(attribute.span(attribute.lastgroup or 0))
    return Seed(text, tuple(nodes), tuple(values), tuple(attributes))


def read_json(text: bytes) -> Seed:
    """Members and items, with the comma before them, are nodes; every value is one, strings also without quotes."""
    nodes: list[Span] = []
    values: list[Span] = []
    opened: list[int] = []
    items: list[int] = []
    for token in _JSON_TOKEN.finditer(text):
        first, last = token.span()
        match token[0][:1]:
            case b"{" | b"[":
                opened.append(first)
                items.append(last)
            case b",":
                nodes.append((items.pop(), first))
                items.append(first)
            case b"}" | b"]":
                nodes.append((items.pop(), first))
                values.append((opened.pop(), last))
            case b'"':
                values += (first, last), (first + 1, last - 1)
            case _:
                values.append((first, last))
    return Seed(text, tuple(node for node in nodes if text.startswith(b",", node[0])), tuple(values))


def read_plain(text: bytes) -> Seed:
    """Runs of letters and of digits are both."""
    runs = tuple(match.span() for match in _RUN.finditer(text))
    return Seed(text, runs, runs)


class Mutator:
    """Makes cases: the same ones, in the same order, from the same random numbers."""

    def __init__(self, seeds: Sequence[Seed], words: Sequence[bytes] = WORDS) -> None:
        """`words` are the format's own, beside `WORDS`; the more nodes a seed has, the more often it is taken."""
        self._seeds = [seed for seed in seeds for _ in range(1 + len(seed.nodes) // _NODES_PER_TURN)]
        self._words = words
        self._nodes = [seed.text[first:last] for seed in seeds for first, last in seed.nodes]
        self._attributes = [seed.text[first:last] for seed in seeds for first, last in seed.attributes]
        self._values = [seed.text[first:last] for seed in seeds for first, last in seed.values]
        self._on_bytes: tuple[_Change, ...] = (
            self._flip,
            self._put_word,
            self._put_word,
            self._overwrite,
            self._drop_slice,
            self._repeat_slice,
            self._truncate,
            self._splice,
        )

    def make(self, rng: Random) -> bytes:
        """Mostly up to three changes of the structure alone, which often leave it well-formed; else of bytes too."""
        seed = _choose(rng, self._seeds)
        fate = rng.random()
        text = seed.text if fate < _BYTES_ONLY else self._damage(rng, seed)
        if fate < _BYTES_TOO:
            text = _choose(rng, self._on_bytes)(rng, text)
        return text.decode("latin-1").encode("utf-16") if fate > 1 - _RECODED else text

    def _damage(self, rng: Random, seed: Seed) -> bytes:
        """Change some parts, the last one first, so that the places of the others stay right."""
        if rng.random() < _SWAPPED:
            return self._swap(rng, seed)
        text, limit = seed.text, len(seed.text)
        most = min(_MOST_DAMAGE, 1 + len(seed.nodes) // _NODES_PER_CHANGE)
        picked = [self._pick(rng, seed) for _ in range(1 + _below(rng, most))]
        for (first, last), change in sorted(picked, key=itemgetter(0), reverse=True):
            if last <= limit:
                text, limit = text[:first] + change(rng, text[first:last]) + text[last:], first
        return text

    def _pick(self, rng: Random, seed: Seed) -> tuple[Span, _Change]:
        kind = rng.random()
        if kind < _NODES and seed.nodes:
            return _choose(rng, seed.nodes), self._change_node
        if kind < _NODES_AND_ATTRIBUTES and seed.attributes:
            return _choose(rng, seed.attributes), self._change_attribute
        return _choose(rng, seed.values), self._change_value

    def _swap(self, rng: Random, seed: Seed) -> bytes:
        """Two nodes change places, unless one holds the other."""
        text = seed.text
        (a, b), (c, d) = sorted((_choose(rng, seed.nodes), _choose(rng, seed.nodes)))
        return text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:] if b <= c else text

    def _change_attribute(self, rng: Random, _attribute: bytes) -> bytes:
        return _choose(rng, self._attributes) if rng.random() < 1 / 2 else b""

    def _change_node(self, rng: Random, node: bytes) -> bytes:
        match _below(rng, 6):
            case 0 | 1:
                return b""
            case 2:
                return node + node
            case 3:
                return node * (3 + _below(rng, _COPIES))
            case 4:
                return _choose(rng, self._nodes)
            case _:
                return node + _choose(rng, self._nodes)

    def _change_value(self, rng: Random, value: bytes) -> bytes:
        match _below(rng, 6):
            case 0:
                return self._word(rng)
            case 1:
                return _choose(rng, self._values)
            case 2:
                return self._drop_slice(rng, value)
            case 3:
                return self._flip(rng, value)
            case _:
                return self._put_word(rng, value)

    def _word(self, rng: Random) -> bytes:
        return _choose(rng, self._words if rng.random() < _OWN_WORDS else WORDS)

    def _put_word(self, rng: Random, text: bytes) -> bytes:
        place = _below(rng, len(text) + 1)
        return text[:place] + self._word(rng) + text[place:]

    def _overwrite(self, rng: Random, text: bytes) -> bytes:
        place = _below(rng, len(text) + 1)
        word = self._word(rng)
        return text[:place] + word + text[place + len(word) :]

    def _flip(self, rng: Random, text: bytes) -> bytes:
        changed = bytearray(text)
        if changed:
            changed[_below(rng, len(changed))] ^= 1 << _below(rng, 8)
        return bytes(changed)

    def _drop_slice(self, rng: Random, text: bytes) -> bytes:
        place = _below(rng, len(text) + 1)
        return text[:place] + text[place + 1 + _below(rng, _LONGEST_SLICE) :]

    def _repeat_slice(self, rng: Random, text: bytes) -> bytes:
        place = _below(rng, len(text) + 1)
        piece = text[place : place + 1 + _below(rng, _LONGEST_SLICE)]
        return text[:place] + piece * (1 + _below(rng, _COPIES)) + text[place:]

    def _truncate(self, rng: Random, text: bytes) -> bytes:
        return text[: _below(rng, len(text) + 1)]

    def _splice(self, rng: Random, text: bytes) -> bytes:
        other = _choose(rng, self._seeds).text
        return text[: _below(rng, len(text) + 1)] + other[_below(rng, len(other) + 1) :]


def _below(rng: Random, limit: int) -> int:
    """A number from 0 to limit - 1, three times as fast as `randrange`, whose exact evenness is not needed here."""
    return int(rng.random() * limit)


def _choose(rng: Random, items: Sequence[_T]) -> _T:
    return items[int(rng.random() * len(items))]
