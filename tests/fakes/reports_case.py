"""Made-up reports on a made-up digest, each in the form that a real mail system writes, and what each should do."""

from typing import NamedTuple

from triage.mailing.reports import ReportKind

OURS = "<2026-w16.0a1b2c3d4e5f60718293a4b5c6d7e8f9@triage.example.org>"
FOREIGN = "<2026-w16.ffffffffffffffffffffffffffffffff@triage.example.org>"
RECEIVER = "ada@example.org"
_HARD, _SOFT, _SPAM, _NOTHING = ReportKind.HARD, ReportKind.SOFT, ReportKind.COMPLAINT, ReportKind.NOTHING


class Case(NamedTuple):
    """A report, and what it is; None for what is none."""

    kind: ReportKind | None
    message: bytes

    @property
    def names_ours(self) -> bool:
        """Whether it quotes our digest's Message-ID."""
        return OURS.encode() in self.message


def quote_digest(message_id: str = OURS) -> str:
    """The head of the digest, as systems carry it back."""
    return (
        f"From: Triage <no-reply@triage.example.org>\nTo: {RECEIVER}\nSubject: Triage, week 16 of 2026\n"
        f"Date: Mon, 20 Apr 2026 07:00:00 +0000\nMessage-ID: {message_id}\nAuto-Submitted: auto-generated\n"
        "List-Unsubscribe: <https://triage.example.org/mail/kkkk/unsubscribe>\n"
    )


def write_dsn(
    fields: str, *, head: str = "", words: str = "It came back.", copy: str = "", copy_type: str = "message/rfc822"
) -> str:
    """RFC 3464: words, the status fields of a recipient (or of several, parted by blank lines), and the message."""
    head = head or "From: MAILER-DAEMON@mx.example.org (Mail Delivery System)\nSubject: Undelivered Mail\n"
    return (
        f"Return-Path: <>\n{head}To: bounces@triage.example.org\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="BB"\n\n'
        f"This is a MIME-encapsulated message.\n\n--BB\nContent-Type: text/plain; charset=us-ascii\n\n{words}\n\n"
        f"--BB\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n{fields}\n"
        f"--BB\nContent-Type: {copy_type}\n\n{copy or quote_digest()}\nHello.\n\n--BB--\n"
    )


def write_fields(status: str, diagnosis: str = "", action: str = "failed") -> str:
    """The fields of one recipient."""
    told = f"Diagnostic-Code: smtp; {diagnosis}\n" if diagnosis else ""
    return f"Final-Recipient: rfc822; {RECEIVER}\nAction: {action}\nStatus: {status}\n{told}"


def write_feedback(kind: str, agent: str, copy: str = "", *, redacted: bool = False) -> str:
    """RFC 5965."""
    receiver = "" if redacted else f"Original-Rcpt-To: {RECEIVER}\n"
    return (
        "From: feedback@provider.example\nTo: bounces@triage.example.org\nSubject: FW: Triage, week 16 of 2026\n"
        'MIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary="FF"\n\n'
        "--FF\nContent-Type: text/plain\n\nThis is an email abuse report.\n\n"
        f"--FF\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\nUser-Agent: {agent}\nVersion: 1\n"
        f"Original-Mail-From: <bounces@triage.example.org>\n{receiver}Source-IP: 192.0.2.7\n\n"
        f"--FF\nContent-Type: message/rfc822\nContent-Disposition: inline\n\n{copy or quote_digest()}\nHello.\n--FF--\n"
    )


_POSTFIX = write_dsn(
    f"Final-Recipient: rfc822; {RECEIVER}\nOriginal-Recipient: rfc822;{RECEIVER}\nAction: failed\nStatus: 5.1.1\n"
    "Remote-MTA: dns; mx.example.org\nDiagnostic-Code: smtp; 550 5.1.1 <ada@example.org>: Recipient address\n"
    "    rejected: User unknown in local recipient table\n",
    head="From: MAILER-DAEMON@mail.example.net (Mail Delivery System)\nAuto-Submitted: auto-replied\n"
    "Subject: Undelivered Mail Returned to Sender\n",
    copy_type="text/rfc822-headers",
)
_EXIM = write_dsn(
    "Action: failed\nFinal-Recipient: rfc822;ada@example.org\nStatus: 5.0.0\nRemote-MTA: dns; mx.example.org\n"
    "Diagnostic-Code: smtp; 550 No such person at this address\n",
    head="X-Failed-Recipients: ada@example.org\nAuto-Submitted: auto-replied\n"
    "From: Mail Delivery System <Mailer-Daemon@exim.example.net>\n"
    "Subject: Mail delivery failed: returning message to sender\n",
)
_EXCHANGE = write_dsn(
    "Final-Recipient: rfc822;ada@example.org\nAction: failed\nStatus: 5.1.10\n"
    "Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup\n"
    "X-Display-Name: Ada\n",
    head="From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.org>\n"
    f"Subject: Undeliverable: Triage, week 16 of 2026\nIn-Reply-To: {OURS}\nReferences: {OURS}\n",
)
_GMAIL = write_dsn(
    write_fields("5.1.1", "550-5.1.1 The email account that you tried to reach does not exist. - gsmtp"),
    head="From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nAuto-Submitted: auto-replied\n"
    f"References: {OURS}\nIn-Reply-To: {OURS}\nX-Failed-Recipients: {RECEIVER}\n"
    "Subject: Delivery Status Notification (Failure)\n",
    words="** Address not found **",
)
_QMAIL = (
    "Return-Path: <>\nFrom: MAILER-DAEMON@qmail.example.org\nTo: bounces@triage.example.org\nSubject: failure notice\n"
    "\nHi. This is the qmail-send program at qmail.example.org.\nI'm afraid I wasn't able to deliver your message.\n"
    f"I've given up. Sorry it didn't work out.\n\n<{RECEIVER}>:\n{{reason}}\n\n"
    f"--- Below this line is a copy of the message.\n\nReturn-Path: <bounces@triage.example.org>\n{quote_digest()}\n"
)
_OLD_EXIM = (
    f"X-Failed-Recipients: {RECEIVER}\nFrom: Mail Delivery System <Mailer-Daemon@exim.example.net>\n"
    "Subject: {subject}\n\nThis message was created automatically by mail delivery software.\n\n"
    f"  {RECEIVER}\n    {{reason}}\n\n"
    f"------ This is a copy of the message, including all the headers. ------\n\n{quote_digest()}\nHello.\n"
)
_VACATION = (
    "From: Ada <ada@example.org>\nTo: bounces@triage.example.org\nReturn-Path: <>\nAuto-Submitted: auto-replied\n"
    f"Subject: Out of office: Triage, week 16 of 2026\nIn-Reply-To: {OURS}\nReferences: {OURS}\n\n"
    "I am away until 550 papers are read. 5.1.1\n"
)
_JMRP = (
    "From: staff@hotmail.com\nTo: bounces@triage.example.org\nSubject: complaint about message from 192.0.2.7\n"
    'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="JJ"\n\n--JJ\nContent-Type: message/rfc822\n'
    f"Content-Disposition: inline\n\nX-HmXmrOriginalRecipient: {RECEIVER}\n{quote_digest()}\nHello.\n--JJ--\n"
)
_TWO = write_fields("5.1.1", "550 5.1.1 unknown") + "\n" + write_fields("4.2.2", "452 4.2.2 full")
_REPLY = (
    f"From: Ada <ada@example.org>\nTo: no-reply@triage.example.org\nSubject: Re: Triage\nIn-Reply-To: {OURS}\n\n"
    f"> 550 5.1.1 User unknown\n> Message-ID: {OURS}\n"
)
_GLOBAL = write_dsn(write_fields("5.1.1")).replace("message/delivery-status", "message/global-delivery-status")
_PLAIN_WITH_PART = (
    "From: postmaster@groupwise.example.org\nSubject: Message status - undeliverable\nMIME-Version: 1.0\n"
    'Content-Type: multipart/mixed; boundary="PP"\n\n--PP\nContent-Type: text/plain\n\n'
    f"The message that you sent was undeliverable to: {RECEIVER} (user not found, 550)\n\n"
    f"--PP\nContent-Type: message/rfc822\n\n{quote_digest()}\nHello.\n--PP--\n"
)
_NESTED = "".join(f'Content-Type: multipart/mixed; boundary="b{level}"\n\n--b{level}\n' for level in range(5_000))
_WRAPPED = "Content-Type: message/rfc822\n\n" * 5_000

_TEXTS: dict[str, tuple[ReportKind | None, str]] = {
    "Postfix, user unknown, headers only": (_HARD, _POSTFIX),
    "Postfix, lines end in CRLF": (_HARD, _POSTFIX.replace("\n", "\r\n")),
    "Postfix, five days in vain": (_SOFT, write_dsn(write_fields("4.4.1", "connect to mx.example.org: timed out"))),
    "Postfix, domain without a host": (_HARD, write_dsn(write_fields("5.4.4", "Host or domain name not found"))),
    "Exim, 5.0.0 and a plain 550": (_HARD, _EXIM),
    "Exim, 5.0.0 and more in the reply": (_SOFT, write_dsn(write_fields("5.0.0", "550-5.2.2 mailbox is full"))),
    "Exim, 5.0.0 and 552": (_SOFT, write_dsn(write_fields("5.0.0", "552 exceeded storage allocation"))),
    "Exchange, recipient not found": (_HARD, _EXCHANGE),
    "Exchange, denied at the edge": (
        _HARD,
        write_dsn(write_fields("5.4.1", "550 5.4.1 Recipient address rejected")),
    ),
    "Exchange, no more time": (_SOFT, write_dsn(write_fields("5.4.7", "550 5.4.7 QUEUE.Expired; message expired"))),
    "Microsoft, sender blocked": (_SOFT, write_dsn(write_fields("5.7.515", "550 5.7.515 Access denied"))),
    "Gmail, no such account": (_HARD, _GMAIL),
    "Gmail, mailbox full": (
        _SOFT,
        write_dsn(write_fields("5.2.2", "552-5.2.2 The inbox is out of storage")),
    ),
    "Gmail, rate": (_SOFT, write_dsn(write_fields("4.7.28", "421-4.7.28 unusual rate of unsolicited mail"))),
    "Yahoo, no status": (_HARD, write_dsn(write_fields("", "554 5.1.1 delivery error: no yahoo account"))),
    "message too large": (_SOFT, write_dsn(write_fields("5.3.4", "552 5.3.4 Message size exceeds fixed limit"))),
    "bad sender": (_SOFT, write_dsn(write_fields("5.1.8", "553 5.1.8 Domain of sender address does not exist"))),
    "content refused as spam": (_SOFT, write_dsn(write_fields("5.0.0", "550 rejected: message looks like spam"))),
    "permanent, and no more": (_HARD, write_dsn(write_fields("5.0.0"))),
    "one of two addresses behind it": (_SOFT, write_dsn(_TWO)),
    "status in UTF-8": (_HARD, _GLOBAL),
    "Postfix, delayed": (_NOTHING, write_dsn(write_fields("4.4.1", "connection refused", action="delayed"))),
    "delivered": (_NOTHING, write_dsn(write_fields("2.0.0", "250 2.0.0 Ok", action="delivered"))),
    "relayed": (_NOTHING, write_dsn(write_fields("2.0.0", action="relayed (to a system that tells no more)"))),
    "qmail, no such mailbox": (_HARD, _QMAIL.format(reason="Sorry, no mailbox here by that name. (#5.1.1)")),
    "qmail, could not connect": (_SOFT, _QMAIL.format(reason="I'm not going to try again (#4.4.1)")),
    "qmail, over quota": (_SOFT, _QMAIL.format(reason="Remote host said: 552 user over quota")),
    "older Exim": (_HARD, _OLD_EXIM.format(subject="Mail delivery failed", reason="SMTP error: 550 unknown user")),
    "older Exim, why it does not say": (_SOFT, _OLD_EXIM.format(subject="Mail delivery failed", reason="all failed")),
    "older Exim, delayed": (_NOTHING, _OLD_EXIM.format(subject="Warning: delayed 24 hours", reason="not yet")),
    "GroupWise, words and the message": (_HARD, _PLAIN_WITH_PART),
    "Yahoo, spam": (_SPAM, write_feedback("abuse", "Yahoo!-Mail-Feedback/2.0")),
    "Yahoo, address blacked out": (_SPAM, write_feedback("abuse", "Yahoo!-Mail-Feedback/2.0", redacted=True)),
    "somebody opts out": (_SPAM, write_feedback("opt-out", "ReturnPathFBL/1.0")),
    "Microsoft JMRP": (_SPAM, _JMRP),
    "not spam after all": (_NOTHING, write_feedback("not-spam", "SomeGenerator/1.0")),
    "DKIM failed": (_NOTHING, write_feedback("auth-failure", "OpenDMARC-Filter/1.4")),
    "out of office": (_NOTHING, _VACATION),
    "forged, foreign Message-ID": (
        _HARD,
        write_dsn(write_fields("5.1.1", "550 5.1.1 unknown"), copy=quote_digest(FOREIGN)),
    ),
    "forged complaint": (
        _SPAM,
        write_feedback("abuse", "Forged/1.0", copy=quote_digest(FOREIGN)),
    ),
    "no message came with it": (
        _HARD,
        write_dsn(write_fields("5.1.1")).replace(OURS, ""),
    ),
    "a reader writes": (None, _REPLY),
    "spam to the bounce address": (None, "From: x@example.net\nSubject: 550 ways\n\n5.1.1\n"),
    "a report without groups": (_SOFT, write_dsn("")),
    "nested too deep": (None, _NESTED),
    "wrapped too deep": (None, _WRAPPED),
    "nothing": (None, ""),
}

CASES: dict[str, Case] = {name: Case(kind, text.encode()) for name, (kind, text) in _TEXTS.items()} | {
    "garbage": Case(None, bytes(range(256)) * 40),
    "5 MB that say nothing": Case(None, b"Subject: large\n\n" + b"x" * 5_000_000),
    "5 MB carried back": Case(_HARD, _POSTFIX.encode().replace(b"Hello.", b"Hello. " * 750_000)),
    "not UTF-8": Case(_HARD, _EXIM.replace("No such person", "Gibt's nicht: Ad\xe4").encode("latin-1")),
}
