"""What is printed is plain, whatever it holds; sizes are read as people write them."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.cli.output import bar, console, listing, print_json, print_table, signed
from tui.cli.sizes import as_bytes

ANYTHING = st.text(st.characters(codec=None, categories=None), max_size=40)
STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def steering(text: str) -> list[str]:
    return [sign for sign in text if unicodedata.category(sign) in STEERING and sign != "\n"]


@given(text=ANYTHING)
def test_json_says_exactly_what_it_was_given_and_steers_no_terminal(text):
    import contextlib
    import io

    with contextlib.redirect_stdout(io.StringIO()) as out:
        print_json({"said": text, text: [text]})
    assert json.loads(out.getvalue()) == {"said": text, text: [text]}
    assert not [sign for sign in steering(out.getvalue()) if ord(sign) < 0x10000 and sign not in "\xad\u0600"]
    out.getvalue().encode()


@given(text=ANYTHING)
def test_tables_listings_and_lines_steer_no_terminal(text):
    import contextlib
    import io

    with contextlib.redirect_stdout(io.StringIO()) as out:
        screen = console()
        screen.print(text)
        print_table(screen, text, [text, "figure"], [[text, "1"]], told=text, right=1)
        screen.print(listing([(text, text)]))
    assert not {"\x1b", "\x07", "\x9b", "\u202e", "\r"} & set(out.getvalue())


def test_json_has_nine_decimals_and_no_figure_that_json_lacks(capsys):
    print_json({"third": 1 / 3, "list": [(0.1 + 0.2,)]})
    assert json.loads(capsys.readouterr().out) == {"third": 0.333333333, "list": [[0.3]]}
    with pytest.raises(ValueError, match="JSON"):
        print_json({"figure": float("nan")})


def test_a_name_that_fits_into_the_given_share_of_the_width_is_not_broken(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    for length, whole in ((30, True), (31, False)):
        print_table(console(), "t", ["name", "title"], [["n" * length, "word " * 30]], named=0.5)
        assert ("n" * length in capsys.readouterr().out) is whole


def test_markup_in_a_table_stands_as_it_is(capsys):
    print_table(console(), "[bold]title[/]", ["a"], [["[red]x[/] :smile:"]], told="[@click=app.quit]y[/]")
    out = capsys.readouterr().out
    assert "[bold]title[/]" in out
    assert "[red]x[/] :smile:" in out
    assert "[@click=app.quit]y[/]" in out


@pytest.mark.parametrize(
    ("written", "told"),
    [("-.000", ".000"), (".000", ".000"), (".5", "+.5"), ("1.000", "+1.000"), ("-.1", "-.1")],
)
def test_a_sign_stands_where_something_is_left_of_the_figure(written, told):
    assert signed(written) == told


def test_a_bar_is_as_long_as_its_share():
    assert [bar(share, 4) for share in (-1, 0, 0.5, 1, 2)] == ["····", "····", "██··", "████", "████"]


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("16MB", 16_000_000),
        ("512GiB", 512 << 30),
        ("1.5kib", 1536),
        ("100", 100),
        ("7 b", 7),
        ("2T", 2 * 10**12),
    ],
)
def test_a_size_is_read_as_people_write_it(text, size):
    assert as_bytes(text) == size


@pytest.mark.parametrize("text", ["", "MB", "-1", "1XB", "1e3", "0", "0.1", "16 M B", "１６MB٣x"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ValueError, match=r"no size|less than one byte"):
        as_bytes(text)
