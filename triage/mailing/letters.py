"""The letter that asks whether an address is right, before anything else is sent there."""
# ruff: noqa: RUF001 - Chinese has commas and brackets of its own

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from triage.core.mailing import Mailing
from triage.mailing.message import Letter

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "en": (
        "Please confirm your weekly mail from Triage",
        """\
Somebody, probably you, wants to get the weekly digest of Triage at this address.

Open this link and press the button there to confirm it. The link works once, for {hours} hours:

{link}

If you did not ask for it, you need not do anything: no digest is sent until the address is confirmed.
""",
    ),
    "zh": (
        "请确认您的 Triage 每周邮件",
        """\
有人（很可能是您本人）希望用这个地址接收 Triage 的每周论文摘要。

请打开下面的链接，并点击页面上的按钮确认。链接只能使用一次，{hours} 小时内有效：

{link}

如果这不是您的请求，无需任何操作：地址未经确认，不会发送摘要。
""",
    ),
}


def make_confirm_letter(mailing: Mailing, sender: str, link: str, hours: int, now: datetime) -> Letter:
    """Plain text in the reader's language; the link stands on a line of its own, which no mail program breaks."""
    domain = sender.rpartition("@")[2].rstrip(">")
    subject, text = _WORDS[mailing.language]
    return Letter(
        sender=sender,
        recipient=mailing.email,
        subject=subject,
        text=text.format(hours=hours, link=link),
        date=now,
        message_id=f"<confirm.{secrets.token_hex(16)}@{domain}>",
        language=mailing.language,
    )
