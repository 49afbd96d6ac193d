"""Generation: who writes, what is asked again and how often, what is cleaned, and what an error tells."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from server_rules import COUNT, chance
from small_runs import room_of, store_of
from stand_in import stand_in
from word_embedder import WordEmbedder

from personas.errors import InputError
from personas.persona import Panel, Persona
from simulator.item import Query, Turn
from simulator.models.direct import DirectModel
from simulator.models.model import ModelError, Reply, StoppedError
from simulator.persona_generator import PersonaGenerator, retrieve_for_query
from simulator.prompts.prompts import Prompts
from simulator.settings import Settings

STORE = store_of(["warm the pot first", "use soft water", "let the cat come"])
QUERY = Query(item="q", query="What about the pot?", count=4)
PROMPTS = Prompts.load(seed=4)
JOINTLY = "negatively-correlated"


def reply(*texts):
    return json.dumps({"responses": texts}, ensure_ascii=False)


class Writing:
    """A model that writes by a rule of the call and its number; a rule may raise, or return a whole reply."""

    name = "test/writing"

    def __init__(self, rule, pause=lambda call: 0.0):
        self.rule, self.pause = rule, pause
        self.calls, self.landed = [], 0

    async def complete(self, call):
        number = len(self.calls)
        self.calls.append(call)
        await asyncio.sleep(self.pause(call))
        self.landed += 1
        answer = self.rule(call, number)
        return answer if isinstance(answer, Reply) else Reply(text=answer)

    async def close(self):
        pass


def always(*texts):
    return Writing(lambda call, number: reply(*texts))


def numbered(call, number):
    """A different response to each persona and draw, as many as are asked for."""
    return reply(*(f"{call.persona} {call.draw} says {place}" for place in range(wanted(call))))


def wanted(call):
    told = COUNT.findall(call.messages[-1].text)
    return int(told[-1]) if told else 1


def generated(model, query=QUERY, *, size=6, store=STORE, **choices):
    people = tuple(Persona(persona=f"tea#{place}", community="tea") for place in range(size))
    room = room_of(Panel(community="tea", personas=people), store)
    generator = PersonaGenerator(
        model, PROMPTS, WordEmbedder(), settings=Settings(**{"seed": 4, "reply_tokens": 50, **choices})
    )

    async def work():
        try:
            return await generator.generate(query, room)
        finally:
            await model.close()

    return [option.text for option in asyncio.run(work())]


def test_independent_responses_are_each_another_personas():
    model = Writing(numbered)
    texts = generated(model)
    assert len(texts) == len(model.calls) == 4
    assert len({call.persona for call in model.calls}) == 4
    assert texts == [f"{call.persona} {call.draw} says 0" for call in model.calls]
    for call in model.calls:
        assert (call.phase, call.item, call.community, call.letters) == ("generate", "q", "tea", ())
        assert call.max_tokens == 50
        assert COUNT.search(call.messages[-1].text) is None


def test_a_negatively_correlated_set_is_one_request_to_one_persona():
    model = Writing(numbered)
    texts = generated(model, sampling=JOINTLY)
    (call,) = model.calls
    assert texts == [f"{call.persona} 0 says {place}" for place in range(4)]
    assert wanted(call) == 4
    assert (call.max_tokens, call.draw) == (200, 0)


def test_who_writes_follows_from_the_seed_the_item_and_the_community():
    def writers(**choices):
        model = Writing(numbered)
        generated(model, choices.pop("query", QUERY), **choices)
        return tuple(call.persona for call in model.calls)

    assert writers() == writers()
    assert len({writers(seed=seed) for seed in range(20)}) > 10
    others = {writers(query=Query(item=str(number), query="?", count=4)) for number in range(20)}
    assert len(others) > 10


def test_a_panel_smaller_than_the_set_writes_in_turns_and_no_call_is_made_twice():
    model = Writing(numbered)
    assert len(generated(model, Query(item="q", query="?", count=5), size=2)) == 5
    asked = [call.persona for call in model.calls]
    assert len(set(asked[:2])) == len(set(asked[2:4])) == 2
    assert len({call.key("m") for call in model.calls}) == 5
    assert len({call.seed for call in model.calls}) == 5


def test_what_came_twice_is_asked_again_of_personas_that_have_not_written():
    def rule(call, number):
        return reply(["Warm it.", "warm  IT. ", "Soften it.", "Warm it.", "Steep it.", "Cool it."][number])

    model = Writing(rule)
    assert generated(model) == ["Warm it.", "Soften it.", "Steep it.", "Cool it."]
    assert len({call.persona for call in model.calls}) == len(model.calls) == 6


def test_doubles_in_a_set_are_asked_for_again_as_many_as_are_missing_of_somebody_else():
    def rule(call, number):
        return reply(*[("one", "ONE", "two", "Two "), ("three", "two"), ("four",)][number])

    model = Writing(rule)
    assert generated(model, sampling=JOINTLY) == ["one", "two", "three", "four"]
    assert [call.draw for call in model.calls] == [0, 1, 2]
    assert [wanted(call) for call in model.calls] == [4, 2, 1]
    assert len({call.persona for call in model.calls}) == 3


def test_spare_responses_of_a_set_stand_in_for_doubles_and_no_more_come_than_asked_for():
    model = always("one", "one", "two", "three", "four", "five")
    assert generated(model, sampling=JOINTLY) == ["one", "two", "three", "four"]
    assert len(model.calls) == 1


def test_spare_responses_to_one_who_was_asked_for_one_are_left_out():
    model = Writing(lambda call, number: reply(f"mine {number}", "another's"))
    assert generated(model) == [f"mine {number}" for number in range(4)]


@pytest.mark.parametrize(("sampling", "requests"), [("independent", 4 + 2 + 2), (JOINTLY, 3)])
def test_requests_are_bounded_and_fewer_come_where_no_more_are_written(sampling, requests):
    model = Writing(lambda call, number: reply("a", "b") if sampling == JOINTLY else reply("ab"[number % 2]))
    assert generated(model, sampling=sampling) == ["a", "b"]
    assert len(model.calls) == requests


@pytest.mark.parametrize("sampling", ["independent", JOINTLY])
def test_a_model_that_writes_one_thing_alone_is_an_error_after_a_bounded_number_of_requests(sampling):
    model = always("the same")
    with pytest.raises(InputError, match=r"item q: 1 of 4 responses were written \(the same response again"):
        generated(model, sampling=sampling)
    assert len(model.calls) == (4 + 3 + 3 if sampling == "independent" else 3)


def test_failures_are_made_good_by_others_and_told_where_too_few_are_left():
    def rule(call, number):
        if number < 2:
            raise ModelError("server error", "HTTP 500")
        return numbered(call, number)

    assert len(generated(Writing(rule))) == 4

    def never(call, number):
        raise ModelError("server error" if number % 2 else "timeout", "no luck")

    model = Writing(never)
    with pytest.raises(InputError, match=r"0 of 4 .* \(timeout: no luck; server error: no luck\)"):
        generated(model)
    assert len(model.calls) == 12


def test_a_stopped_run_stops_after_all_that_was_under_way_has_landed():
    def rule(call, number):
        if number == 0:
            raise StoppedError("the budget is spent")
        return numbered(call, number)

    model = Writing(rule)
    model.pause = lambda call: 0.0 if call is model.calls[0] else 0.02
    with pytest.raises(StoppedError, match="the budget is spent"):
        generated(model)
    assert model.landed == len(model.calls) == 4


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_are_refused_before_anything_is_asked(count):
    model = Writing(numbered)
    with pytest.raises(InputError, match="responses are asked for; ask for 2 or more"):
        generated(model, Query(item="q", query="?", count=count))
    assert model.calls == []


MARKED = f"{PROMPTS.fence.open}Warm it.{PROMPTS.fence.close}"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("  Warm it.\n", "Warm it."),
        ('"Warm it."', "Warm it."),
        ("“Warm it.”", "Warm it."),
        ('" Warm it. "', "Warm it."),
        ("“Warm it” twice”", "“Warm it” twice”"),
        ("„Wärm sie.“", "Wärm sie."),
        ("「温めて」", "温めて"),
        ('"Warm it" and "steep it"', '"Warm it" and "steep it"'),
        ("“Warm it” or “steep it”", "“Warm it” or “steep it”"),
        ("'Tis warm, isn't it'", "'Tis warm, isn't it'"),
        ("Warm\x00 \x1b[31mit\u202e.", "Warm [31mit."),
        ("one\r\ntwo\n\n* three", "one\ntwo\n\n* three"),
        (MARKED, "Warm it."),
        ("नमस्ते क\u094d\u200dष 👩\u200d🔬", "नमस्ते क\u094d\u200dष 👩\u200d🔬"),
        ("\U0001f375" * 500, "\U0001f375" * 399 + "…"),
    ],
)
def test_responses_are_cleaned_and_bounded(written, text):
    assert generated(always(written, "another"), sampling=JOINTLY)[0] == text


@pytest.mark.parametrize("empty", ["", "  ", '""', "\x00\u200b", 7, None])
def test_empty_responses_do_not_count(empty):
    model = Writing(lambda call, number: json.dumps({"responses": [empty, f"a {number}", f"b {number}"]}))
    assert generated(model, sampling=JOINTLY) == ["a 0", "b 0", "a 1", "b 1"]


def test_a_reply_without_any_response_in_it_gets_one_chance_to_be_mended():
    model = Writing(lambda call, number: reply("a", "b", "c", "d") if call.phase == "repair" else reply(" "))
    assert generated(model, sampling=JOINTLY) == ["a", "b", "c", "d"]
    assert len(model.calls) == 2


def test_one_response_without_a_list_around_it_is_read():
    model = Writing(lambda call, number: json.dumps({"responses": f"mine {number}"}))
    assert generated(model) == [f"mine {number}" for number in range(4)]


@given(st.lists(st.text(max_size=40), max_size=9))
def test_whatever_is_written_options_differ_and_hold_something_to_read(texts):
    try:
        found = generated(always(*texts), sampling=JOINTLY)
    except InputError:
        return
    assert 2 <= len(found) <= 4
    assert len({" ".join(text.casefold().split()) for text in found}) == len(found)
    assert all(text == text.strip() and text for text in found)
    assert not any(ord(sign) < 32 and sign not in "\n\t" for text in found for sign in text)


def test_the_response_that_a_reply_was_cut_off_in_is_asked_for_again():
    half = Reply(text='{"responses": ["one", "two", "thr', finish="length")
    model = Writing(lambda call, number: half if number == 0 else reply("three", "four"))
    assert generated(model, sampling=JOINTLY) == ["one", "two", "three", "four"]
    assert [wanted(call) for call in model.calls] == [4, 2]


def test_a_reply_that_ended_just_before_its_limit_is_whole():
    model = always()
    model.rule = lambda call, number: Reply(text=f"{reply('a', 'b', 'c', 'd')}\n", finish="length")
    assert generated(model, sampling=JOINTLY) == ["a", "b", "c", "d"]


def test_a_reply_that_only_forgot_its_last_brackets_is_whole():
    model = Writing(lambda call, number: '{"responses": ["a", "b", "c", "d"')
    assert generated(model, sampling=JOINTLY) == ["a", "b", "c", "d"]
    assert len(model.calls) == 1


def test_where_all_are_cut_off_the_error_says_what_to_do():
    model = Writing(lambda call, number: Reply(text=f'{{"responses": ["{number} and', finish="length"))
    with pytest.raises(InputError, match=r"0 of 4 .*\(cut off\); give --reply-tokens more"):
        generated(model)


def test_an_unreadable_reply_gets_one_chance_to_be_mended():
    def rule(call, number):
        return reply("a", "b", "c", "d") if call.phase == "repair" else "Here you are!"

    model = Writing(rule)
    assert generated(model, sampling=JOINTLY) == ["a", "b", "c", "d"]
    assert [call.phase for call in model.calls] == ["generate", "repair"]


def test_the_prompt_holds_the_turns_the_query_in_any_language_and_what_the_community_said_of_it():
    turns = (Turn(role="user", text="水は?"), Turn(role="assistant", text="Soft water."))
    model = Writing(numbered)
    generated(model, Query(item="q", query="ポットは温めますか?", count=2, turns=turns), shown=2)
    for call in model.calls:
        text = call.messages[-1].text
        assert text.index("水は?") < text.index("Soft water.") < text.index("ポットは温めますか?")
        assert "use soft water" in text


def test_each_writer_is_told_what_it_remembers_besides():
    model = Writing(numbered)
    generated(model, shown=0, recalled=3)
    told = [
        {norm.text for norm in STORE.norms if norm.text in call.messages[-1].text} for call in model.calls
    ]
    assert all(told)
    assert len({frozenset(each) for each in told}) > 1, "memories differ"


def test_a_query_is_compared_alone_and_with_what_was_said_last_before_it():
    words = WordEmbedder()
    talk = (Turn(role="user", text="My cat hides."), Turn(role="assistant", text="let the cat come"))
    alone = retrieve_for_query(QUERY, STORE, words, keep=1)
    assert words.calls[-1] == ["What about the pot?"]
    assert [STORE.norms[index].text for index in alone.indices[:, 0]] == ["warm the pot first"]
    followed = retrieve_for_query(Query(item="q", query="And the kitten?", turns=talk), STORE, words, keep=2)
    assert words.calls[-1] == ["And the kitten?", "let the cat come\nAnd the kitten?"]
    assert followed.indices.shape == (2, 2)
    assert STORE.norms[followed.indices[1, 0]].text == "let the cat come"
    assert (followed.keep, followed.store) == (2, STORE)


def test_a_community_without_norms_still_writes():
    assert len(generated(Writing(numbered), store=store_of([]))) == 4


@pytest.mark.parametrize("sampling", ["independent", JOINTLY])
def test_the_result_does_not_depend_on_who_answers_first(sampling):
    def rule(call, number):
        drawn = int(chance(call.persona, call.draw) * 3)
        return reply(*(f"{(drawn + place) % 5}" for place in range(wanted(call))))

    def slowly(call):
        return chance("pause", call.persona, call.draw) / 100

    for seed in range(5):
        at_once = generated(Writing(rule), sampling=sampling, seed=seed)
        assert at_once == generated(Writing(rule, pause=slowly), sampling=sampling, seed=seed)


def test_its_name_says_that_a_language_model_wrote():
    generator = PersonaGenerator(Writing(numbered), PROMPTS, WordEmbedder(), settings=Settings(seed=1))
    assert generator.name == "written by language-model personas (test/writing)"


def served(server, at_once=8):
    return DirectModel(
        "hosted_vllm/stand-in", api_base=server.api_base, timeout=10, at_once=at_once, price=None
    )


@pytest.mark.parametrize(("sampling", "requests"), [("independent", 4), (JOINTLY, 1)])
def test_over_http_a_set_comes_whole_and_the_same_however_many_are_asked_at_once(sampling, requests):
    with stand_in() as server:
        found = generated(served(server), sampling=sampling)
        assert server.count()["requests"] == requests
        assert found == generated(served(server, 1), sampling=sampling)
    assert len(set(found)) == 4


def test_over_http_a_reply_cut_off_at_its_length_leaves_no_half_said_response():
    with stand_in() as server:
        cut = generated(served(server), sampling=JOINTLY, reply_tokens=8)
        assert server.count()["requests"] > 1
    assert all(text.endswith((".", "…")) for text in cut), "the stand-in ends each response with a stop"


def test_over_http_a_server_that_refuses_is_told_of():
    with stand_in(faults={"refusal": 1.0}) as server, pytest.raises(InputError, match=r"0 of 4 .*refused"):
        generated(served(server))
