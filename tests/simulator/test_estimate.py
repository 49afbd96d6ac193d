"""The estimate before a run: calls counted by hand and against the personas themselves, tokens and cost."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_runs import room_of, store_of
from word_embedder import WordEmbedder

from personas.persona import Panel, Persona
from simulator.estimate import estimate, token_count
from simulator.item import Item, Option, Query
from simulator.models.choices import Price
from simulator.models.model import Reply
from simulator.persona_discussion import PersonaDiscussion
from simulator.persona_generator import PersonaGenerator
from simulator.persona_judge import PersonaJudge
from simulator.profile_writing import post_batches, read_posts, write_profiles
from simulator.prompts.prompts import Prompts
from simulator.retrieval import retrieve
from simulator.room import NOBODY
from simulator.settings import Settings

PROMPTS = Prompts.load(seed=2)
WORDS = WordEmbedder()
STORE = store_of([f"warm the pot {number} times" for number in range(30)])
OPEN = Query(item="open", query="What about the water?", count=4)


def panel(size, community="tea"):
    people = (Persona(persona=f"{community}#{number:02}", community=community) for number in range(size))
    return Panel(community=community, personas=tuple(people))


def a_room(size=5, *, community="tea", ties=None, susceptibility=0.0, store=STORE):
    return room_of(panel(size, community), store, ties=ties, susceptibility=susceptibility)


def an_item(number=0, size=2):
    options = tuple(Option(text=f"the pot comes {place} times {number}") for place in range(size))
    return Item(item=f"item{number}", query=f"Which, {number}?", options=options)


def settings_of(**choices):
    return Settings(**{"seed": 2, "panel": 5, "recheck": 0.0, "rounds": 0, **choices})


def estimated(jobs, rooms, settings, *, price=None, **options):
    return estimate(jobs, rooms, PROMPTS, settings, embedder=WORDS, price=price, **options)


def calls_of(found):
    return {phase.phase: phase.calls for phase in found.phases}


PAIR = np.array([[0, 1, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 2, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]])
"""Three of five listen to somebody: 0 and 1 to each other, 2 to 3."""


def test_judging_takes_a_call_a_persona_and_item_and_rechecking_the_share_rounded_up():
    rooms = {"tea": a_room(5), "cats": a_room(4, community="cats")}
    jobs = [(an_item(0), "tea"), (an_item(1), "tea"), (an_item(1), "cats")]
    found = estimated(jobs, rooms, settings_of(recheck=0.3))
    nothing = {"profile": (0, 0), "generate": (0, 0), "discuss": (0, 0)}
    assert calls_of(found) == {**nothing, "judge": (14, 14), "recheck": (6, 6)}
    assert found.total.calls == (20, 20)


def test_discussion_takes_one_round_to_all_of_them_of_those_who_have_a_neighbour():
    rooms = {"tea": a_room(5, ties=PAIR, susceptibility=0.5)}
    found = estimated([(an_item(0), "tea"), (an_item(1), "tea")], rooms, settings_of(rounds=3))
    assert calls_of(found)["discuss"] == (6, 18)


@pytest.mark.parametrize(
    ("susceptibility", "ties", "rounds"), [(0.0, PAIR, 3), (0.5, None, 3), (0.5, PAIR, 0)]
)
def test_nobody_discusses_without_susceptibility_ties_or_rounds(susceptibility, ties, rounds):
    rooms = {"tea": a_room(5, ties=ties, susceptibility=susceptibility)}
    found = estimated([(an_item(), "tea")], rooms, settings_of(rounds=rounds))
    assert calls_of(found)["discuss"] == (0, 0)


def test_a_query_takes_a_call_a_response_or_one_for_all_and_is_then_judged():
    rooms, jobs = {"tea": a_room(5)}, [(OPEN, "tea")]
    alone = calls_of(estimated(jobs, rooms, settings_of()))
    joint = calls_of(estimated(jobs, rooms, settings_of(sampling="negatively-correlated")))
    assert (alone["generate"], joint["generate"]) == ((4, 4), (1, 1))
    assert alone["judge"] == joint["judge"] == (5, 5)


@pytest.mark.parametrize("count", [0, 1])
@pytest.mark.parametrize("sampling", ["independent", "negatively-correlated"])
def test_a_query_for_fewer_than_two_responses_takes_no_call(count, sampling):
    jobs = [(Query(item="none", query="What now?", count=count), "tea")]
    assert estimated(jobs, {"tea": a_room()}, settings_of(sampling=sampling)).total.calls == (0, 0)


def test_an_item_with_more_options_than_letters_is_put_to_nobody():
    found = estimated([(an_item(size=27), "tea")], {"tea": a_room()}, settings_of(recheck=1.0))
    assert found.total.calls == (0, 0)
    assert found.rows() == [("all", "0", "0", "0", "unknown")]


def test_written_profiles_take_a_call_a_batch_and_one_to_merge_and_extracted_ones_none():
    rooms = {"tea": a_room(store=STORE), "cats": a_room(store=store_of([]), community="cats")}
    jobs = [(an_item(), "tea")]
    assert calls_of(estimated(jobs, rooms, settings_of()))["profile"] == (0, 0)
    found = estimated(jobs, rooms, settings_of(profiles="written"))
    assert calls_of(found)["profile"] == (4, 4)  # 30 posts are three batches of at most twelve


class Counting:
    """A model that answers everything, and counts its calls and their tokens by phase."""

    name = "test/counting"

    def __init__(self):
        self.calls, self.tokens = Counter(), Counter()

    async def complete(self, call):
        self.calls[call.phase] += 1
        self.tokens[call.phase] += sum(token_count(message.text) for message in call.messages)
        if call.phase == "profile":
            text = call.messages[1].text
            source, label = ("from", "s1") if "Merge them" in text else ("posts", text.split("[p")[1][:2])
            label = label if source == "from" else f"p{label}"
            row = {"facet": "worldview", "text": "We do.", source: [label]}
            return Reply(text=json.dumps({"sentences": [row]}))
        if call.phase == "generate":
            draws = [f"Response {self.calls['generate']} {number}" for number in range(9)]
            return Reply(text=json.dumps({"responses": draws}))
        # Personas take turns, so that no discussion settles before its last round.
        letter = "AB"[(call.draw + int(call.persona[-1])) % 2]
        return Reply(text=json.dumps({"choice": letter, "reason": "so it is", "convinced_by": [1]}))

    async def close(self):
        pass


async def carried_out(jobs, rooms, settings):
    """Send every call of a run without the engine around it."""
    model = Counting()
    if settings.profiles == "written":
        stores = {name: room.store for name, room in rooms.items()}
        await write_profiles(model, PROMPTS, stores, titles={}, settings=settings)
    for asked, name in jobs:
        room, item = rooms[name], asked
        if isinstance(asked, Query):
            options = await PersonaGenerator(model, PROMPTS, WORDS, settings=settings).generate(asked, room)
            item = Item(item=asked.item, query=asked.query, options=tuple(options))
        norms = retrieve(item, room.store, WORDS, keep=settings.keep)
        ballots = await PersonaJudge(model, PROMPTS, settings=settings).judge(item, room, norms)
        if settings.rounds:
            discussion = PersonaDiscussion(model, PROMPTS, settings=settings)
            await discussion.discuss(item, room, norms, ballots, rounds=settings.rounds)
    return model


@pytest.mark.parametrize("sampling", ["independent", "negatively-correlated"])
async def test_the_calls_of_a_run_without_discussion_are_those_estimated(sampling):
    rooms = {"tea": a_room(5), "cats": a_room(3, community="cats")}
    jobs = [(an_item(0), "tea"), (an_item(0), "cats"), (OPEN, "tea")]
    settings = settings_of(recheck=0.25, profiles="written", sampling=sampling)
    found = estimated(jobs, rooms, settings)
    model = await carried_out(jobs, rooms, settings)
    assert {phase.phase: phase.calls for phase in found.phases if phase.calls[1]} == {
        phase: (count, count) for phase, count in model.calls.items()
    }


async def test_the_calls_of_a_discussion_lie_between_the_bounds_and_reach_the_upper_one():
    rooms = {"tea": a_room(5, ties=PAIR, susceptibility=0.5)}
    settings = settings_of(rounds=2)
    jobs = [(an_item(0), "tea")]
    model = await carried_out(jobs, rooms, settings)
    low, high = calls_of(estimated(jobs, rooms, settings))["discuss"]
    assert (low, high) == (3, 6)
    assert low <= model.calls["discuss"] <= high
    assert model.calls["discuss"] == 6


async def test_where_every_prompt_is_rendered_the_tokens_of_judging_are_those_sent():
    people = panel(5)
    lives = (
        replace(one, attributes={"told": "a life " * 9**place})
        for place, one in enumerate(people.personas[:3])
    )
    people = replace(people, personas=(*lives, *people.personas[3:]))
    store = store_of([f"the pot {'was warm ' * (number % 7)} {number}" for number in range(30)])
    rooms = {"tea": room_of(people, store)}
    jobs = [(an_item(0, 3), "tea"), (an_item(1), "tea")]
    model = await carried_out(jobs, rooms, settings_of())
    found = {phase.phase: phase for phase in estimated(jobs, rooms, settings_of()).phases}
    assert found["judge"].prompt_tokens == (model.tokens["judge"],) * 2


def test_the_tokens_of_many_prompts_are_estimated_from_few():
    rooms = {"tea": a_room(5)}
    jobs = [(an_item(number), "tea") for number in range(200)]
    found = estimated(jobs, rooms, settings_of())
    assert found.sampled == 24
    whole = sum(
        estimated(jobs[start : start + 4], rooms, settings_of()).total.prompt_tokens[0]
        for start in range(0, 200, 4)
    )
    assert found.total.prompt_tokens[0] == pytest.approx(whole, rel=0.02)


def test_only_what_is_sampled_is_embedded():
    embedder = WordEmbedder()
    jobs = [(an_item(number), "tea") for number in range(500)]
    estimate(jobs, {"tea": a_room()}, PROMPTS, settings_of(), embedder=embedder, price=None)
    assert len(embedder.calls) <= 24


def test_replies_are_of_usual_length_at_least_and_of_the_length_allowed_at_most():
    rooms, jobs = {"tea": a_room(5)}, [(an_item(), "tea")]
    judge = estimated(jobs, rooms, settings_of(reply_tokens=300)).total
    assert judge.completion_tokens[1] == 5 * 300
    assert 5 * 15 <= judge.completion_tokens[0] <= 5 * 60
    short = estimated(jobs, rooms, settings_of(reply_tokens=3)).total
    assert short.completion_tokens == (15, 15)
    joint = estimated([(OPEN, "tea")], rooms, settings_of(sampling="negatively-correlated")).phases[1]
    assert joint.completion_tokens[1] == 4 * 400


def test_a_merge_reads_what_the_batches_write():
    found = estimated([(an_item(), "tea")], {"tea": a_room()}, settings_of(profiles="written")).phases[0]
    batches = post_batches(read_posts(STORE))
    prompts = [*(PROMPTS.profile_map("tea", batch) for batch in batches), PROMPTS.profile_reduce("tea", [])]
    sent = sum(token_count(message.text) for prompt in prompts for message in prompt)
    assert len(batches) == 3
    assert found.prompt_tokens[1] == sent + 3 * 1_500
    assert sent + 3 * 100 < found.prompt_tokens[0] < sent + 3 * 600
    assert found.completion_tokens[1] == 4 * 1_500


def test_the_cost_is_that_of_the_tokens_and_unknown_without_a_price():
    rooms, jobs = {"tea": a_room(5, ties=PAIR, susceptibility=1.0)}, [(an_item(), "tea")]
    settings = settings_of(rounds=2, recheck=0.5)
    price = Price(prompt=2.0, completion=8.0, cached=0.5)
    total = estimated(jobs, rooms, settings, price=price).total
    for bound in (0, 1):
        tokens = total.prompt_tokens[bound] * 2 + total.completion_tokens[bound] * 8
        assert total.cost[bound] == pytest.approx(tokens / 1e6)
    unknown = estimated(jobs, rooms, settings)
    assert unknown.total.cost is None
    assert unknown.rows()[-1][-1] == "unknown"
    assert any("--price" in note for note in unknown.notes)


def test_a_table_has_the_phases_that_occur_and_the_whole_run_last():
    rooms = {"tea": a_room(5, ties=PAIR, susceptibility=1.0)}
    found = estimated([(an_item(), "tea")], rooms, settings_of(rounds=2), price=Price(prompt=1, completion=1))
    rows = found.rows()
    assert [row[0] for row in rows] == ["judge", "discuss", "all"]
    assert [row[1] for row in rows] == ["5", "3 to 6", "8 to 11"]
    assert all(len(row) == 5 and row[4].startswith("$") for row in rows)


def test_as_data_it_is_plain_and_whole():
    jobs = [(an_item(), "tea")]
    found = estimated(jobs, {"tea": a_room(5)}, settings_of(), already=3, price=Price(prompt=1, completion=1))
    data = json.loads(json.dumps(found.as_data()))
    assert set(data) == {"phases", "total", "sampled", "already", "notes"}
    names = [phase["phase"] for phase in data["phases"]]
    assert names == ["profile", "generate", "judge", "recheck", "discuss"]
    assert data["total"]["calls"] == {"low": 5, "high": 5}
    assert data["total"]["cost"]["low"] <= data["total"]["cost"]["high"]
    assert data["already"] == 3
    assert any(note.startswith("3 of these calls") for note in data["notes"])


def test_the_notes_say_what_is_not_counted():
    notes = " ".join(estimated([(an_item(), "tea")], {"tea": a_room()}, settings_of()).notes)
    for word in ("estimated", "repair", "repeated", "thinking"):
        assert word in notes


def test_it_is_the_same_for_the_same_seed():
    rooms = {"tea": a_room(5, ties=PAIR, susceptibility=0.4)}
    jobs = [(an_item(number), "tea") for number in range(60)]
    assert estimated(jobs, rooms, settings_of(rounds=1)) == estimated(jobs, rooms, settings_of(rounds=1))


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("warm the pot", 3),
        ("größer", 2),
        ("чай", 2),
        ("ἀἀἀἀ", 2),
        ("温杯", 2),
        ("차를 마시다", 6),
        ("お茶", 2),
    ],
)
def test_tokens_are_counted_by_script(text, tokens):
    assert token_count(text) == tokens


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x24F)), st.text(max_size=20))
def test_tokens_grow_with_a_text_and_are_a_quarter_of_latin_signs(latin, any_text):
    assert token_count(latin) == -(-len(latin) // 4)
    assert token_count(latin) <= token_count(latin + any_text) <= token_count(latin) + len(any_text)


@given(
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    items=st.lists(st.integers(2, 5), min_size=1, max_size=4),
    rounds=st.integers(0, 3),
    recheck=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
)
def test_low_is_never_above_high_and_the_parts_make_the_whole(sizes, items, rounds, recheck):
    rooms = {
        f"c{place}": a_room(
            size, community=f"c{place}", ties=np.ones((size, size)) - np.eye(size), susceptibility=0.5
        )
        for place, size in enumerate(sizes)
    }
    jobs = [(an_item(number, size), name) for number, size in enumerate(items) for name in rooms]
    found = estimated(
        jobs, rooms, settings_of(rounds=rounds, recheck=recheck), price=Price(prompt=3, completion=9)
    )
    total = found.total
    for name in ("calls", "prompt_tokens", "completion_tokens", "cost"):
        spans = [getattr(phase, name) for phase in found.phases]
        assert all(low <= high for low, high in spans)
        assert getattr(total, name) == pytest.approx(tuple(map(sum, zip(*spans, strict=True))))
    people = sum(size * len(items) for size in sizes)
    talking = sum(size * len(items) for size in sizes if size > 1)
    assert calls_of(found)["judge"] == (people, people)
    assert calls_of(found)["discuss"] == (talking if rounds else 0, talking * rounds)


def test_the_whole_distribution_takes_a_call_an_item_and_community_and_one_an_item_of_nobody():
    jobs = [(an_item(number), name) for number in range(3) for name in ("tea", "cats")]
    own = {name: a_room(5, community=name) for name in ("tea", "cats")}
    settings = settings_of(mode="direct", reply_tokens=250)
    found = estimated(jobs, own, settings)
    assert calls_of(found) == {"profile": (0, 0), "judge": (6, 6)}
    (judged,) = (phase for phase in found.phases if phase.phase == "judge")
    assert judged.completion_tokens[1] == 6 * 250
    assert 0 < judged.completion_tokens[0] <= 6 * 250 and judged.prompt_tokens[0] > 6
    nobodys = dict.fromkeys(own, a_room(5, community=NOBODY, store=store_of([])))
    assert estimated(jobs, nobodys, settings).total.calls == (3, 3)
