"""Whether a paper says of itself that it is withdrawn. arXiv keeps the abstract and says it in the comment."""

import re

_WORK = r"(?:paper|article|manuscript|preprint|submission|work|report)"
_WITHDRAWN = r"withdraw(?:n|an|ed)?\b"
# A paper withdrawn from a conference, or by one, still stands on arXiv.
_HERE = (
    r"(?!\s+from\s+(?!(?:the\s+)?(?:arxiv|archive)\b)"
    r"|\s+by\s+(?!(?:the\s+|all\s+|its\s+|our\s+)*(?:author|arxiv|submitter)))"
)
_PASSIVE = rf"\b{_WORK}\s+(?:(?:has|have)\s+been|is\s+being|is|was)\s+(?:temporarily\s+)?{_WITHDRAWN}{_HERE}"
_OBJECT = rf"(?:it|this|(?:(?:this|the|our|its)\s+)?(?:\w+\s+)?{_WORK}|(?:this|the)\s+current\s+version)\b{_HERE}"
_PLAIN = re.compile(_PASSIVE, re.IGNORECASE)
_COMMENT = re.compile(
    rf"{_PASSIVE}"
    rf"|^\W*withdrawn\b{_HERE}"
    r"|\bwithdrawn\s+from\s+(?:the\s+)?(?:arxiv|archive)\b"
    r"|\bneeds\s+to\s+be\s+withdrawn\b"
    rf"|\b(?:to\s+withdraw|withdrawing|have\s+withdrawn)\s+{_OBJECT}"
    r"|\brequest(?:ing)?\s+(?:the\s+|a\s+|this\s+)?withdrawal\b",
    re.IGNORECASE,
)
_OPENING = 120


def says_withdrawn(comment: str | None, abstract: str) -> bool:
    """True when the comment, or the opening of the abstract, plainly says so; a paper that merely left a venue stays.

    Made for precision, since a withdrawn paper leaves the shortlists; read off the 130 comments of `shared/data` that
    speak of withdrawing.
    """
    return bool((comment and _COMMENT.search(comment)) or _PLAIN.search(abstract[:_OPENING]))
