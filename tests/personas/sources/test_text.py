"""Cleaning, masking and HTML: what may and what may not be left of a text."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.sources.html import html_to_text
from personas.sources.masking import mask_addresses, mask_mentions, mask_profile_links, mask_usernames
from personas.sources.plaintext import plain, unescape

ANY_TEXT = st.text(st.characters()) | st.text("\x00\x1b\x9b\r\n\t[31m\ud800é")
PIECES = (
    "<p>|</p>|<li>|<ul>|</ol>|<blockquote>|</blockquote>|<pre>|</pre>|<br/>|<td>|<code>|</code>|<a href='x|'>|<!--"
    '|-->|<script>|</script>|&lt;|&#27;|&#xD800;|word| |\n|\x1b[2J|\0|é|@ann|"'
)
MARKUP = st.lists(st.sampled_from(PIECES.split("|"))).map("".join)


@given(ANY_TEXT)
def test_a_plain_text_has_no_control_characters_and_can_be_stored(text):
    clean = plain(text)
    assert all(unicodedata.category(c) not in {"Cc", "Cs"} or c in "\n\t" for c in clean)
    clean.encode()
    assert plain(clean) == clean


def test_markup_and_every_script_stay_as_they_are():
    text = "[@click=app.bell]x[/] <b>ü</b> 咖啡 \u202eabc ☕\tend\n"
    assert plain(text) is text


def test_escape_sequences_lose_what_makes_them_so():
    assert plain("a\x1b]0;title\x07\x9b31mb\x00c") == "a]0;title31mbc"


def test_entities_are_decoded_once_and_hostile_ones_do_no_harm():
    assert unescape("&amp;lt; &eacute; &#8364;") == "&lt; é €"
    assert unescape("&#" + "9" * 5000 + ";x") == "\ufffdx"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("ann.b+x@mail.example.co.nz!", "[e-mail]!"),
        ("<ann@example.org>", "<[e-mail]>"),
        ("Ask ann@example.org. Or bo@b.example.org, cy@example.org", "Ask [e-mail]. Or [e-mail], [e-mail]"),
        ("npm i left@1.2.3", "npm i left@1.2.3"),
        ("a@b", "a@b"),
        ("@example.org", "@example.org"),
        ("größe@beispiel.de", "[e-mail]"),
        ("no at sign", "no at sign"),
    ],
)
def test_addresses_are_masked(text, masked):
    assert mask_addresses(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("@Ann I agree", "@member I agree"),
        ("thanks, @user217281728.", "thanks, @member."),
        ("(@J.D.Smith-Jones)", "(@member)"),
        ("@Zoë and @李明: hi", "@member and @member: hi"),
        ("@Ann's answer", "@member's answer"),
        ("use `@property` here @Ann", "use `@property` here @member"),
        ("an odd ` before @Ann", "an odd ` before @member"),
        ("a@b, @, x @ y, https://x.org/@ann", "a@b, @, x @ y, https://x.org/@ann"),
    ],
)
def test_mentions_are_masked_outside_of_code(text, masked):
    assert mask_mentions(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("u/ann_b and /u/bo-7", "u/member and /u/member"),
        ("(/U/Ann)", "(/U/member)"),
        ("https://reddit.com/u/ann?x", "https://reddit.com/u/member?x"),
        ("https://reddit.com/user/ann/comments", "https://reddit.com/user/member/comments"),
        ("user/admin, menu/open, r/coffee, you/me", "user/admin, menu/open, r/coffee, you/me"),
    ],
)
def test_usernames_of_reddit_are_masked(text, masked):
    assert mask_usernames(text) == masked


def test_links_to_profiles_lose_the_name_in_text_and_in_address():
    html = 'as <a href="https://x.org/users/47/god-of-llamas" rel="n">god of llamas</a> says'
    assert mask_profile_links(html, html=True) == "as @member says"
    assert (
        mask_profile_links("[Bo](/users/5/bo) /users/5/bo /users/admin")
        == "@member /users/member /users/admin"
    )


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One\n two</p><p>three<br>four</p>", "One two\n\nthree\nfour"),
        (
            "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul><ol><li>x<li>y</ol>",
            "- a\n- b\n  - c\n\n1. x\n2. y",
        ),
        ("a<blockquote><p>q</p><p>r</p></blockquote>b", "a\n\n> q\n>\n> r\n\nb"),
        ("a<ul><li>b</ul>c<li>d", "a\n\n- b\n\nc\n- d"),
        ("<pre><code>if x &lt; 1:\n    y</code></pre>", "if x < 1:\n    y"),
        ("see <a href='https://x.org?a=1>2'>this <b>link</b></a>", "see this link"),
        ("<code>f()</code> costs 3 < 4 &euro;", "`f()` costs 3 < 4 €"),
        ("a<script>alert('<p>')</script><style>p{}</STYLE >b<!-- no -->c", "abc"),
        ("a<!-- never closed <p>b", "a"),
        ("<table><tr><th>h</th><th>i</th></tr><tr><td>1</td><td>2</td></tr></table>", "h | i\n1 | 2"),
        ("<p>caf&eacute; 咖啡 &#x2615;</p>", "café 咖啡 ☕"),
        ("<img src=x onerror=alert(1)>&lt;b&gt;", "<b>"),
        ("&#27;[31m\x1b[0m", "[31m[0m"),
        ("<p", "<p"),
        ("</p></ul></blockquote>a", "a"),
        ("", ""),
    ],
)
def test_html_becomes_readable_text(html, text):
    assert html_to_text(html) == text


def test_names_are_masked_in_prose_and_not_in_code():
    html = "<p>@Ann: <code>@dataclass</code></p><pre>@property\ndef x(): ...</pre>"
    assert html_to_text(html, prose=mask_mentions) == "@member: `@dataclass`\n\n@property\ndef x(): ..."


@given(MARKUP)
def test_any_html_gives_a_plain_text(html):
    text = html_to_text(html)
    assert plain(text) == text
    assert "<script>" not in text


EVIL = (
    "<|<!--|<p |<a \"|<a href='|<blockquote>x<br>|<ul><li>x|<td> |<script></script|&#|`|@|@a.|a.|a@|/users/1"
    "|<a /users/1|[a](|u/|x'"
)


@pytest.mark.parametrize("evil", EVIL.split("|"))
def test_hostile_text_takes_linear_time(evil):
    def seconds(size: int) -> float:
        text = evil * (size // len(evil))
        start = time.perf_counter()
        mask_usernames(mask_mentions(mask_addresses(mask_profile_links(text))))
        html_to_text(mask_profile_links(text, html=True), prose=mask_mentions)
        return time.perf_counter() - start

    assert seconds(400_000) < 2.5
