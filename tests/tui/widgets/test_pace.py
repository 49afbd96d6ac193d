"""How a run goes, in characters: rates, bars and what is left, with figures known by hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from simulator.journal.usage import Spent, UsageRow
from tui.reading.live import LiveView, Phase
from tui.widgets.pace import Pace, meter, span, sparkline, status

NOW = 1_000_000.0


def lines(live, pace=None, *, width=80, said=("▸", "running")):
    return status(live, pace or Pace(), said=said, width=width).plain.split("\n")


@given(st.lists(st.integers(0, 10**9)), st.integers(0, 100))
def test_a_sparkline_is_as_wide_as_its_values_and_shows_nothing_only_where_nothing_is(values, width):
    drawn = sparkline(values, width)
    assert len(drawn) == min(width, len(values))
    assert [sign == "·" for sign in drawn] == [value == 0 for value in (values[-width:] if width else [])]


@given(st.floats(-5, 5), st.integers(0, 90))
def test_a_meter_never_leaves_its_cells(share, width):
    assert len(meter(share, width)) == width


def test_a_rate_follows_the_latest_seconds_and_falls_when_nothing_comes():
    pace = Pace()
    pace.add(LiveView(times=tuple(NOW - 10 + 0.5 * number for number in range(20))))
    assert pace.judgements(NOW) == 19 / 10
    assert pace.judgements(NOW + 10) == 19 / 20
    assert Pace().judgements(NOW) is None


def test_what_an_engine_before_judged_says_nothing_of_the_rate():
    pace = Pace()
    pace.add(LiveView(times=(NOW - 300, NOW - 200)))
    going = LiveView(looked=NOW, state="running", done=2, total=9, worked=4.0, begins=2, begun=NOW - 4)
    assert lines(going, pace)[2] == "4.0 s since it went on"
    pace.add(LiveView(times=(NOW - 3, NOW - 2)))
    assert "0.3 judgements/s" in lines(going, pace)[2]


def test_ballots_are_counted_by_the_second_and_forgotten_after_a_minute():
    pace = Pace()
    pace.add(LiveView(cast=((NOW - 100, 7), (NOW - 2.5, 3), (NOW - 2.2, 4), (NOW - 1, 5))))
    assert pace.ballots(NOW)[-3:] == [7, 0, 5]
    assert sum(pace.ballots(NOW)) == 12
    assert len(pace._cast) <= 61


def test_an_hour_of_ballots_takes_no_more_room_than_a_minute():
    pace = Pace()
    for second in range(3_600):
        pace.add(LiveView(times=(NOW + second,) * 5, cast=((NOW + second, 300),)))
    assert len(pace._cast) <= 61
    assert len(pace._judged) <= 2_000


def test_what_is_left_is_told_of_a_run_that_goes_and_of_no_other():
    pace = Pace()
    pace.add(LiveView(times=tuple(NOW - 10 + number for number in range(11))))
    going = LiveView(looked=NOW, state="running", done=20, total=120, worked=30.0, begins=1)
    assert lines(going, pace)[2] == "30.0 s · 1.0 judgements/s · about 1:40 left"
    paused = LiveView(looked=NOW, state="paused", done=20, total=120, worked=30.0, begins=2)
    assert lines(paused, pace)[2] == "30.0 s since it went on"
    done = LiveView(looked=NOW, state="done", done=120, total=120, worked=60.0, begins=1)
    assert lines(done, pace)[2] == "1:00 · 2.0 judgements/s"


def test_phases_have_a_sign_each_and_what_is_under_way_is_counted():
    live = LiveView(
        state="running",
        done=3,
        total=8,
        phases=(
            Phase(name="profiles", done=2, over=True),
            Phase(name="options", done=4, total=9),
            Phase(name="judged", done=3, total=8),
        ),
        under_way={("a", "tea"): 0, ("b", "tea"): 2, ("c", "tea"): 1},
    )
    assert "✓ profiles 2   ▸ options 4 of 9   ▸ judged 3 of 8   1 judging   2 discussing" in lines(live)


def test_a_limit_is_a_bar_with_its_figures_and_what_is_set_aside():
    row = UsageRow(phase="judge", model="m", calls=40, requests=50, prompt_tokens=1, cost=1.2)
    live = LiveView(
        state="stopped",
        usage=(row,),
        spent=Spent(calls=51, tokens=1, cost=1.5),
        limits=(("cost", 3.0), ("calls", 100)),
    )
    cost, calls = lines(live)[-2:]
    assert cost == f"cost       {'█' * 12}{'·' * 18} $1.20 of $3.00 · 40% · $0.30 set aside"
    assert calls == f"requests   {'█' * 15}{'·' * 15} 50 of 100 · 50% · 1 set aside"


@given(st.integers(20, 220))
def test_no_line_is_wider_than_there_is_room(width):
    pace = Pace()
    pace.add(LiveView(cast=tuple((NOW - number, 10**6) for number in range(60))))
    row = UsageRow(phase="judge", model="m", calls=40, requests=50, prompt_tokens=10**9, cost=123_456.0)
    live = LiveView(
        looked=NOW,
        state="running",
        done=10**6,
        total=10**7,
        usage=(row,),
        engine={"settled": 64, "in_flight": 64, "rate_limited_lately": 0.5},
        limits=(("cost", 10.0**6), ("tokens", 10.0**12)),
        settings=(("panel", "相談" * 40),),
        phases=(Phase(name="profiles", done=2, over=True), Phase(name="judged", done=10**6, total=10**7)),
        worked=1.0,
        begins=1,
    )
    widest = max(cell_len(line) for line in lines(live, pace, width=width, said=("✗", "相談する" * 60)))
    assert widest <= width


def test_spans_are_read_at_a_glance():
    assert [span(each) for each in (0.04, 59.96, 61, 3_599, 3_661)] == [
        "0.0 s",
        "60.0 s",
        "1:01",
        "59:59",
        "1:01:01",
    ]
