"""An XML answer read strictly: well-formed, without a document type, shallow, of the root asked for."""

import re
import sys
from xml.etree import ElementTree as ET

from triage.adapters.arxiv_http import BadAnswerError

_DEPTH = 8  # arXiv's deepest answer, an OAI-PMH record, has seven levels
# What XML 1.0 cannot hold, raw or as a reference; `clean_text` would drop the same characters from a field.
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(?:(\d{1,7})|[xX]([0-9a-fA-F]{1,6}));")


def parse_xml(body: bytes, root_tag: str, expected: str) -> ET.Element:
    """The root of an answer in UTF-8; raise `BadAnswerError` where it is not `expected`, such as "an Atom feed".

    Characters that XML forbids are dropped, since one of them would make all other records unreadable for good.
    """
    try:
        text = _NOT_XML.sub("", _REFERENCE.sub(_keep_legal, body.decode("utf-8", "surrogatepass")))
    except UnicodeDecodeError as error:
        raise BadAnswerError(f"the answer is no well-formed XML ({error})") from error
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise BadAnswerError(f"it answered with a document type definition, which {expected} of arXiv never has")
    try:
        root = ET.fromstring(text)  # noqa: S314 -- no DTD, so no entities to expand; the size is bounded before
    except ET.ParseError as error:
        raise BadAnswerError(f"the answer is no well-formed XML ({error})") from error
    level = [root]
    for _ in range(_DEPTH):
        level = [child for element in level for child in element]
    if level:
        raise BadAnswerError(f"the answer is nested more deeply than {expected} of arXiv")
    if root.tag != root_tag:
        raise BadAnswerError(f"it answered with <{root.tag}> in place of {expected}")
    return root


def write_xml(element: ET.Element) -> str:
    """The element as text, without the white space that follows it."""
    return ET.tostring(element, encoding="unicode").strip()


def _keep_legal(reference: re.Match[str]) -> str:
    code = int(reference[1]) if reference[1] else int(reference[2], 16)
    is_legal = code <= sys.maxunicode and (code in b"\t\n\r" if code < ord(" ") else not _NOT_XML.fullmatch(chr(code)))
    return reference[0] if is_legal else ""
