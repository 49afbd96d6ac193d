"""A benchmark is built from a made corpus: whole, without leaks, the same each time, and honest about itself."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from made_forum import forum, moment, sentence
from small_corpora import about, joined, make_corpus, pseudonym, said, voted
from word_embedder import WordEmbedder

from bench.benchmark import PARTS, Benchmark
from bench.construction import MaskedBenchmark, construct
from personas import InputError
from personas.near import normalised


def build(corpus, out, **options):
    options.setdefault("seed", 7)
    return construct(corpus, out=out, embedder=WordEmbedder(), **options)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A benchmark of a forum with a bot, a copy, and a community that names itself in every text."""
    folder = tmp_path_factory.mktemp("built")
    extra = [about("tea", "The tea room")]
    for number in range(12):
        text = "Buy the finest kettles of the whole wide world today, and buy them only here!"
        extra.append(
            said(f"spam{number}", text, parent="tea:000", kind="answer", created=moment(1), author="shop")
        )
    copied = forum()[0].text
    extra.append(
        said(
            "tea:copy",
            copied.upper(),
            title="Another headline",
            kind="question",
            created=moment(19),
            author="thief",
        )
    )
    records = forum(threads=40, replies=6, cue=lambda name: "r/tea " if name == "tea" else "")
    with make_corpus(folder / "corpus", [*records, *extra]) as corpus:
        benchmark = build(corpus, folder / "out")
        return benchmark, corpus


def everything(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_every_part_has_items_and_the_folder_is_as_its_manifest_says(built):
    benchmark, _ = built
    assert all(benchmark.size(part) == len(list(benchmark.items(part))) > 0 for part in PARTS)
    benchmark.verify()
    assert set(benchmark.communities) == {"cats", "tea"}
    assert (benchmark.folder / "DATASHEET.md").is_file()
    assert {path.name for path in (benchmark.folder / "tasks").iterdir()} == {
        f"{task}.{part}.jsonl"
        for task in (
            "preference-identification",
            "preference-distribution",
            "community-consistent-generation",
            "community-identification",
        )
        for part in ("validation", "test")
    }


def test_the_bot_and_the_copy_are_gone_and_counted(built):
    benchmark, _ = built
    assert benchmark.manifest.left_out["post: by a bot"] == 12
    assert benchmark.manifest.left_out["bot: most of its posts repeat each other"] == 1
    said_anywhere = b"".join(everything(benchmark.folder).values()).decode()
    assert "finest kettles" not in said_anywhere


def test_no_item_offers_more_than_four_options_and_all_have_their_criteria(built):
    benchmark, _ = built
    for part in PARTS:
        for record in benchmark.records(part):
            assert record.item.size == 4
            criteria = record.about["criteria"]
            assert criteria["offered"] == 6
            assert 0 <= criteria["divergence"] <= 2 and 0 <= criteria["polarity"] <= 2
            [votes] = record.item.votes.values()
            assert criteria["contrast"] == pytest.approx(max(votes.shares) - min(votes.shares), abs=1e-6)
            assert votes.voters == sum(votes.up) + sum(votes.down)


def test_no_item_of_any_part_is_below_the_floors_of_the_training_part(built):
    benchmark, _ = built
    floors = benchmark.manifest.more["criteria"]["floors"]
    assert set(floors) == {"divergence", "polarity", "contrast"}
    assert benchmark.manifest.left_out["item: its divergence is below the floor"] > 0
    for part in PARTS:
        for record in benchmark.records(part):
            assert all(record.about["criteria"][name] >= floor - 1e-6 for name, floor in floors.items())


def test_no_text_of_a_part_stands_in_another_nor_in_what_is_known(built):
    benchmark, _ = built
    texts = {}
    for part in PARTS:
        found = [(item.query, *(option.text for option in item.options)) for item in benchmark.items(part)]
        texts[part] = {normalised(text) for each in found for text in each}
    known = {normalised(norm.text) for each in benchmark.communities.values() for norm in each.norms}
    assert texts["train"] & known, "norms are made of the training part"
    assert not (texts["validation"] | texts["test"]) & (texts["train"] | known)
    assert not texts["validation"] & texts["test"]


def test_profiles_and_norms_rest_on_posts_of_the_training_part_alone(built):
    benchmark, _ = built
    last = max(item.created for item in benchmark.items("train"))
    assert last < min(item.created for item in benchmark.items("validation"))
    assert max(i.created for i in benchmark.items("validation")) < min(
        i.created for i in benchmark.items("test")
    )
    held = {
        option.post for part in ("validation", "test") for i in benchmark.items(part) for option in i.options
    }
    held |= {item.item for part in ("validation", "test") for item in benchmark.items(part)}
    for known in benchmark.communities.values():
        assert known.norms and known.profile
        assert not {norm.post for norm in known.norms} & held
        sentences = (*known.profile.identity, *known.profile.bond)
        assert not {post for each in sentences for post in each.posts} & held


def test_the_planted_cue_gives_the_community_away_until_it_is_masked(built):
    benchmark, _ = built
    found = benchmark.manifest.more["weaknesses"]["identification"]
    accuracy = {row["cues"]: row["accuracy"]["mean"] for row in found["rows"]}
    assert found["chance"]["mean"] == 0.5
    assert accuracy["names and surface, as written"] == 1.0
    assert accuracy["names and surface, once masked"] < 0.85
    texts = [
        t
        for r in benchmark.records("test")
        for t in (r.about["masked"]["query"], *r.about["masked"]["options"])
    ]
    assert not any("tea" in text for text in texts)
    tasks = (benchmark.folder / "tasks" / "community-identification.test.jsonl").read_text()
    assert "r/tea" not in "".join(
        json.dumps(json.loads(line)["given"]["responses"]) for line in tasks.splitlines()
    )


def test_a_masked_benchmark_reads_the_items_in_masked_words(built):
    benchmark, _ = built
    masked = MaskedBenchmark.open(benchmark.folder)
    for plain, cut in zip(benchmark.items("test"), masked.items("test"), strict=True):
        assert plain.item == cut.item and plain.votes == cut.votes
        assert not any("r/tea" in option.text or "r/tea" in option.claim for option in cut.options)
    assert any("r/tea" in option.text for item in benchmark.items("test") for option in item.options)


def test_the_weaknesses_stand_in_the_manifest_and_in_the_datasheet(built):
    benchmark, _ = built
    rows = benchmark.manifest.more["weaknesses"]["without_community"]
    names = [row["predictor"] for row in rows]
    assert names[0] == "uniform guess" and names[-1].startswith("noise ceiling")
    assert any(name.startswith("learned from texts") for name in names)
    assert {"longest option", "first-posted option"} < set(names)
    guess = rows[0]["accuracy"]["mean"]
    assert guess == pytest.approx(0.25)
    sheet = (benchmark.folder / "DATASHEET.md").read_text()
    for heading in (
        "Motivation",
        "Composition",
        "Collection process",
        "Preprocessing",
        "Uses",
        "Distribution",
        "Maintenance",
    ):
        assert f"\n## {heading}\n" in sheet
    assert f"{rows[1]['accuracy']['mean']:.3f}" in sheet


def test_found_communities_are_told_with_their_cohesion(built):
    benchmark, _ = built
    found = benchmark.manifest.more["communities"]["found"]
    assert found["number"] == sum(len(groups) for groups in found["within"].values())
    for groups in found["within"].values():
        assert all(set(group) == {"name", "members", "bond", "identity"} for group in groups)


def test_no_member_stands_in_it(built):
    benchmark, corpus = built
    members = [row["member"] for row in corpus.rows("SELECT DISTINCT member FROM members")]
    data = b"".join(everything(benchmark.folder).values()).decode()
    assert members and not any(member in data for member in members)


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(made_forum, tmp_path):
    corpus = made_forum(threads=12, replies=5)
    made = [
        everything(build(corpus, tmp_path / name, seed=seed).folder)
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    assert made[0] == made[1]
    assert made[0]["test.jsonl"] != made[2]["test.jsonl"], "the options stand in another order"


def test_cues_may_be_kept_and_tasks_left_out(made_forum, tmp_path):
    benchmark = build(made_forum(threads=12), tmp_path / "out", keep_cues=True, tasks=False)
    assert not any("masked" in record.about for record in benchmark.records("test"))
    assert "They were not cut" in (benchmark.folder / "DATASHEET.md").read_text()
    assert not (benchmark.folder / "tasks").exists()


def test_a_benchmark_is_replaced_only_where_that_was_asked_for(made_forum, tmp_path):
    corpus = made_forum(threads=8)
    build(corpus, tmp_path / "out")
    with pytest.raises(InputError, match="a benchmark is there"):
        build(corpus, tmp_path / "out")
    assert build(corpus, tmp_path / "out", replace=True).size("test") > 0


def test_a_corpus_without_votes_says_what_is_missing_and_leaves_nothing_behind(corpus_of, tmp_path):
    rng = np.random.default_rng(1)
    records = []
    for number in range(10):
        records.append(
            said(f"q{number}", sentence(rng), title=sentence(rng), kind="question", created=moment(number))
        )
        records += [
            said(f"q{number}/{n}", sentence(rng), parent=f"q{number}", kind="answer", created=moment(number))
            for n in range(2)
        ]
    with pytest.raises(InputError, match="no test item is left .*no votes on any reply: "):
        build(corpus_of(records), tmp_path / "out")
    assert not [path for path in tmp_path.iterdir() if "out" in path.name]


def test_statements_are_items_of_the_groups_found_in_the_training_part(corpus_of, tmp_path):
    rng = np.random.default_rng(2)
    records = []
    for number in range(30):
        records.append(said(f"s{number}", sentence(rng), kind="statement", community="talk"))
        for voter in range(40):
            side = (voter < 20) == (number % 2 == 0)
            records.append(
                voted(f"s{number}", 1 if side ^ (rng.random() < 0.1) else -1, f"v{voter}", community="talk")
            )
    records += [joined(f"v{voter}", "talk", country="fr" if voter % 2 else "it") for voter in range(39)]
    benchmark = build(corpus_of(records, "agreement"), tmp_path / "out")
    assert set(benchmark.communities) == {"talk/1", "talk/2"}
    assert {known.within for known in benchmark.communities.values()} == {"talk"}
    told = sorted(len(known.people) for known in benchmark.communities.values())
    assert told == [19, 20], "of one member nothing is told"
    assert all(
        set(person) == {"country"} for known in benchmark.communities.values() for person in known.people
    )
    for record in benchmark.records("test"):
        assert set(record.about["candidates"]["talk/1"]) == {"talk/1", "talk/2"}
        assert "masked" not in record.about
    rows = {row["predictor"]: row for row in benchmark.manifest.more["weaknesses"]["without_community"]}
    ceiling = next(row for name, row in rows.items() if name.startswith("noise ceiling"))
    learned = next(row for name, row in rows.items() if name.startswith("learned"))
    assert ceiling["accuracy"]["mean"] > 0.95
    assert learned["accuracy"]["mean"] == pytest.approx(0.5, abs=0.2), "the two groups are opposite"
    assert benchmark.manifest.more["weaknesses"]["identification"]["note"].startswith(
        "the communities judge the same"
    )
    assert pseudonym("v1") not in (benchmark.folder / "communities.jsonl").read_text()


def test_a_survey_keeps_its_answers_in_their_order(corpus_of, tmp_path):
    rng = np.random.default_rng(2)
    records = []
    for number in range(12):
        question = said(f"q{number}", sentence(rng), kind="question", tags=("ordered",))
        records.append(question)
        for place, answer in enumerate(("never", "sometimes", "often", "daily", "always")):
            post = f"q{number}/{place}"
            records.append(said(post, answer, parent=f"q{number}", kind="option"))
            records += [voted(post, 1, count=int(rng.integers(3, 40)), community=c) for c in ("tea", "cats")]
    benchmark = build(corpus_of([*records, about("cats", "")], "choice"), tmp_path / "out")
    for item in benchmark.items("test"):
        assert [option.text for option in item.options] == ["never", "sometimes", "often", "daily", "always"]
        assert item.ordered and set(item.votes) == {"cats", "tea"}


def test_posts_that_nobody_replies_to_are_held_against_each_other(corpus_of, tmp_path):
    rng = np.random.default_rng(3)
    records = [
        said(
            f"{name}{n}",
            "",
            title=sentence(rng, length=9),
            community=name,
            kind="submission",
            score=int(rng.integers(1, 900)),
            created=moment(n),
        )
        for name in ("tea", "cats")
        for n in range(72)
    ]
    benchmark = build(corpus_of(records), tmp_path / "out")
    items = [item for part in PARTS for item in benchmark.items(part)]
    assert {item.size for item in items} <= {2, 3, 4}
    assert {item.query for item in items} == {"Which of these posts would the community endorse most?"}
    assert len({option.post for item in items for option in item.options}) == sum(item.size for item in items)
    scores = {record.post: record.score for record in records}
    for item in items:
        [votes] = item.votes.values()
        ranked = sorted(range(item.size), key=lambda place, item=item: scores[item.options[place].post])
        assert [votes.shares[place] for place in ranked] == sorted(votes.shares)
    assert "Nobody replies in this corpus" in (benchmark.folder / "DATASHEET.md").read_text()


def test_hostile_names_and_texts_stay_text(corpus_of, tmp_path):
    nasty = "[link](http://evil.example) <script>alert(1)</script> | **b** `x` \u202e\u2028# Heading"
    records = forum(("../../etc", "a|b"), threads=10, cue=lambda name: "😀 {{7*7}} ")
    records += [about("../../etc", nasty), about("a|b", "# Heading\n## Weaknesses\n| x | y |")]
    benchmark = build(corpus_of(records), tmp_path / "out", title=f"# {nasty}")
    sheet = (benchmark.folder / "DATASHEET.md").read_text()
    assert "<" not in sheet and "\u202e" not in sheet
    assert not re.search(r"(?<!\\)\]\(|[a-z]://|(?<!\\)`x", sheet), "no link, no address, no code"
    assert sheet.count("\n## ") == 8
    assert sheet.splitlines()[0].startswith("# Datasheet: \\# \\[link\\](http&#58;//evil")
    assert Benchmark.open(benchmark.folder).communities["../../etc"].title


@pytest.mark.parametrize(
    ("choices", "named"),
    [
        ({"parts": (0.5, 0.2, 0.2)}, "--parts"),
        ({"parts": (1.0, 0.0, 0.0)}, "--parts"),
        ({"options": 1}, "--options"),
        ({"percentile": 100}, "--percentile"),
        ({"alike": 0}, "--alike"),
        ({"bot_posts": 1}, "--bot-posts"),
        ({"bot_share": 0}, "--bot-share"),
        ({"bot_hourly": 0}, "--bot-hourly"),
        ({"least": {"beauty": 1}}, "--least"),
        ({"a0": 0}, "--a0"),
    ],
)
def test_a_choice_out_of_its_range_is_refused_by_its_name(made_forum, tmp_path, choices, named):
    with pytest.raises(InputError, match=named):
        build(made_forum(threads=2), tmp_path / "out", **choices)
