"""From a corpus to a score card, where the truth is known: votes that follow the texts, and votes that follow nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest
from small_corpora import about, said, voted
from small_runs import forum, moment, simulation_of

from bench.evaluate import LEFT_OUT, run_benchmark
from bench.metrics import jensen_shannon
from bench.split import hold_out
from bench.tasks.cases import CEILING
from bench.tasks.community_identification import BY_PREFERENCE, BY_TEXT, GUESS
from bench.tasks.generation import OWN
from simulator.journal.codec import to_text
from simulator.run import Run

THEMES = {
    "patience": "wait slowly and calmly for a good while",
    "haste": "hurry and rush through it at once",
    "thrift": "save money with cheap old tools",
    "luxury": "spend freely on rare golden things",
}
LIKED = {"tea": ("patience", "thrift"), "cats": ("haste", "luxury")}
SIMULATED = "norm judge (offline, no language model)"
UNIVERSAL = "universal predictor (all communities' norms pooled)"
MAJORITY = "majority option (the community's own mean rate)"
TASKS = {
    "preference identification",
    "preference distribution",
    "community-consistent generation",
    "community identification",
}


def threads(rate, *, count=36, communities=("tea", "cats"), seed=1):
    """Two answers a thread, each on a theme of its own; ``rate`` gives the chance of an up vote."""
    rng = np.random.default_rng(seed)
    for community in communities:
        yield about(community, f"On {community}")
        for number in range(count):
            post = f"{community}:{number:03}"
            yield said(
                post, f"What should we do {number}?", title="What should we do?", kind="question", community=community,
                author=f"{community} {number % 7}", tags=("doing",), created=moment(number),
            )  # fmt: skip
            pair = (
                rng.permutation(list(THEMES))[:2]
                if rng.random() < 0.5
                else rng.permutation(["patience", "haste"])
            )
            for step, theme in enumerate(pair):
                answer = f"{post}/{step}"
                yield said(
                    answer, f"You should {THEMES[theme]}, {number}.", parent=post, kind="answer", community=community,
                    author=f"{community} {rng.integers(7)}", created=moment(number + 0.1),
                )  # fmt: skip
                up = int(rng.binomial(24, rate(community, str(theme), rng)))
                for value, votes in ((1, up), (-1, 24 - up)):
                    if votes:
                        yield voted(
                            answer, value, community=community, count=votes, created=moment(number + 0.2)
                        )


def by_taste(community, theme, rng):
    return 0.85 if theme in LIKED[community] else 0.15


def by_chance(community, theme, rng):
    return rng.choice([0.2, 0.8])


def measured(corpus, **known):
    split = hold_out(corpus, seed=1)
    return run_benchmark(simulation_of(split.train, panel=9), split, **known)


def rows_of(card, task, metric):
    (found,) = [each for each in card.tasks if (each.task, each.metric) == (task, metric)]
    return {row.predictor: row for row in found.rows}


@pytest.fixture(scope="module")
def tasteful(tmp_path_factory):
    from small_corpora import make_corpus

    with make_corpus(tmp_path_factory.mktemp("taste") / "corpus", threads(by_taste)) as corpus:
        yield measured(corpus)[1]


def test_where_votes_follow_what_is_said_the_norm_judge_finds_the_preferred_answer(tasteful):
    rows = rows_of(tasteful, "preference identification", "accuracy")
    assert rows[SIMULATED].mean > 0.85
    assert 0.4 < rows["uniform guess"].mean < 0.6
    for baseline in ("uniform guess", MAJORITY, "longest option", "first-posted option", UNIVERSAL):
        ahead = rows[baseline].ahead  # with two communities, no interval is narrow enough for more
        assert ahead["mean"] > 0.25 and ahead["probability"] > 0.99, baseline
        assert rows[baseline].role == ("control" if baseline == UNIVERSAL else "baseline")
    assert rows[CEILING].mean >= rows[SIMULATED].mean


def test_where_votes_follow_what_is_said_the_norm_judge_errs_less_on_shares(tasteful):
    rows = rows_of(tasteful, "preference distribution", "mean absolute error of a share")
    for baseline in ("uniform guess", MAJORITY, UNIVERSAL):
        assert rows[baseline].ahead["low"] > 0, baseline
    assert rows[SIMULATED].mean > rows[CEILING].mean / 2**0.5, "who knew the true rates would err that little"


def test_baselines_that_name_one_option_give_no_distribution(tasteful):
    identified = rows_of(tasteful, "preference identification", "accuracy")
    for metric in ("Kendall τ-b", "log loss (bits)", "Jensen–Shannon divergence (base 2)"):
        rows = rows_of(tasteful, "preference distribution", metric)
        assert set(identified) - set(rows) == {"longest option", "first-posted option"}


def test_communities_of_opposite_taste_are_told_apart_by_their_votes(tasteful):
    rows = rows_of(tasteful, "community identification", "accuracy")
    assert rows[BY_PREFERENCE].mean > 0.85
    assert rows["uniform guess"].mean == 0.5


def test_all_four_tasks_are_scored_on_the_same_held_out_items_and_everything_is_noted(tasteful):
    assert {task.task for task in tasteful.tasks} == TASKS
    assert all(task.rows for task in tasteful.tasks)
    assert tasteful.predictor == SIMULATED
    assert (tasteful.corpus["source"], tasteful.corpus["fictional"]) == ("list", False)
    told = "; ".join(tasteful.notes)
    for word in ("the latest 50% of the threads held out", "2 communities, given", "sharpness τ"):
        assert word in told


@pytest.mark.parametrize("seed", range(3))
def test_where_votes_are_chance_no_lead_is_claimed(corpus_of, seed):
    _, card = measured(corpus_of(threads(by_chance, seed=seed)))
    rows = rows_of(card, "preference identification", "accuracy")
    ahead = rows["uniform guess"].ahead
    assert ahead["low"] <= 0.02, "the judge cannot know what nobody knows"
    assert 0.25 < rows[SIMULATED].mean < 0.75
    assert rows[CEILING].mean > 0.75, "the votes themselves would repeat"


def test_with_one_community_what_needs_another_says_that_there_is_nothing_to_score(corpus_of):
    _, card = measured(corpus_of(threads(by_taste, communities=("tea",))))
    gaps = {(task.task, task.metric): task.note for task in card.tasks if not task.rows}
    assert set(gaps) == {
        ("community-consistent generation", "recognised"),
        ("community identification", "accuracy"),
    }
    assert all(note.startswith("nothing to score: one community only") for note in gaps.values())
    assert rows_of(card, "preference identification", "accuracy")[SIMULATED].by == "items"
    assert "warning: one community only: nothing can be compared between communities" in card.notes


def test_a_corpus_without_votes_is_refused_with_the_reasons(corpus_of):
    records = [
        said(f"q{number}/{step}" if step else f"q{number}", parent=f"q{number}" if step else None,
             kind="answer" if step else "question", created=moment(number))
        for number in range(6) for step in range(3)
    ]  # fmt: skip
    with pytest.raises(
        Exception, match=r"no held-out item has real votes.*no votes on any reply: 3"
    ) as caught:
        measured(corpus_of(records))
    assert type(caught.value).__name__ == "InputError"


def test_a_corpus_without_replies_is_refused(corpus_of):
    records = [said(f"q{number}", kind="question", created=moment(number)) for number in range(6)]
    with pytest.raises(Exception, match="there are no replies") as caught:
        measured(corpus_of(records))
    assert type(caught.value).__name__ == "InputError"


def test_found_communities_whose_votes_nobody_knows_are_refused_with_the_reason(corpus_of):
    split = hold_out(corpus_of(forum(24)), seed=1)
    simulation = simulation_of(split.train, communities="found")
    with pytest.raises(Exception, match="votes of the whole place, and not of the communities found in it"):
        run_benchmark(simulation, split)


def test_a_benchmark_is_the_same_twice_and_its_scores_are_in_the_journal(corpus_of, tmp_path):
    corpus = corpus_of(threads(by_taste, count=10))
    run, card = measured(corpus, out=tmp_path / "run")
    run.journal.close()
    with Run.open(tmp_path / "run").journal as journal:
        held = journal.fact("scores")
        assert {item.item for item in journal.items()} == hold_out(corpus, seed=1).held_out
    assert json.dumps(held, sort_keys=True) == json.dumps(rounded(card.as_data()), sort_keys=True)
    assert measured(corpus)[1] == card


def test_what_stands_beside_a_run_is_kept_judgement_by_judgement_as_it_was_scored(corpus_of, tmp_path):
    run, card = measured(corpus_of(threads(by_taste, count=10)), out=tmp_path / "run")
    run.journal.close()
    scored = rows_of(card, "preference distribution", "Jensen–Shannon divergence (base 2)")
    with Run.open(tmp_path / "run").journal as journal:
        jobs = journal.jobs(count=1_000)
        for name in (UNIVERSAL, "uniform guess"):
            found = [
                jensen_shannon(said[name], item.votes[community].shares)
                for _, community, item, _ in jobs
                if name in (said := journal.predictions(item.item, community))
            ]
            assert len(found) == scored[name].n
            assert np.mean(found) == pytest.approx(scored[name].mean, abs=1e-6)
        assert SIMULATED not in journal.predictions(*jobs[0][:2])


def rounded(value):
    return json.loads(to_text(value))


def test_without_a_model_the_offline_readers_and_retrieval_are_the_simulation(corpus_of):
    _, card = measured(corpus_of(threads(by_taste, count=10)))
    named = rows_of(card, "community identification", "accuracy")
    assert {name for name, row in named.items() if row.role == "simulation"} == {BY_PREFERENCE, BY_TEXT}
    assert set(named) == {BY_PREFERENCE, BY_TEXT, GUESS, CEILING}
    answers = rows_of(card, "community-consistent generation", "recognised")
    assert {name for name, row in answers.items() if row.role == "simulation"} == {OWN}
    assert not any("answers" in note or "generation" in note for note in card.notes)


def test_the_two_preference_tasks_alone_are_scored_as_among_all_four(corpus_of):
    corpus = corpus_of(threads(by_taste, count=10))
    whole, part = measured(corpus)[1], measured(corpus, tasks="preference")[1]
    assert part.tasks == tuple(each for each in whole.tasks if each.task.startswith("preference"))
    assert LEFT_OUT in part.notes


def test_a_limit_judges_the_first_items_alone(corpus_of):
    corpus = corpus_of(threads(by_taste, count=16))
    told = []
    run, _ = measured(corpus, limit=5, advance=lambda *count: told.append(count))
    assert told[-1] == (5, 5)
    split = hold_out(corpus, seed=1)
    simulation = simulation_of(split.train, panel=9)
    items = split.items(simulation.setting.membership).items
    assert [item.item for item in run.journal.items()] == [item.item for item in items[:5]]
    assert run.preferences().items() <= simulation.run(items).preferences().items()


def statements(count=24, *, people=40):
    """Two camps: they differ on statements about rules, and agree on those about food."""
    for number in range(count):
        post, theme = f"town:{number:02}", ("rules", "food")[number % 2]
        text = ("strict rules and heavy fines matter", "fresh bread and warm soup matter")[number % 2]
        yield said(post, f"I think that {text} {number}", kind="statement", community="town", author="p0")
        for person in range(people):
            camp = person % 2
            likes = theme == "food" or camp
            rng = np.random.default_rng([number, person])
            yield voted(
                post, 1 if (rng.random() < 0.9) == bool(likes) else -1, f"p{person}", community="town"
            )


def test_on_statements_found_groups_are_predicted_better_than_by_their_mean_rate(corpus_of):
    split = hold_out(corpus_of([about("town", "The town"), *statements()], "agreement"), seed=2)
    _, card = run_benchmark(simulation_of(split.train, panel=9, smallest=5), split)
    rows = rows_of(card, "preference distribution", "mean absolute error of a share")
    for baseline in (MAJORITY, "majority option (mean rate of the whole place)", "uniform guess", UNIVERSAL):
        assert rows[baseline].ahead["mean"] > 0, baseline
    assert "longest option" not in rows_of(card, "preference identification", "accuracy")
    assert any("2 communities, found: " in note for note in card.notes)


def questions(count=16):
    """Groups of two ages that choose on a scale; the old always say the first, the young the last."""
    for number in range(count):
        post = f"q{number:02}"
        yield said(post, f"How often, {number}?", community="", kind="question", tags=("ordered",))
        for option, text in enumerate(("never", "sometimes", "always")):
            yield said(f"{post}/{option}", text, community="", kind="option", parent=post)
            for group, counts in (("old", (30, 9, 3)), ("young", (3, 9, 30))):
                yield voted(f"{post}/{option}", 1, community=group, count=counts[option] + number % 3)


def test_on_choices_groups_are_told_apart_and_scales_have_the_earth_movers_distance(corpus_of):
    split = hold_out(corpus_of(questions(), "choice"), seed=2)
    _, card = run_benchmark(simulation_of(split.train, panel=9), split)
    assert rows_of(card, "preference identification", "accuracy")[SIMULATED].mean == 1
    rows = rows_of(card, "preference distribution", "earth mover's distance (ordered options)")
    assert rows["uniform guess"].ahead["low"] > 0
    assert rows_of(card, "community identification", "accuracy")[BY_PREFERENCE].mean == 1
    gaps = [task.note for task in card.tasks if not task.rows]
    assert gaps == ["nothing to score: the options are given, nobody writes an answer"]


def test_a_community_that_is_only_held_out_abstains_and_is_scored_as_a_guess(corpus_of):
    late = [
        record
        for record in threads(by_taste, count=4, communities=("cats",))
        if getattr(record, "post", None) and record.post[5:8] in {"002", "003"}
    ]
    shared = said(
        "tea:000/x", "I also say so.", parent="tea:000", kind="answer", author="cats 2", created=moment(0.1)
    )
    shifted = [_shifted(record, 100) for record in late]
    _, card = measured(corpus_of([*threads(by_taste, communities=("tea",)), *shifted, shared]))
    rows = rows_of(card, "preference identification", "accuracy")
    assert rows[SIMULATED].communities == 2
    assert any("cats: no endorsed post" in note for note in card.notes)


def _shifted(record, days):
    from dataclasses import replace
    from datetime import timedelta

    created = record.created and record.created + timedelta(days=days)
    return record._replace(created=created) if isinstance(record, tuple) else replace(record, created=created)
