"""HTML bodies to the lines a reader sees."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partnersignal.reading.html import html_to_text
from tests.timing import computing_takes_under


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One.</p><p>Two.</p>", "One.\n\nTwo."),
        ("<div>One.</div><div>Two.</div>", "One.\nTwo."),
        ("One.<br>Two.<br><br>Three.", "One.\nTwo.\n\nThree."),
        ("a <b>bold</b> word", "a bold word"),
        ("a\n   wrapped\tline", "a wrapped line"),
        ("non&nbsp;breaking &amp; &lt;tag&gt; &#8364;", "non breaking & <tag> €"),
        ("soft&shy;hyphen zero&#8203;width", "softhyphen zerowidth"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<pre><span>a\nb</span>\nc</pre>", "a\nb\nc"),
        ("<h1>Title</h1>Text", "Title\n\nText"),
        ("One.<hr>Two.", "One.\n--------------------\nTwo."),
        ("", ""),
        ("   ", ""),
        ("just words", "just words"),
        ("<p>open <b>tags", "open tags"),
        ("a < b and c > d", "a < b and c > d"),
    ],
)
def test_lines(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    "html",
    [
        "<ul><li>One</li><li>Two</li></ul>",
        "<ul><li><p>One</p></li><li><p>Two</p></li></ul>",
        "<ol><li><div>One</div></li>\n<li> Two </li></ol>",
    ],
)
def test_list_items_are_marked(html: str) -> None:
    assert [line for line in html_to_text(html).split("\n") if line] == ["- One", "- Two"]


def test_cells_are_separated_by_tabs() -> None:
    assert (
        html_to_text("<table><tr><th>Item</th><th>Price</th></tr><tr><td>Disk</td><td>5</td></tr></table>")
        == "Item\tPrice\nDisk\t5"
    )


def test_blockquotes_are_marked_by_depth() -> None:
    html = "New.<blockquote>Old.<br>More.<blockquote><p>Oldest.</p></blockquote></blockquote>End."
    assert [line for line in html_to_text(html).split("\n") if line.strip("> ")] == [
        "New.",
        "> Old.",
        "> More.",
        "> > Oldest.",
        "End.",
    ]


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>alert(1)</script>",
        "<style>p {color: red}</style>",
        "<head><title>Title</title></head>",
        "<!-- comment -->",
        "<!--[if mso]>Outlook only<![endif]-->",
        '<div style="display:none">preheader</div>',
        '<div style="DISPLAY : none !important; max-height: 0">preheader</div>',
        '<span style="font-size:1px;color:#fff">preheader</span>',
        '<div style="max-height:0px;overflow:hidden">preheader <b>more</b></div>',
        '<span style="visibility:hidden">preheader</span>',
        '<span style="opacity:0">preheader</span>',
        "<p hidden>preheader</p>",
        '<img src="https://track.example/x.gif" alt="">',
    ],
)
def test_hidden_text_goes_and_what_follows_stays(hidden: str) -> None:
    assert html_to_text(f"<body>{hidden}Shown.</body>") == "Shown."


@pytest.mark.parametrize(
    "style",
    [
        "font-size:10px",
        "font-size:1.5em",
        "opacity:0.9",
        "max-height:0.5em",
        "max-height:05px",
        "mso-hide:all",
        "line-height:0",
    ],
)
def test_what_people_see_is_not_hidden(style: str) -> None:
    assert html_to_text(f'<p style="{style}">Shown.</p>') == "Shown."


def test_layout_cells_without_a_font_size_do_not_hide_their_content() -> None:
    """MJML sets font-size 0 on cells against gaps, and the size again on what is inside."""
    html = '<td style="font-size:0px"><div style="font-size:13px">Shown.</div></td>'
    assert html_to_text(f"<table><tr>{html}</tr></table>") == "Shown."


def test_gmail_reply() -> None:
    html = (
        '<div dir="ltr">Done.</div><br><div class="gmail_quote"><div class="gmail_attr">On Tue, 5 Mar 2024 at 09:12, Ann &lt;'
        '<a href="mailto:ann@acme.example">ann@acme.example</a>&gt; wrote:<br></div><blockquote>When?</blockquote></div>'
    )
    assert html_to_text(html) == "Done.\n\nOn Tue, 5 Mar 2024 at 09:12, Ann <ann@acme.example> wrote:\n\n> When?"


@pytest.mark.parametrize("tag", ["div", "blockquote", "span", "table><tr><td", "ul><li", "font"])
def test_deep_nesting_loses_no_words(tag: str) -> None:
    depth = 10_000
    html = f"top<{tag}>" + f"<{tag}>" * depth + "deep"
    assert computing_takes_under(2, lambda: html_to_text(html))
    text = html_to_text(html)
    assert [line.strip("-> \t") for line in text.split("\n") if line.strip("-> \t")] in (["top", "deep"], ["topdeep"])


def test_words_below_deep_nesting_are_read_once() -> None:
    assert html_to_text("<div>" * 300 + "one <b>two</b> three" + "</div>" * 300 + "end").split() == [
        "one",
        "two",
        "three",
        "end",
    ]


@pytest.mark.parametrize(
    "html",
    [
        "<td>x" * 200_000, "<" * 1_000_000, "&" * 1_000_000, "x" * 1_000_000, " " * 1_000_000, "<p " + "a=1 " * 250_000, "<br>" * 250_000,
        '<p style="' + "display " * 125_000 + '">x', "<li>" * 250_000, "<!--" * 250_000, "<pre>" + "\n" * 1_000_000 + "x", "<td> </td>" * 100_000,
        "<blockquote>" * 80_000, '<i style="font-size:0">' * 40_000, "<b> " * 250_000,
    ],
    ids=lambda html: html[:12],
)  # fmt: skip
def test_a_hostile_megabyte_takes_under_two_seconds(html: str) -> None:
    assert computing_takes_under(2, lambda: html_to_text(html))


def test_a_text_of_many_megabytes_is_read_whole() -> None:
    assert html_to_text("<p>" + "word " * 3_000_000 + "end</p>").endswith("word end")


PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<td>",
        "<li>",
        "<blockquote>",
        "</blockquote>",
        "<br>",
        "<pre>",
        "<!--",
        "-->",
        "<![CDATA[",
        "<?x",
        "&#0;",
        "&#xD800;",
        "<script>",
        "<a href='",
        "<table>",
        "\x00",
        "\ud800",
    ]
)


@settings(deadline=None)
@given(html=st.lists(PIECES | st.text(max_size=8), max_size=20).map("".join))
def test_never_raises(html: str) -> None:
    text = html_to_text(html)
    assert text == text.strip("\n")
    text.encode()


@given(
    words=st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), min_size=1, max_size=8),
    tag=st.sampled_from(["p", "div", "td", "li", "span", "blockquote"]),
)
def test_every_word_once_and_in_order(words: list[str], tag: str) -> None:
    text = html_to_text("".join(f"<{tag}>{word}</{tag}> " for word in words))
    assert [word for word in text.split() if word not in "->"] == words
