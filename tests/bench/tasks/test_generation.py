from __future__ import annotations

import pytest
from small_runs import store_of

from bench.metrics import mean_pairwise_similarity
from bench.tasks import generation as task
from bench.tasks.generation import generation
from bench.tasks.prompted import half, prompts_of
from personas.community import Community, Membership
from personas.pooling import pooled
from simulator.item import Item, Option, RealVotes

WORDS = {
    "tea": "pot leaves water kettle cup brew steep warm".split(),
    "cats": "paw fur whisker purr mouse basket brush tail".split(),
}


def sayings(name, count=16):
    words = WORDS[name]
    return [
        f"{words[n % 8]} {words[(n + 1) % 8]} {words[(n // 8 + 3 * n) % 8]} number{n}" for n in range(count)
    ]


STORES = {
    name: store_of(sayings(name), community=name, posts=[f"{name}:{n:02}" for n in range(16)])
    for name in WORDS
}
MEMBERSHIP = Membership(
    communities=tuple(
        Community(name=name, title=f"On {name}, group 1", members=(), origin="given", within=name)
        for name in WORDS
    ),
    origin="given",
)


def items_of(count=4, kind="endorsement"):
    found = []
    for name, words in WORDS.items():
        for number in range(count):
            options = (
                Option(text=f"{words[number]} badly"),
                Option(text=f"{words[number]} {words[number + 1]} well"),
            )
            votes = {name: RealVotes(shares=(0.2, 0.8), voters=20, margin=12)}
            found.append(
                Item(item=f"{name}{number}", query=f"{words[number]} ?", options=options, kind=kind, votes=votes,
                     community=name)
            )  # fmt: skip
    return found


def scored(items, words, stores=STORES, membership=MEMBERSHIP, seed=1):
    tasks = generation(items, stores, pooled(stores), membership, words, seed=seed)
    return {each.metric: {row.predictor: row for row in each.rows} for each in tasks}, tasks


def test_where_each_community_has_words_of_its_own_its_answers_are_recognised(words):
    rows, _ = scored(items_of(), words)
    recognised = rows["recognised"]
    assert recognised[task.OWN].mean == recognised[task.RANDOM].mean == recognised[task.REAL].mean == 1
    assert recognised["uniform guess"].mean == 0.5
    assert task.ANOTHER not in recognised
    assert (recognised[task.OWN].role, recognised[task.REAL].role) == ("simulation", "ceiling")


def test_nearness_is_the_cosine_to_the_answer_that_was_endorsed_most(words):
    rows, _ = scored(items_of(), words)
    near = rows["cosine to the real top answer"]
    # The other answer shares one word of two with one of three: 1 / sqrt(2 * 3).
    assert near[task.ANOTHER].mean == pytest.approx(1 / 6**0.5, abs=1e-6)
    assert task.REAL not in near
    assert near[task.OWN].mean > near[task.RANDOM].mean


def test_generator_and_classifier_learn_from_disjoint_halves_of_the_posts(words, monkeypatch):
    written, learned = [], []
    draw = task.RetrievalGenerator.draw

    def seen(self, query, store, *, count):
        written.append({norm.post for norm in store.norms})
        return draw(self, query, store, count=count)

    halved = half

    def split(store, seed, which):
        found = halved(store, seed, which)
        if which == 1:
            learned.append({norm.post for norm in found.norms})
        return found

    monkeypatch.setattr(task.RetrievalGenerator, "draw", seen)
    monkeypatch.setattr(task, "half", split)
    scored(items_of(), words)
    from_posts, by_posts = set().union(*written), set().union(*learned)
    assert from_posts
    assert by_posts
    assert not from_posts & by_posts
    assert from_posts | by_posts == {norm.post for store in STORES.values() for norm in store.norms}


def test_halves_are_the_same_for_a_post_in_every_store_and_keep_its_vector():
    everyone = pooled(STORES)
    for which in (0, 1):
        own = {norm.post for store in STORES.values() for norm in half(store, 3, which).norms}
        part = half(everyone, 3, which)
        assert {norm.post for norm in part.norms} == own
        places = [[norm.post for norm in everyone.norms].index(norm.post) for norm in part.norms]
        assert (part.vectors == everyone.vectors[places]).all()


def test_a_half_is_searched_by_its_own_index(words):
    store = STORES["tea"]
    store.nearest(store.vectors[:1], 3)
    part = half(store, 1, 0)
    assert part.nearest(part.vectors, 1)[1][:, 0].tolist() == list(range(len(part.norms)))


def test_candidate_sets_are_measured_and_diverse_ones_are_less_alike(words):
    rows, tasks = scored(items_of(8 - 1), words)
    similarity, vendi = rows["mean pairwise similarity of a set"], rows["Vendi score of a set (1 to 4)"]
    independent, diverse = (
        f"{task.OWN}, {sampling} sets of 4" for sampling in ("independent", "negatively-correlated")
    )
    assert set(similarity) == set(vendi) == {independent, diverse}
    assert similarity[diverse].mean < similarity[independent].mean
    assert 1 < vendi[independent].mean < vendi[diverse].mean <= 4
    assert [each.better for each in tasks] == ["higher", "higher", "lower", "higher"]


def test_the_similarity_of_a_set_is_that_of_the_texts_that_are_generated(words):
    generator = task.RetrievalGenerator(words, seed=1, sampling="independent")
    items = items_of(1)[:1]
    rows, _ = scored(items, words)
    pool = half(STORES["tea"], 1, 0)
    options = generator.draw(items[0].query, pool, count=4)
    expected = mean_pairwise_similarity(words.embed([option.text for option in options]))
    row = rows["mean pairwise similarity of a set"][f"{task.OWN}, independent sets of 4"]
    assert row.mean == pytest.approx(expected)


def test_with_one_community_nothing_is_recognised_and_the_rest_is_scored(words):
    items = [item for item in items_of() if item.community == "tea"]
    rows, tasks = scored(items, words, stores={"tea": STORES["tea"]}, membership=MEMBERSHIP)
    assert tasks[0].rows == ()
    assert tasks[0].note.startswith("nothing to score: one community only")
    assert rows["cosine to the real top answer"][task.OWN].n == 4


def test_choices_among_given_options_leave_nothing_to_write(words):
    (only,) = generation(items_of(kind="choice"), STORES, pooled(STORES), MEMBERSHIP, words, seed=1)
    assert (only.rows, only.note) == ((), "nothing to score: the options are given, nobody writes an answer")


def test_a_community_without_norms_writes_nothing_and_is_counted(words):
    stores = {**STORES, "cats": store_of([], community="cats")}
    rows, _ = scored(items_of(), words, stores=stores)
    row = rows["cosine to the real top answer"][task.OWN]
    assert (row.n, row.note) == (4, "undefined for 4")


def test_of_statements_the_most_agreed_with_are_the_real_ones_and_the_topic_is_what_is_asked():
    items = [
        Item(
            item=f"s{number}",
            query=f"statement {number}",
            options=(Option(text="Agree"), Option(text="Disagree", polarity=-1)),
            kind="agreement",
            votes={"tea": RealVotes(shares=(share, 1 - share), voters=20)},
        )
        for number, share in enumerate((0.1, 0.9, 0.5, 0.8, 0.7))
    ]
    prompts = prompts_of(items, MEMBERSHIP, seed=1)
    assert {prompt.query for prompt in prompts} == {"On tea"}
    assert sorted((prompt.best, prompt.other) for prompt in prompts) == [
        ("statement 1", "statement 3"),
        ("statement 4", "statement 2"),
    ]


def test_at_the_most_sixty_prompts_of_a_community_are_scored():
    items = [item for n in range(35) for item in _numbered(items_of(2), n)]
    prompts = prompts_of(items, MEMBERSHIP, seed=1)
    assert [sum(prompt.community == name for prompt in prompts) for name in WORDS] == [60, 60]
    assert prompts == prompts_of(items, MEMBERSHIP, seed=1) != prompts_of(items, MEMBERSHIP, seed=2)
    few = prompts_of(items, MEMBERSHIP, seed=1, most=3)
    assert set(few) < set(prompts)
    first = {item.item for name in WORDS for item in [item for item in items if name in item.votes][:3]}
    assert {prompt.item for prompt in few} != first, "they are drawn, not the first of the list"


def _numbered(items, number):
    from dataclasses import replace

    return [replace(item, item=f"{item.item}/{number}") for item in items]
