"""Nothing of a held-out thread, and nothing later, reaches what is learned: by planted markers, and by changing it."""

from __future__ import annotations

from dataclasses import asdict, replace
from random import Random

import pytest
from small_corpora import make_corpus, pseudonym, said, voted
from small_runs import cells, forum, items_for, moment, simulation_of

from bench.baselines import MeanShare
from bench.evaluate import run_benchmark
from bench.split import hold_out
from personas.persona import remember
from personas.pooling import pooled
from personas.sources.records import PostRecord, VoteRecord
from simulator.journal import JOURNAL

SPLITS = [("endorsement", "time"), ("endorsement", "random"), ("agreement", "random"), ("choice", "random")]
LATE = moment(100)


def statements():
    """Thirty members in two camps who vote on twelve statements, undated."""
    for number in range(12):
        post = f"tea:{number:02}"
        yield said(
            post, f"We should hold view {number} on leaves", kind="statement", author=f"person {number % 30}"
        )
        for person in range(30):
            value = 1 if (person % 2) ^ (number % 3 > 0) else -1
            yield voted(post, value, f"person {person}")


def questions():
    """Three groups that chose among the options of ten questions, as counts."""
    for number in range(10):
        post = f"q:{number:02}"
        yield said(
            post, f"Question {number}, what about leaves?", community="", kind="question", tags=("leaves",)
        )
        for option in range(3):
            text = f"Take choice {option} of {number}"
            yield said(f"{post}/{option}", text, community="", kind="option", parent=post)
            for group in range(3):
                yield voted(
                    f"{post}/{option}", 1, community=f"group{group}", count=9 + number + 7 * option * group
                )


RECORDS = {"endorsement": forum, "agreement": statements, "choice": questions}


def with_secrets(ballot, by, held_out, mark, *, texts=None):
    """Return the records with ``mark`` all over what must not be seen, and votes that depend on it.

    ``texts`` marks the texts otherwise, so that votes can change and texts stay.
    """
    texts = texts or mark
    records = [_marked(record, held_out, mark, texts) for record in RECORDS[ballot]()]
    if ballot != "choice":
        posts = [each for each in records if isinstance(each, PostRecord) and each.thread in held_out]
        votable = [each for each in posts if each.parent or ballot == "agreement"]
        records += [
            voted(each.post, 1, f"{mark}voter", community=each.community, created=each.created)
            for each in votable
        ]
    return [*records, *_later(mark, texts)] if by == "time" else records


def _marked(record, held_out, mark, texts):
    if isinstance(record, PostRecord) and record.thread in held_out:
        title, tags = (f"{texts}title", (f"{texts}tag",)) if record.parent is None else ("", ())
        author = record.author and f"{mark}author"
        text = f"{texts}text {record.text} And {texts}more of it we like to say."
        return replace(record, title=title, text=text, tags=tags, author=author)
    if isinstance(record, VoteRecord) and record.post.partition("/")[0] in held_out:
        flip = Random(f"{mark} {record.post} {record.voter}").random() < 0.5
        if record.voter is None:
            return record._replace(count=record.count + 50 * flip)
        return record._replace(value=-record.value if flip else record.value)
    return record


def _later(mark, texts):
    """Replies to threads that are learned from, and votes on earlier posts, both of later days."""
    for number in range(4):
        answer, top = f"tea:{number:02}/late", f"tea:{number:02}"
        yield said(
            answer,
            f"We {texts}late warm the pot now.",
            parent=top,
            kind="answer",
            author=f"{mark}late",
            created=LATE,
        )
        yield said(
            f"{answer}/c",
            f"{texts}aside",
            parent=answer,
            thread=top,
            kind="comment",
            author="tea person 1",
            created=LATE,
        )
        yield voted(answer, 1, "tea person 2", created=LATE)
        for voter in range(len(mark)):
            yield voted(f"{top}/0", 1 if mark < "b" else -1, f"{mark}later{voter}", created=LATE)
        yield voted(f"{top}/1", -1 if mark < "b" else 1, "tea person 7", created=LATE)


def marks_of(ballot, by, mark):
    """Return every marker that was planted: words of texts, and the pseudonyms of members."""
    words = [f"{mark}text", f"{mark}more"] + [f"{mark}title"] * (ballot != "agreement") + [f"{mark}tag"]
    people = [] if ballot == "choice" else [f"{mark}author", f"{mark}voter"]
    if by == "time":
        words += [f"{mark}late", f"{mark}aside"]
        people += [f"{mark}late", f"{mark}later0"]
    return [*words, *map(pseudonym, people)]


@pytest.fixture(scope="module")
def split_of(tmp_path_factory):
    made = {}

    def make(ballot, by, mark, *, texts=None):
        if (ballot, by, mark, texts) in made:
            return made[ballot, by, mark, texts]
        home = tmp_path_factory.mktemp("corpora")
        with make_corpus(home / "plain", RECORDS[ballot](), ballot=ballot) as plain:
            held_out = hold_out(plain, seed=5, by=by).held_out
        records = with_secrets(ballot, by, held_out, mark, texts=texts)
        split = hold_out(make_corpus(home / "corpus", records, ballot=ballot), seed=5, by=by)
        assert split.held_out == held_out
        return made.setdefault((ballot, by, mark, texts), split)

    yield make
    for split in made.values():
        split.train.close()
        split.whole.close()


def fitted(predictor, items):
    predictor.fit(items)
    return predictor


def learned(corpus, seen):
    """Return all that is learned from a corpus, each part written out to the last byte.

    Args:
        corpus: what is learned from.
        seen: a function of the membership that gives the items that baselines learn from.
    """
    simulation = simulation_of(corpus)
    setting, settings = simulation.setting, simulation.settings
    names, graph = setting.membership.names, setting.graph
    panels = {name: setting.panel(name, settings) for name in names}
    rooms = {name: setting.room(name, settings) for name in names}
    everyone, items = pooled(setting.stores), seen(setting.membership)
    return {
        "tables": repr(
            [corpus.rows(f"SELECT * FROM {table} ORDER BY ALL") for table in ("members", "posts", "votes")]
        ),
        "graph": repr([graph.members, graph.topic_names, graph.notes]),
        "ties": repr([part.toarray().tolist() for part in (graph.identity, graph.bond, graph.topics)]),
        "communities": repr([setting.membership, setting.groups]),
        "cohesion": repr(setting.cohesion),
        "norms": repr([setting.stores[name].norms for name in names]),
        "vectors": repr([setting.stores[name].vectors.tolist() for name in names]),
        "sharpness": repr(setting.sharpness),
        "profiles": repr(setting.profiles),
        "panels": repr(panels),
        "rooms": repr([(room.ties.tolist(), room.susceptibility) for room in rooms.values()]),
        "memories": repr(
            [remember(panels[name], setting.stores[name], seed=settings.seed).tolist() for name in names]
        ),
        "descriptions": repr([simulation.describe(name) for name in names]),
        "everyone": repr([everyone.norms, everyone.vectors.tolist()]),
        "rates": repr([fitted(MeanShare(over=over), items)._means for over in ("community", "place")]),
        "answers": repr(simulation.run(items_for(4)).preferences()),
    }


def learned_of(split):
    return learned(split.train, split.learned)


@pytest.mark.parametrize(("ballot", "by"), SPLITS)
def test_a_planted_marker_reaches_nothing_that_is_learned(split_of, ballot, by):
    split = split_of(ballot, by, "zq")
    assert split.by == by
    for part, text in learned_of(split).items():
        assert [mark for mark in marks_of(ballot, by, "zq") if mark in text] == [], part


@pytest.mark.parametrize(("ballot", "by"), SPLITS)
def test_every_planted_marker_would_be_found_if_nothing_were_hidden(split_of, ballot, by):
    """The counterpart without which the test above could not fail."""
    split = split_of(ballot, by, "zq")
    whole = replace(split, train=split.whole)
    parts = learned(split.whole, whole.learned)
    missing = [mark for mark in marks_of(ballot, by, "zq") if mark not in parts["tables"]]
    assert missing == []
    told = {part for part, text in parts.items() if any(mark in text for mark in marks_of(ballot, by, "zq"))}
    assert {"norms", "everyone"} <= told
    if ballot == "endorsement":
        assert {"graph", "communities", "profiles", "descriptions"} <= told


@pytest.mark.parametrize(("ballot", "by"), SPLITS)
def test_a_benchmark_writes_no_marker_but_in_the_items_themselves(split_of, tmp_path, ballot, by):
    split = split_of(ballot, by, "zq")
    run, card = run_benchmark(simulation_of(split.train), split, out=tmp_path)
    assert "zqtext" in repr(card.worst), "what was got wrong is shown as it stands in the items"
    card = replace(card, worst=())
    run.journal.set_facts({"scores": card.as_data()})
    run.journal.close()
    assert "zqtext" in cells(tmp_path / JOURNAL)
    text = cells(tmp_path / JOURNAL, but=["items"])
    assert [mark for mark in marks_of(ballot, by, "zq") if mark in text] == []
    assert "zq" not in repr(card)


@pytest.mark.parametrize(("ballot", "by"), SPLITS)
def test_other_secrets_change_nothing_that_is_learned_to_the_byte(split_of, ballot, by):
    one, other = (learned_of(split_of(ballot, by, mark)) for mark in ("azq", "bzqq"))
    assert [part for part in one if one[part] != other[part]] == []


@pytest.mark.parametrize(("ballot", "by"), SPLITS)
def test_other_secrets_would_change_what_is_learned_if_nothing_were_hidden(split_of, ballot, by):
    splits = [split_of(ballot, by, mark) for mark in ("azq", "bzqq")]
    one, other = (learned(split.whole, replace(split, train=split.whole).learned) for split in splits)
    changed = {part for part in one if one[part] != other[part]}
    assert {"tables", "norms", "vectors", "everyone", "answers"} <= changed


@pytest.mark.parametrize(("ballot", "by"), SPLITS)
def test_other_votes_on_what_is_held_out_change_no_prediction_of_it(split_of, ballot, by):
    predictions, votes = [], []
    for mark in ("azq", "bzqq"):
        split = split_of(ballot, by, mark, texts="zq")
        simulation = simulation_of(split.train)
        items = split.items(simulation.setting.membership).items
        assert len(items) >= 3
        predictions.append(simulation.run(items).preferences())
        votes.append([{name: vote.shares for name, vote in item.votes.items()} for item in items])
    assert predictions[0] == predictions[1]
    assert votes[0] != votes[1], "the votes did change"


def test_members_of_whom_nothing_is_left_are_no_candidates_for_a_panel(split_of):
    split = split_of("endorsement", "time", "zq")
    simulation = simulation_of(split.train, panel=40)
    members = {
        persona.member
        for name in ("tea", "cats")
        for persona in simulation.setting.panel(name, simulation.settings).personas
    }
    assert members == {
        pseudonym(f"{name} person {number}") for name in ("tea", "cats") for number in range(8)
    }


def test_the_scores_of_the_whole_are_as_they_were_after_a_benchmark(split_of):
    """A view narrows what is read through it and nothing else."""
    split = split_of("endorsement", "time", "zq")
    before = split.items(split.whole.given())
    run_benchmark(simulation_of(split.train), split)
    assert [asdict(item) for item in split.items(split.whole.given()).items] == [
        asdict(item) for item in before.items
    ]
