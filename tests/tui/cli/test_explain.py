"""``commonbond explain`` defends a row on one screen, and says clearly where something does not fit."""

from __future__ import annotations

import json
import shutil
import unicodedata
from dataclasses import dataclass

import jsonschema
import pytest
from made_preferences import HOSTILE_NAMES, CandidateSet, Verdict, hostile_sets, told_run

from simulator.export.export import export_run
from simulator.export.selection import Selection, Shape
from simulator.item import Item, Option, Turn
from simulator.run import Run
from tui.cli.explain_arguments import ABOUT, add_explain
from tui.cli.main import main
from tui.cli.schema import load
from tui.cli.shared_arguments import Parser

STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
OPTIONS = (
    Option(text="warm the pot first, as everybody does", writer="tea#03"),
    Option(text="buy a bag", post="tea:12"),
    Option(text="ask the host"),
)
SAID = {
    "tea": Verdict(counts=(20, 6, 2), first=(12, 14, 2), abstentions=1, failures=1),
    "cats": Verdict(counts=(1, 28, 1)),
    "dogs": Verdict(counts=(10, 10, 10)),
}
ITEM = Item(item="p1", query="What now?", options=OPTIONS, turns=(Turn(role="user", text="I have tea."),))


@dataclass(frozen=True)
class Ended:
    """A command line that was carried out; ``said`` is its output in one line."""

    code: int
    out: str
    err: str

    @property
    def said(self):
        return " ".join(self.out.split())


@pytest.fixture
def explain(capsys, monkeypatch):
    """Carry out the command."""
    monkeypatch.setenv("COLUMNS", "100")

    def act(*given):
        code = main(["explain", *map(str, given)])
        out, err = capsys.readouterr()
        for text in (out, err):
            assert not {sign for sign in text if unicodedata.category(sign) in STEERING and sign != "\n"}
        return Ended(code, out, err)

    return act


def exported(out, *, files="jsonl", **selection):
    with Run.open(out / "run").journal as journal:
        chosen = Selection(**{"min_margin": 0.2, "ties": "soft", "test_share": 0, **selection})
        export_run(Run(journal), out, selection=chosen, shape=Shape(files=files))
    return out


@pytest.fixture(scope="module")
def prefs(tmp_path_factory):
    out = tmp_path_factory.mktemp("prefs")
    sets = [CandidateSet(item=ITEM, said=SAID)]
    told_run(out / "run", sets, communities=tuple(SAID), panel=30, model="x/y", calls=True)
    return exported(out)


@pytest.fixture
def copied(prefs, tmp_path):
    shutil.copytree(prefs, tmp_path / "copy")
    return tmp_path / "copy"


def test_one_screen_says_what_a_pair_rests_on(explain, prefs):
    done = explain(prefs, "p1/tea/0-1")
    assert (done.code, done.err) == (0, "")
    assert done.out.count("\n") <= 60
    for told in (
        "tea prefers candidate 0 to candidate 1",
        "FICTIONAL · Tea and cats · simulated by the language-model personas (x/y)",
        "p1/tea/0-1 · preference/train/0, in ",
        "user: I have tea.",
        "user: What now?",
        "tea (All about tea): 30 personas; 28 ballots, 1 abstention, 1 failure; 1 round of discussion, 8 changes of mind",
        "commonbond 0.1.0 · seed 7 · texts compared by words",
        "models x/y",
        "table · licence CC0",
        "0 chosen warm the pot first, as everybody does tea#03 .695 [.52, .84]",
        "1 rejected buy a bag post tea:12 .220 [.09, .38]",
        "2 ask the host given with the prompt .085 [.01, .21]",
        "ahead by .475, the chosen one's share less the rejected one's; .200 or more was asked for",
        "probability .998 that this is the community's order; .900 or more was asked for",
        "vote share .759 are expected to take the chosen one of the two",
        "passed yes, all that was asked",
        "other communities: 1 the opposite, 1 neither, by what was asked",
        "cats the opposite 30 -.857 .000",
        "dogs neither, by what was asked 30 .000 .500",
        "ballots: 20 for, 6 against, 4 neither",
        "tea#00 for 0",
        "tea#20 against 1",
        "likes number 1",
        "and 50 more ballots of all rounds: --full prints them",
        "norm behind 7 ballots: .50 (10 votes): tea say water",
        "calls 3 writing, 30 judging; --calls prints every prompt and reply",
        "fits the file is as it was written, and the row follows from the journal's ballots",
    ):
        assert told in done.said, told
    assert done.said.count("norm behind") == 2
    for hidden in ("DOES NOT FIT", "tea#19", "tea#25"):
        assert hidden not in done.out


def test_a_label_and_a_full_record_are_explained_as_what_they_are(explain, prefs):
    good, bad, full = (explain(prefs, f"p1/tea{which}") for which in ("/0", "/2", ""))
    assert good.out.startswith("tea rates candidate 0 above an even share\n")
    assert bad.out.startswith("tea rates candidate 2 below an even share\n")
    assert "0 this one warm the pot" in good.said
    assert "that the label is right; .900 or more was asked for" in bad.said
    assert "vote share" not in good.out
    assert full.out.startswith("tea on 3 candidates\n")
    assert "other communities: 1 another first, 1 the same first" in full.said
    assert "cats candidate 1 first 30 .905 .048" in full.said
    assert "passed" not in full.out and "ballots persona" in full.said
    assert [each.code for each in (good, bad, full)] == [0, 0, 0]


def test_a_tie_that_was_kept_is_said_to_be_one(explain, prefs):
    rows = [
        json.loads(line) for line in (prefs / "data/preference/train-00000.jsonl").read_text().splitlines()
    ]
    tie = next(row["row"] for row in rows if row["tie"])
    assert "passed NO: a tie by what was asked, kept with its soft label" in explain(prefs, tie).said


def test_everything_is_printed_where_it_is_asked_for(explain, prefs):
    done = explain(prefs, "p1/tea/0-1", "--full")
    assert "ballots of all rounds: 20 for, 6 against, 4 neither" in done.said
    assert done.out.count("tea#25") == 2 and "tea#25, round 1" in done.said
    assert done.said.count("norm behind") == 4
    assert "more ballot" not in done.out


def test_every_prompt_and_reply_is_printed_where_it_is_asked_for(explain, prefs):
    done = explain(prefs, "p1/tea/0-1", "--calls")
    assert "calls 3 writing, 30 judging; they follow" in done.said
    for number in range(1, 34):
        assert f"===== call {number} of 33: " in done.out
    assert (
        "===== call 1 of 33: writing (generate) · tea#03 · x/y · 0.10 s · 50 + 10 tokens · $0.001 ====="
        in done.out
    )
    assert "----- system -----\n  You are of tea.\n----- user -----\n  What now?" in done.out
    assert "----- reply -----\n  warm the pot first, as everybody does\n" in done.out


def test_json_keeps_to_its_schema_and_holds_prompts_where_they_are_asked_for(explain, prefs):
    for row in ("p1/tea/0-1", "p1/cats/0", "p1/dogs"):
        for more in ((), ("--calls", "--verify")):
            done = explain(prefs, row, "--json", *more)
            found = json.loads(done.out)
            jsonschema.Draft202012Validator(load("explain")).validate(found)
            assert (done.code, found["problems"], found["verified"]) == (0, [], bool(more))
            assert all((call["messages"] is not None) is bool(more) for call in found["calls"])
    assert found["row"]["row"] == "p1/dogs"


def test_a_changed_file_is_told_first_and_ends_with_1(explain, copied):
    path = copied / "data/preference/train-00000.jsonl"
    path.write_text(path.read_text().replace('"against": 1', '"against": 0'))
    done = explain(copied, "p1/tea/0-1")
    assert done.code == 1
    assert "DOES NOT FIT data/preference/train-00000.jsonl was changed after it was written" in done.said
    assert "DOES NOT FIT against is 0, and by the journal it is 1" in done.said
    assert done.out.index("DOES NOT FIT") < done.out.index("p1/tea/0-1")
    assert "the file is as it was written" not in done.said
    found = json.loads(explain(copied, "p1/tea/0-1", "--json").out)
    assert len(found["problems"]) == 2
    jsonschema.Draft202012Validator(load("explain")).validate(found)


def test_files_besides_the_rows_own_are_looked_at_where_it_is_asked_for(explain, copied):
    path = copied / "data/full/train-00000.jsonl"
    path.write_text(path.read_text() + "\n")
    assert explain(copied, "p1/tea/0-1").code == 0
    done = explain(copied, "p1/tea/0-1", "--verify")
    assert done.code == 1
    assert "DOES NOT FIT data/full/train-00000.jsonl was changed" in done.said


def test_a_problem_of_the_rows_own_file_is_told_once(explain, copied):
    path = copied / "data/full/train-00000.jsonl"
    path.write_text(path.read_text() + "\n")
    assert explain(copied, "p1/tea", "--verify").out.count("DOES NOT FIT") == 1


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("p9/tea/0-1",), ("no row is named 'p9/tea/0-1'", "preference/train/0 to ")),
        (("preference/train/99",), ("has no row 99",)),
        (("p1/\x1b[31mtea",), ("no row is named",)),
        ((), ("the following arguments are required: ROW", "commonbond explain --help")),
    ],
)
def test_a_row_that_is_not_there_ends_with_2(explain, prefs, given, told):
    done = explain(prefs, *given)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("commonbond: ") and done.err.count("\n") == 1
    for part in told:
        assert part in done.err


def test_a_folder_without_data_ends_with_2(explain, tmp_path):
    done = explain(tmp_path, "p1/tea/0-1")
    assert done.code == 2 and "no whole export is here" in done.err


def test_a_journal_that_is_gone_ends_with_2_and_says_how_to_name_it(explain, copied, tmp_path):
    shutil.move(copied / "run", tmp_path / "moved")
    done = explain(copied, "p1/tea/0-1", "--json")
    assert done.code == 2
    assert json.loads(done.out)["error"]["remedy"] == "name its folder with --run"
    assert explain(copied, "p1/tea/0-1", "--run", tmp_path / "moved").code == 0


def test_the_journal_of_another_run_ends_with_2(explain, copied, tmp_path):
    told_run(tmp_path / "other", [CandidateSet(item=ITEM, said=SAID)], communities=tuple(SAID))
    done = explain(copied, "p1/tea/0-1", "--run", tmp_path / "other")
    assert done.code == 2 and "another run is here" in done.err


@pytest.mark.parametrize("files", ["parquet", "jsonl"])
def test_hostile_texts_and_names_stay_plain_text(explain, tmp_path, files):
    told_run(
        tmp_path / "run", hostile_sets(), communities=HOSTILE_NAMES, model="x/y", calls=True,
        title="\x1b[31m[bold]Tea[/] \u202e", licence="\x07",
    )  # fmt: skip
    exported(tmp_path, files=files, min_margin=0)
    said = []
    for row in range(0, 130, 13):
        done = explain(tmp_path, f"preference/train/{row}", "--full", "--calls")
        assert done.code == 0, done
        said.append(done.out)
        found = json.loads(explain(tmp_path, f"preference/train/{row}", "--json").out)
        jsonschema.Draft202012Validator(load("explain")).validate(found)
    assert "[@click=app.quit]press[/]" in " ".join(said)
    assert "␛[31m[bold]Tea[/]" in said[0]


def test_offline_runs_say_that_no_model_was_asked_and_many_communities_fit_the_screen(explain, tmp_path):
    names = [f"place{number:02}" for number in range(20)]
    said = {name: Verdict(counts=((9, 2, 1), (2, 9, 1))[number % 2]) for number, name in enumerate(names)}
    told_run(tmp_path / "run", [CandidateSet(item=ITEM, said=said)], communities=names)
    done = explain(exported(tmp_path), "p1/place00/0-1")
    assert done.out.count("\n") <= 65
    assert "other communities: 10 the opposite, 9 the same" in done.said
    assert "place01" in done.out and "place02" not in done.out  # those that disagree come first
    assert "and 13 more: --full prints them" in done.said
    assert "calls none are kept: no language model was asked for this row" in done.said
    assert "models no language model" in done.said
    assert "place18" in explain(tmp_path, "p1/place00/0-1", "--full").out


def test_a_community_alone_is_said_to_be_alone(explain, tmp_path):
    told_run(tmp_path / "run", [CandidateSet(item=ITEM, said={"tea": SAID["tea"]})], communities=("tea",))
    assert (
        "elsewhere no other community judged these candidates" in explain(exported(tmp_path), "p1/tea").said
    )


def test_a_forecast_has_no_probability(explain, tmp_path):
    said = {"tea": Verdict(forecast=(0.6, 0.3, 0.1)), "cats": Verdict(forecast=(0.1, 0.3, 0.6))}
    told_run(
        tmp_path / "run",
        [CandidateSet(item=ITEM, said=said)],
        communities=("tea", "cats"),
        mode="direct",
        model="x/y",
    )
    done = explain(exported(tmp_path), "p1/tea/0-1")
    assert done.code == 0
    assert "probability none: the shares are a forecast, and no posterior of ballots" in done.said
    assert "cats the opposite 1 -.200 —" in done.said
    assert "0 chosen warm the pot first, as everybody does tea#03 .600 —" in done.said


def test_the_command_is_described_where_it_is_added():
    parser = Parser(prog="commonbond")
    add_explain(parser.add_subparsers(dest="command", parser_class=Parser))
    given = parser.parse_args(["explain", "prefs", "p1/tea/0-1", "--run", "r"])
    assert (given.data, given.row, given.run) == ("prefs", "p1/tea/0-1", "r")
    assert not (given.full or given.calls or given.verify or given.json)
    assert ABOUT in " ".join(parser.format_help().split())
