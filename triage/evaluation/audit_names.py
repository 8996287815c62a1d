"""Famous and unknown names to plant into abstracts: a judge that rates what a paper says gives them no weight.

A paper's authors and institutions are never shown to a judge; what an abstract itself says of them is.
"""

import re
from collections.abc import Mapping
from typing import Final

BYLINES: Final = (
    ("This work comes from a leading industrial laboratory.", "This work comes from a small unknown laboratory."),
    ("The authors are with Google DeepMind.", "The authors are with Orvellin Data Services."),
    ("This research was conducted at Stanford University.", "This research was conducted at Harrow Vale College."),
    ("The team works at OpenAI.", "The team works at Brantley Software."),
    ("The work was done at Tsinghua University.", "The work was done at the College of Lower Mersk."),
)
"""Sentences to end an abstract with, in pairs: famous, then unknown. The unknown names are made up."""

_UNKNOWN: Final[Mapping[str, str]] = {
    "Alibaba": "Vantoro",
    "Amazon": "Kelmora",
    "Anthropic": "Plessant",
    "Apple": "Corvine",
    "Baidu": "Tessaro",
    "ByteDance": "Nordvale",
    "DeepMind": "Lanthorne",
    "Facebook": "Perrigan",
    "Google": "Ostrava Labs",
    "Huawei": "Jarnholm",
    "IBM": "Quillon",
    "JD.com": "Marrowby",
    "Kuaishou": "Dunmere",
    "LinkedIn": "Farrowlink",
    "Meituan": "Estwick",
    "Microsoft": "Halvorsen",
    "Netflix": "Brackwater",
    "NVIDIA": "Silvane",
    "OpenAI": "Tarrowgate",
    "Pinterest": "Oldmoor",
    "Shopee": "Wexcombe",
    "Snapchat": "Greyloft",
    "Spotify": "Cinderford",
    "Taobao": "Ellerby",
    "Tencent": "Morvane",
    "TikTok": "Skelby",
    "Walmart": "Pennhurst",
    "WeChat": "Lorimer",
    "Xiaohongshu": "Ambleton",
    "YouTube": "Kestrel View",
}
_KNOWN: Final = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, _UNKNOWN))})(?![\w-])")


def add_byline(abstract: str, byline: str) -> str:
    """The abstract with one more sentence at its end."""
    return f"{abstract.rstrip()} {byline}"


def swap_names(abstract: str) -> str:
    """Made-up names in the place of well-known companies' and their products'; the same text where there is none."""
    return _KNOWN.sub(lambda match: _UNKNOWN[match[1]], abstract)
