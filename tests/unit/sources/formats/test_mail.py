"""A mail: its headers as properties, and only what is new in it as text."""

from retain.sources.formats import Sample, file_format

MAIL = """From: =?utf-8?q?Zo=C3=AB_Berg?= <zoe@example.org>
To: Nils Moe <nils@example.org>
Date: Tue, 4 Jun 2024 22:15:00 -0700
Subject: =?utf-8?q?The_caf=C3=A9?=
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

The caf=C3=A9 opens in July.

On Mon, Nils Moe <nils@example.org> wrote:
> When does it open?
--=20
Zoe, +47 555
"""


def test_a_mail_is_decoded_and_loses_what_is_quoted():
    made = file_format(Sample("a.eml", MAIL.encode())).convert(MAIL.encode(), "a.eml", 1 << 20)
    assert 'author: "Zoë Berg"' in made.text
    assert 'date: "2024-06-04T22:15:00-07:00"' in made.text
    assert made.text.endswith("---\n\nThe café opens in July.\n")
    assert made.passed_over == {"quoted lines": 1, "signatures": 1}
