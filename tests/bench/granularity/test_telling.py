"""Verdicts, sentences and pictures of a study."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from bench.granularity import study_places
from bench.granularity.findings import ALL, BASE, COMMUNITY, PERSON, SAME, WITHIN
from bench.granularity.plot import as_svg
from bench.granularity.scoring import METRICS
from bench.granularity.summary import Outcome, summarise
from bench.granularity.text_plot import as_text
from bench.granularity.wording import where_communities_win


@pytest.fixture(scope="module")
def study(planted, minds):
    place, vectors = planted(minds["opposed"](40), claims=60)
    return study_places([place], [vectors], known=(1, 5), groups=2, draws=50, seed=7)


def outcome_of(place, means, *, n=40, spread=0.01):
    """Return the outcome of a place in which levels have these Brier scores, with 1 and 5 known choices."""
    wobble = np.linspace(-spread, spread, n)[:, None] * np.ones(len(METRICS))
    levels = {ALL: wobble, COMMUNITY: wobble[::-1], PERSON: np.roll(wobble, 7, axis=0), WITHIN: wobble}
    return Outcome(
        place=place,
        known=(1, 5),
        figures={(level, k): means[k][level] + wave for level, wave in levels.items() for k in (1, 5)},
    )


@pytest.mark.parametrize(
    ("community", "all_", "person", "standing"),
    [
        (0.1, 0.2, 0.2, "wins"),
        (0.1, 0.1005, 0.2, "leads"),
        (0.1, 0.2, 0.0995, "undecided"),
        (0.1, 0.05, 0.2, "loses"),
        (0.1, 0.2, 0.05, "loses"),
    ],
)
def test_a_verdict_is_what_the_intervals_of_both_leads_say(community, all_, person, standing):
    means = {k: {ALL: all_, COMMUNITY: community, PERSON: person, WITHIN: 0.1} for k in (1, 5)}
    scores, gaps, verdicts = summarise([outcome_of("town", means)], draws=200, seed=7)
    found = next(row for row in verdicts if (row.scope, row.known, row.metric) == (SAME, 5, "Brier score"))
    assert found.community == standing
    lead = next(
        gap for gap in gaps if (gap.scope, gap.known, gap.metric, gap.first, gap.second) == (SAME, 5, "Brier score", COMMUNITY, ALL)
    )  # fmt: skip
    assert lead.mean == pytest.approx(all_ - community)  # lower is better, so a lead is above 0
    accuracy = next(
        gap for gap in gaps if (gap.scope, gap.known, gap.metric, gap.first, gap.second) == (SAME, 5, "accuracy", COMMUNITY, ALL)
    )  # fmt: skip
    assert accuracy.mean == pytest.approx(community - all_)


def test_places_are_resampled_where_there_are_several():
    means = {k: {ALL: 0.2, COMMUNITY: 0.1, PERSON: 0.2, WITHIN: 0.1} for k in (1, 5)}
    other = {k: {ALL: 0.2, COMMUNITY: 0.3, PERSON: 0.2, WITHIN: 0.1} for k in (1, 5)}
    alone, _ = (summarise([outcome_of("a", means)], draws=200, seed=7)[number] for number in (1, 0))
    both = summarise([outcome_of("a", means), outcome_of("b", other)], draws=200, seed=7)[1]
    assert {gap.places for gap in both if gap.scope == SAME} == {2}
    assert alone[0].sign == 1
    assert next(gap for gap in both if gap.scope == SAME and gap.second == ALL).sign == 0


def test_the_sentence_lists_where_communities_win_and_where_they_do_not(study):
    assert where_communities_win(study) == (
        "One per community wins, ahead of one for all and of one per person, with 1 and 5 known (Brier score)."
    )


def test_the_picture_stands_alone_and_escapes_its_title(study):
    drawn = as_svg([study, study], title='<script>"tea" & co')
    root = ET.fromstring(drawn)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names <= {"svg", "style", "rect", "text", "line", "polyline", "polygon", "circle"}
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "") and "url(" not in drawn
    assert "prefers-color-scheme: dark" in drawn
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0] == '<script>"tea" & co'
    for label in (
        ALL,
        COMMUNITY,
        PERSON,
        WITHIN,
        "known choices of a person",
        "Brier score, lower is better",
    ):
        assert label in texts


def test_the_picture_draws_every_mean_at_its_place_and_every_interval_as_a_band(study):
    root = ET.fromstring(as_svg([study], title="t"))
    lines = {
        (line.get("class"), number): line.get("points")
        for number, line in enumerate(root.iter("{http://www.w3.org/2000/svg}polyline"))
    }
    heights = {
        kind: [float(p.split(",")[1]) for p in points.split()] for (kind, n), points in lines.items() if n < 5
    }
    means = {"all": ALL, "community": COMMUNITY, "person": PERSON}
    spots = [
        (heights[f"line {mark}"][i], study.score(level, k).mean)
        for mark, level in means.items()
        for i, k in enumerate((1, 5))
    ]
    (y1, v1), (y2, v2) = min(spots), max(spots)
    for y, value in spots:  # straight, and lower values lower down
        assert y - y1 == pytest.approx((value - v1) * (y2 - y1) / (v2 - v1), abs=0.2)
    assert y2 > y1 and v2 < v1
    bands = [band.get("class") for band in root.iter("{http://www.w3.org/2000/svg}polygon")]
    assert bands == ["band community", "band person", "band within"]


def test_a_study_with_one_number_of_known_choices_is_drawn_too(planted, minds):
    place, vectors = planted(minds["alike"](30), claims=60)
    one = study_places([place], [vectors], known=(1,), groups=1, draws=50, seed=7)
    assert "no two communities were found, so one per community is one for all" in one.notes[0]
    assert one.places[0].placed == (None,)
    ET.fromstring(as_svg([one], title="t"))
    assert "└" in as_text(one)


def test_the_plain_plot_puts_the_better_higher_up(study):
    lines = as_text(study).splitlines()
    assert lines[0] == "Brier score: better is up"
    row = {sign: next(n for n, line in enumerate(lines[1:14]) if sign in line[8:17]) for sign in "acp"}
    values = {"a": ALL, "c": COMMUNITY, "p": PERSON}
    assert row["c"] < row["a"] and row["c"] < row["p"]
    assert study.score(values["c"], 1).mean < study.score(values["a"], 1).mean
    rising = as_text(study, metric="accuracy").splitlines()
    assert float(rising[1].split()[0]) > float(rising[13].split()[0])


def test_plain_data_hold_every_figure(study):
    data = study.as_data()
    assert len(data["scores"]) == 3 * 2 * 7 * 4
    assert data["scores"][0].keys() >= {
        "scope",
        "level",
        "known",
        "metric",
        "mean",
        "low",
        "high",
        "n",
        "places",
    }
    assert {row["level"] for row in data["choices"]} == {ALL, COMMUNITY, PERSON, WITHIN}
    assert study.score(BASE, 1).n == 40
