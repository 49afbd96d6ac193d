"""A row is traced to its ballots, and held against them: whatever does not follow is told."""

from __future__ import annotations

import json
import shutil
import sqlite3

import pytest
from kept_calls import MODEL, keep, reply_of
from made_preferences import HOSTILE_NAMES, CandidateSet, Verdict, hostile_sets, made_run, told_run
from scipy.stats import beta
from small_corpora import make_corpus
from small_runs import forum
from stand_in import stand_in
from word_embedder import WordEmbedder

from personas.errors import InputError
from simulator.export.export import export_run
from simulator.export.selection import Selection, Shape
from simulator.export.tracing.reading import PreferenceData
from simulator.export.tracing.trace import trace
from simulator.item import Item, Option, Query, Turn
from simulator.journal import Journal
from simulator.models.model import Call, Message
from simulator.room import NOBODY
from simulator.run import Run
from simulator.simulation import Simulation

EVERYTHING = {"min_probability": None, "ties": "soft", "test_share": 0.0}
OPTIONS = (
    Option(text="warm the pot", writer="tea#03"),
    Option(text="buy a bag", post="tea:12"),
    Option(text="ask the host"),
)
SAID = {
    "tea": Verdict(counts=(9, 2, 1), abstentions=1, failures=2),
    "cats": Verdict(counts=(1, 10, 1)),
    "dogs": Verdict(counts=(4, 4, 4)),
    "owls": Verdict(counts=(0, 0, 0), abstentions=3),
}
ITEM = Item(item="p1", query="What now?", options=OPTIONS, turns=(Turn(role="user", text="I have tea."),))


def exported(out, *, files="parquet", steering="column", **selection):
    """Write the data of the run in ``out``/run and open it."""
    with Run.open(out / "run").journal as journal:
        shape = Shape(files=files, steering=steering)
        export_run(Run(journal), out, selection=Selection(**{**EVERYTHING, **selection}), shape=shape)
    return PreferenceData.open(out)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """One set that four communities judged."""
    out = tmp_path_factory.mktemp("told")
    told_run(
        out / "run", [CandidateSet(item=ITEM, said=SAID)], communities=tuple(SAID), model="x/y", calls=True
    )
    return exported(out, files="jsonl", min_margin=0.2, min_probability=0.9)


@pytest.fixture
def copied(told, tmp_path):
    """A copy that a test may change."""
    shutil.copytree(told.folder, tmp_path / "prefs")
    return PreferenceData.open(tmp_path / "prefs")


def changed(data, config, number=0, **columns):
    """Change columns of a row in its file, and return what its trace tells of it but for the file."""
    path = data.folder / data.files(config, "train")[0]
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[number] |= columns
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    file, *others = trace(data, f"{config}/train/{number}").problems
    assert "was changed after it was written" in file
    return others


def change(data, statement, *values):
    with sqlite3.connect(data.folder / "run" / "journal.sqlite") as db:
        assert db.execute(statement, values).rowcount


def test_a_pair_is_told_with_the_figures_that_its_ballots_give(told):
    found = trace(told, "p1/tea/0-1")
    said = found.decision
    assert found.problems == ()
    assert found.indices == (0, 1)
    assert (found.record.community, found.title) == ("tea", "All about tea")
    assert said.lead == pytest.approx(7 / 13.5)
    assert said.probability == pytest.approx(beta.sf(0.5, 9.5, 2.5))
    assert said.vote_share == pytest.approx(9.5 / 12)
    assert (said.min_lead, said.min_probability, said.verdict) == (0.2, 0.9, "for")


def test_what_the_other_communities_say_of_the_same_pair_is_told(told):
    found = {record.community: said for record, said in trace(told, "p1/tea/0-1").elsewhere}
    assert {name: said.verdict for name, said in found.items()} == {
        "cats": "against",
        "dogs": "tie",
        "owls": "tie",
    }
    assert found["cats"].lead == pytest.approx(-9 / 13.5)
    assert found["cats"].probability == pytest.approx(beta.sf(0.5, 1.5, 10.5))
    assert (found["dogs"].lead, found["dogs"].vote_share) == (0, 0.5)


def test_a_label_is_told_with_how_probable_it_is_that_it_is_right(told):
    good, bad = (trace(told, f"p1/tea/{index}") for index in (0, 2))
    assert good.problems == bad.problems == ()
    assert good.decision.lead == pytest.approx(9.5 / 13.5 - 1 / 3)
    assert good.decision.probability == pytest.approx(beta.sf(1 / 3, 9.5, 4))
    assert bad.decision.lead == pytest.approx(1 / 3 - 1.5 / 13.5)
    assert bad.decision.probability == pytest.approx(beta.cdf(1 / 3, 1.5, 12))
    assert (good.decision.verdict, bad.decision.verdict, good.decision.min_lead) == ("for", "for", 0.1)
    others = {record.community: said for record, said in bad.elsewhere}
    assert (others["dogs"].verdict, others["cats"].verdict) == ("tie", "for")
    assert others["cats"].lead == pytest.approx(1 / 3 - 1.5 / 13.5)


def test_each_ballot_is_on_a_side_of_the_row(told):
    def sides(name):
        found = trace(told, name)
        return [found.side(ballot) for ballot in found.ballots]

    assert sides("p1/tea/0-1") == ["for"] * 9 + ["against"] * 2 + ["neither"] * 4
    assert sides("p1/tea/0") == ["for"] * 9 + ["against"] * 3 + ["neither"] * 3
    assert sides("p1/tea/2") == ["for"] * 11 + ["against"] + ["neither"] * 3
    assert sides("p1/tea") == [""] * 15


def test_the_run_the_panel_the_norms_and_the_candidates_are_told(told):
    found = trace(told, "p1/tea").as_data()
    assert found["run"]["predictor"] == "language-model personas (x/y)"
    assert found["run"]["models"] == ["x/y"]
    assert found["run"]["identity"] == told.manifest.run["identity"]
    assert (found["run"]["corpus"]["licence"], found["run"]["corpus"]["fictional"]) == ("CC0", True)
    assert len(found["community"]["panel"]) == 15
    counted = [found["community"][name] for name in ("ballots", "abstentions", "failures")]
    assert counted == [12, 1, 2]
    assert {norm["post"] for norm in found["norms"]} == {f"tea:0{number}" for number in range(4)}
    assert [(each["writer"], each["post"]) for each in found["candidates"]] == [
        ("tea#03", ""),
        ("", "tea:12"),
        ("", ""),
    ]
    assert found["candidates"][0]["share"] == pytest.approx(9.5 / 13.5)
    assert found["prompt"]["turns"] == [{"role": "user", "text": "I have tea."}]
    assert found["decision"] is None
    assert len(found["elsewhere"]) == 3


def test_whom_a_persona_is_modelled_on_is_told_nowhere(copied):
    change(
        copied,
        "UPDATE personas SET body = json_set(body, '$.member', 'm-secret', '$.group', 'tea/2')",
    )
    found = trace(copied, "p1/tea").as_data(calls=True)
    assert found["community"]["panel"]["tea#00"] == {"group": "tea/2"}
    assert "m-secret" not in json.dumps(found["community"])


@pytest.mark.parametrize("sets", ["shared", "own", "crossed"])
@pytest.mark.parametrize(
    "form", [{}, {"files": "jsonl", "steering": "system"}, {"min_margin": 0.1, "min_probability": 0.8}]
)
def test_every_row_of_a_run_follows_from_its_ballots(tmp_path, sets, form):
    names = ("cats", "tea", "dogs")
    made_run(tmp_path / "run", prompts=4, candidates=3, communities=names, sets=sets)
    data = exported(tmp_path, **form)
    for part in data.parts():
        for row in list(data.rows(*part))[::2]:
            assert trace(data, row["row"]).problems == ()


def test_every_row_of_forecasts_follows_and_has_no_probability(tmp_path):
    made_run(tmp_path / "run", prompts=3, candidates=3, mode="direct", model="x/y")
    data = exported(tmp_path, ties="drop")
    for part in data.parts():
        for row in data.rows(*part):
            found = trace(data, row["row"])
            assert found.problems == ()
            assert found.decision is None or found.decision.probability is None


def test_candidates_of_which_neither_has_any_share_are_even(tmp_path):
    said = {"tea": Verdict(forecast=(1.0, 0.0, 0.0))}
    told_run(
        tmp_path / "run",
        [CandidateSet(item=ITEM, said=said)],
        communities=("tea",),
        mode="direct",
        model="x/y",
    )
    data = exported(tmp_path)
    (even,) = (row for row in data.rows("preference", "train") if row["tie"])
    found = trace(data, even["row"])
    assert (found.problems, found.decision.lead, found.decision.vote_share) == ((), 0, 0.5)


@pytest.mark.parametrize("files", ["parquet", "jsonl"])
def test_every_row_with_hostile_texts_and_names_follows(tmp_path, files):
    told_run(tmp_path / "run", hostile_sets(halves=True), communities=HOSTILE_NAMES)
    data = exported(tmp_path, files=files, steering="system")
    for part in data.parts():
        for row in list(data.rows(*part))[::7]:
            assert trace(data, row["row"]).problems == ()


def test_ballots_before_a_discussion_and_moves_in_it_are_told(tmp_path):
    said = {"tea": Verdict(counts=(9, 2, 1), first=(3, 8, 1))}
    told_run(tmp_path / "run", [CandidateSet(item=ITEM, said=said)], communities=("tea",))
    found = trace(exported(tmp_path), "p1/tea/0-1")
    assert found.problems == ()
    assert [ballot.round for ballot in found.ballots] == [0] * 12 + [1] * 12
    assert len(found.moves) == 6
    assert {(move.before, move.after) for move in found.moves} == {(1, 0)}
    assert len(found.as_data()["moves"]) == 6


@pytest.mark.parametrize(
    ("config", "column", "value"),
    [
        ("preference", "prompt", [{"role": "user", "content": "What now?"}]),
        ("preference", "chosen", [{"role": "assistant", "content": "buy a bag"}]),
        ("preference", "rejected", [{"role": "user", "content": "buy a bag"}]),
        ("preference", "soft_label", 0.999),
        ("preference", "soft_label", None),
        ("preference", "vote_share", 0.8),
        ("preference", "share_chosen", 0.7),
        ("preference", "share_rejected", 0.2),
        ("preference", "tie", True),
        ("preference", "disputed", False),
        ("preference", "judged_by", 4),
        ("preference", "against", 0),
        ("preference", "row", "p1/tea/0-2"),
        ("preference", "prompt_id", "p2"),
        ("preference", "run", "another"),
        ("preference", "predictor", "people"),
        ("unpaired", "completion", [{"role": "assistant", "content": "buy a bag"}]),
        ("unpaired", "soft_label", 0.5),
        ("unpaired", "share", 0.7),
        ("full", "candidates", []),
        ("full", "ballots", []),
        ("full", "ballots_cast", 13),
        ("full", "abstentions", 0),
        ("full", "failures", 0),
        ("full", "rounds", 1),
        ("full", "community_title", "Coffee"),
        ("full", "similarity", 0.5),
        ("full", "vendi", 2.0),
    ],
)
def test_a_column_that_does_not_follow_is_told_by_its_name(copied, config, column, value):
    problems = changed(copied, config, **{column: value})
    assert problems and all(told.startswith(f"{column} is ") for told in problems), problems
    assert "by the journal it is" in problems[0]


def test_a_ballot_of_a_full_record_that_was_changed_is_told_where_it_parts(copied):
    ballots = next(copied.rows("full", "train"))["ballots"]
    ballots[3] |= {"reason": "because I was told to"}
    (told,) = changed(copied, "full", ballots=ballots)
    assert "because I was told to" in told and "tea likes number 0" in told


def test_a_column_that_was_taken_out_is_told(copied):
    path = copied.folder / copied.files("full", "train")[0]
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    del lines[0]["vendi"]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert "the row has no column vendi" in trace(copied, "full/train/0").problems


def test_a_pair_that_was_turned_round_with_all_its_figures_is_told(copied):
    row = copied.row("p1/tea/0-1").row
    problems = changed(
        copied, "preference",
        chosen=row["rejected"], rejected=row["chosen"], chosen_index=1, rejected_index=0, row="p1/tea/1-0",
        share_chosen=row["share_rejected"], share_rejected=row["share_chosen"],
        soft_label=1 - row["soft_label"], vote_share=1 - row["vote_share"], against=0, disputed=False,
    )  # fmt: skip
    assert problems == ["the ballots say the opposite: the order is turned round"]


def test_a_label_that_was_turned_round_is_told(copied):
    problems = changed(copied, "unpaired", label=False)
    assert problems[-1] == "the ballots say the opposite: the label is turned round"
    assert problems[0].startswith("label is false, and by the journal it is true")


def test_a_tie_among_rows_without_ties_is_told(tmp_path):
    told_run(tmp_path / "run", [CandidateSet(item=ITEM, said=SAID)], communities=tuple(SAID))
    data = exported(tmp_path, files="jsonl", min_margin=0.2, min_probability=0.9)
    number = next(n for n, row in enumerate(data.rows("preference", "train")) if row["tie"])
    assert trace(data, f"preference/train/{number}").problems == ()
    text = (tmp_path / "export.json").read_text()
    (tmp_path / "export.json").write_text(text.replace('"ties": "soft"', '"ties": "drop"'))
    found = trace(PreferenceData.open(tmp_path), f"preference/train/{number}")
    assert found.problems == ("by what was asked of the data, this is a tie and was to be dropped",)


def test_a_ballot_that_was_changed_in_the_journal_is_told_of_whichever_community(copied):
    set_to_one = "UPDATE ballots SET body = json_set(body, '$.choice', 1, '$.shares', json('[0,1,0]'))"
    change(copied, f"{set_to_one} WHERE community = 'cats' AND persona = 'cats#00'")
    (told,) = trace(copied, "p1/tea/0-1").problems
    assert told.startswith("the ballots of cats on p1 give the shares [0.037037, ")
    assert "and the journal says [0.111111, " in told


def test_a_changed_result_in_the_journal_is_told_against_ballots_and_row(copied):
    change(
        copied,
        "UPDATE results SET body = json_set(body, '$.preference.shares[0]', 0.7037037) WHERE community = 'tea'",
    )
    assert trace(copied, "p1/tea/0-1").problems == ()  # within a rounding
    change(
        copied,
        "UPDATE results SET body = json_set(body, '$.preference.abstentions', 0) WHERE community = 'tea'",
    )
    assert [told.split(", and")[0] for told in trace(copied, "p1/tea").problems] == [
        "the ballots of tea on p1 give the abstentions 1",
        "abstentions is 1",
    ]


def test_a_file_that_was_changed_elsewhere_than_in_this_row_is_told(copied):
    path = copied.folder / copied.files("preference", "train")[0]
    path.write_bytes(path.read_bytes() + b"\n")
    (told,) = trace(copied, "preference/train/0").problems
    assert told.startswith("data/preference/train-00000.jsonl was changed after it was written")
    assert trace(copied, "full/train/0").problems == ()


def test_a_journal_that_is_gone_is_refused_and_another_place_can_be_named(copied, tmp_path):
    shutil.move(copied.folder / "run", tmp_path / "elsewhere")
    with pytest.raises(
        InputError, match="the run that preference/train/0 comes from cannot be read"
    ) as refused:
        trace(copied, "p1/tea/0-1")
    assert "name its folder with --run" in refused.value.remedy
    assert refused.value.where.endswith("prefs/run")
    assert trace(copied, "p1/tea/0-1", run=tmp_path / "elsewhere").problems == ()


def test_a_damaged_journal_is_refused(copied):
    (copied.folder / "run" / "journal.sqlite").write_bytes(b"no journal" * 900)
    with pytest.raises(InputError, match="cannot be read: the journal is damaged"):
        trace(copied, "p1/tea/0-1")


def test_the_journal_of_another_run_is_refused(copied, tmp_path):
    told_run(tmp_path / "other", [CandidateSet(item=ITEM, said=SAID)], communities=tuple(SAID), seed=8)
    with pytest.raises(InputError, match="another run is here: its identity is .*, and the data was made of"):
        trace(copied, "p1/tea/0-1", run=tmp_path / "other")


@pytest.mark.parametrize(
    ("columns", "refusal"),
    [
        ({"item": "p9"}, "the run has no item 'p9'"),
        ({"community": "mice"}, "nothing came of item 'p1' in 'mice', and preference/train/0 says it did"),
        ({"community": 7}, "has no community that it could be traced by: 7"),
        ({"item": None}, "has no item that it could be traced by: None"),
        ({"item": "p\ud83d"}, "has no item that it could be traced by: 'p\\ud83d'"),
        ({"chosen_index": "0"}, "has no chosen_index that it could be traced by: '0'"),
        ({"chosen_index": True}, "has no chosen_index that it could be traced by: True"),
        ({"chosen_index": 3}, "names the candidates (3, 1) of 3"),
        ({"chosen_index": -1}, "names the candidates (-1, 1) of 3"),
        ({"chosen_index": 1}, "names the candidates (1, 1) of 3"),
    ],
)
def test_a_row_that_leads_nowhere_is_refused(copied, columns, refusal):
    with pytest.raises(InputError) as refused:
        changed(copied, "preference", **columns)
    assert refusal in str(refused.value)


def test_a_community_of_which_nothing_came_is_no_community_that_disagrees(tmp_path):
    said = {"tea": SAID["tea"], "cats": Verdict(lost=True)}
    told_run(tmp_path / "run", [CandidateSet(item=ITEM, said=said)], communities=tuple(said))
    found = trace(exported(tmp_path), "p1/tea/0-1")
    assert (found.problems, found.elsewhere) == ((), ())


@pytest.mark.parametrize(
    ("sets", "name", "writers"),
    [("shared", "p0", ""), ("own", "p0@tea", "tea"), ("crossed", "p0@cats", "cats")],
)
def test_calls_are_those_that_wrote_the_candidates_and_those_that_judged_them(tmp_path, sets, name, writers):
    made_run(tmp_path / "run", prompts=2, candidates=3, panel=4, sets=sets, model="x/y", calls=True)
    calls = trace(exported(tmp_path), f"{name}/tea").calls
    assert [one.purpose for one in calls] == ["writing"] * 3 + ["judging"] * 4
    assert [one.call.persona for one in calls[3:]] == [f"tea#0{number}" for number in range(4)]
    assert all(one.call.persona.startswith(writers) for one in calls[:3])
    assert {one.call.messages[0].text for one in calls[:3]} == {f"You are of {writers}."}
    told = [one.as_data(whole=True) for one in calls]
    assert told[0]["reply"] == trace(PreferenceData.open(tmp_path), f"{name}/tea").record.item.options[0].text
    assert [message["role"] for message in told[0]["messages"]] == ["system", "user"]
    assert calls[0].as_data(whole=False)["messages"] is calls[0].as_data(whole=False)["reply"] is None


def test_repairs_and_profiles_stand_with_what_they_were_made_for(copied):
    def call(said, phase, community, persona="", item="p1"):
        sent = tuple(Message(role="user", blocks=(text,)) for text in said)
        return Call(messages=sent, temperature=0, max_tokens=9, seed=1, phase=phase, item=item, community=community, persona=persona)  # fmt: skip

    made = [
        call(("write",), "generate", "", "#7"),
        call(("write", "mend"), "repair", "", "#7"),
        call(("vote",), "recheck", "tea", "tea#07"),
        call(("vote", "mend"), "repair", "tea", "tea#07"),
        call(("describe",), "profile", "tea", item=""),
        call(("stranger",), "judge", "cats", "cats#07"),
        call(("strange", "mend"), "repair", "", "#8"),
    ]
    with Journal.create(copied.folder / "run") as journal:
        keep(journal, *((one.key(MODEL), one, reply_of()) for one in made))
    added = [one for one in trace(copied, "p1/tea/0-1").calls if one.call.model == MODEL]
    assert [(one.purpose, one.call.phase, one.call.persona) for one in added] == [
        ("profile", "profile", ""),
        ("writing", "generate", "#7"),
        ("writing", "repair", "#7"),
        ("judging", "recheck", "tea#07"),
        ("judging", "repair", "tea#07"),
    ]


def test_what_is_told_of_a_row_can_be_written_as_json(told):
    for name in ("p1/tea/0-1", "p1/tea/0", "p1/tea"):
        assert json.loads(json.dumps(trace(told, name).as_data(calls=True), allow_nan=False))


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """Data of a real run on the stand-in server: nobody in particular wrote, two communities judged and discussed."""
    home = tmp_path_factory.mktemp("simulated")
    asked = [Query(item="p1", query="What shall I do with hard water?", count=3, writer=NOBODY)]
    with (
        stand_in(faults={"wrong_schema": 0.3}, seed=5) as server,
        make_corpus(home / "corpus", forum(8)) as corpus,
    ):
        simulation = Simulation(
            corpus, seed=3, embedder=WordEmbedder(), panel=4, smallest=2, rounds=1, recheck=0.5,
            model="hosted_vllm/stand-in", api_base=server.api_base,
        )  # fmt: skip
        simulation.run(asked, out=home / "prefs" / "run").journal.close()
    return exported(home / "prefs", steering="system")


def test_a_row_of_a_real_run_is_traced_to_who_wrote_its_candidates_and_to_every_call(simulated):
    row = next(simulated.rows("preference", "train"))
    found = trace(simulated, row["row"])
    assert found.problems == ()
    wrote = {one.call.persona for one in found.calls if one.purpose == "writing"}
    judged = {one.call.persona for one in found.calls if one.purpose == "judging"}
    assert {option.writer for option in found.record.item.options} <= wrote
    assert judged == set(found.panel) and len(judged) == 4
    assert {one.call.phase for one in found.calls} >= {"generate", "judge", "recheck", "discuss", "repair"}
    assert sum(one.call.model == "hosted_vllm/stand-in" for one in found.calls) == len(found.calls)
    replies = " ".join(
        one.call.reply.text for one in found.calls if one.purpose == "writing" and one.call.reply
    )
    assert all(option.text in replies for option in found.record.item.options)


def test_every_row_of_a_real_run_follows_from_its_ballots(simulated):
    for part in simulated.parts():
        for row in simulated.rows(*part):
            assert trace(simulated, row["row"]).problems == ()
