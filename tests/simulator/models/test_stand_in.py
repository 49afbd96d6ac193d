"""The stand-in server keeps its promises: what it prefers, how it fails, and what it counts."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from server_rules import asked_in
from small_runs import room_of, store_of
from stand_in import FAULTS, Wishes, fault_of, preferred, prompt_key

from personas.persona import Panel, Persona
from simulator.item import Ballot, Item, Option, Query
from simulator.models.direct import DirectModel
from simulator.models.model import Call, Message, ModelError, Reply
from simulator.models.wire import asked_of
from simulator.prompts.prompts import Prompts
from simulator.prompts.schemas import answer_schema, profile_schema, responses_schema

if TYPE_CHECKING:
    from collections.abc import Callable

    from stand_in import Server

    from simulator.prompts.answers import Answer
    from simulator.room import Room

LIKED, OTHER = "Warm the porcelain kettle first.", "Buy a brand-new spoon."
PROFILE = "Members value a warm kettle, porcelain and patience."
REPLY = {"choice": {"enum": ["A", "B", "abstain"]}, "reason": {"type": "string"}}


def schema(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def asked(*options: str, number: int = 0, **fields: Any) -> Call:
    """Return a judgement of options, LIKED and OTHER unless told otherwise."""
    shown = "\n".join(
        f"{letter}. {text}" for letter, text in zip("ABCDEFG", options or (OTHER, LIKED), strict=False)
    )
    messages = (
        Message(role="system", blocks=("You speak for a place.\n", PROFILE)),
        Message(role="user", blocks=(f"Question {number}: what matters?\n\n", f"Options:\n{shown}\n")),
    )
    given = {
        "temperature": 1.0,
        "max_tokens": 60,
        "seed": 5,
        "schema": schema(**REPLY),
        "letters": ("A", "B"),
    }
    return Call(**{"messages": messages, **given, **fields})


def client(server: Server, *, timeout: float = 20.0, key: str = "") -> DirectModel:
    return DirectModel(
        "hosted_vllm/any", api_base=server.api_base, timeout=timeout, at_once=16, price=None, key=key
    )


async def replies(server: Server, *calls: Call, **choices: Any) -> list[Reply | ModelError]:
    """Return what came of each call, all of them made at once."""
    model = client(server, **choices)
    came = await asyncio.gather(*(model.complete(call) for call in calls), return_exceptions=True)
    await model.close()
    return came  # type: ignore[return-value]


async def answer(server: Server, call: Call) -> dict[str, Any]:
    (reply,) = await replies(server, call)
    assert isinstance(reply, Reply), reply
    return json.loads(reply.text)


def test_the_text_that_shares_most_words_with_the_context_is_preferred() -> None:
    assert preferred([OTHER, LIKED], PROFILE) == 1
    assert preferred([LIKED, OTHER], PROFILE) == 0
    assert preferred(["zebra", "apple"], "neither of both") == 1


@pytest.mark.parametrize("options", [(OTHER, LIKED), (LIKED, OTHER)])
async def test_the_preferred_option_is_chosen_wherever_it_stands(
    stand_in: Callable[..., Server], options: tuple[str, ...]
) -> None:
    said = await answer(stand_in(), asked(*options))
    assert options["AB".index(said["choice"])] == LIKED


async def test_an_option_may_have_several_lines(stand_in: Callable[..., Server]) -> None:
    said = await answer(stand_in(), asked("It depends.\nI would warm the porcelain.", "Nothing at all."))
    assert said["choice"] == "A"


async def test_a_letter_within_the_context_is_no_option(stand_in: Callable[..., Server]) -> None:
    call = asked()
    more = Message(
        role="user", blocks=("A. spoon brand\nB. kettle\n\nThey said so.\n\n" + call.messages[1].text,)
    )
    said = await answer(stand_in(), asked(messages=(call.messages[0], more)))
    assert said["choice"] == "B"


async def test_the_chosen_letter_has_its_planted_probability(stand_in: Callable[..., Server]) -> None:
    (reply,) = await replies(stand_in(probability=0.7), asked())
    assert isinstance(reply, Reply)
    assert reply.probabilities == pytest.approx((0.3, 0.7))


async def test_a_ranking_and_ratings_begin_with_the_preferred_option(stand_in: Callable[..., Server]) -> None:
    server = stand_in()
    ranked = schema(ranking={"type": "array"}, reason={"type": "string"})
    rated = schema(ratings={"type": "object"}, reason={"type": "string"})
    assert (await answer(server, asked(schema=ranked)))["ranking"] == ["B", "A"]
    ratings = (await answer(server, asked(schema=rated)))["ratings"]
    assert ratings["B"] > ratings["A"]


async def test_without_a_schema_the_form_is_read_from_the_prompt(stand_in: Callable[..., Server]) -> None:
    call = asked()
    told = Message(role="system", blocks=('Reply as {"ranking": [...], "reason": "..."}.\n', PROFILE))
    said = await answer(stand_in(), asked(schema=None, letters=(), messages=(told, call.messages[1])))
    assert said["ranking"] == ["B", "A"]


async def test_responses_differ_and_are_as_many_as_the_schema_says(stand_in: Callable[..., Server]) -> None:
    wanted = schema(responses={"type": "array", "items": {"type": "string"}, "minItems": 3, "maxItems": 3})
    server = stand_in()
    first = (await answer(server, asked(schema=wanted, letters=())))["responses"]
    again = (await answer(server, asked(schema=wanted, letters=(), draw=1)))["responses"]
    assert len(set(first)) == 3
    assert first != again


async def test_sentences_of_a_profile_rest_on_labels_of_the_prompt(stand_in: Callable[..., Server]) -> None:
    server = stand_in(style="invent")
    prompt = Message(role="user", blocks=("[p1] We warm it.\n[p2] We wait.\n[p3] We rest.\n",))
    call = asked(schema=profile_schema("from"), letters=(), messages=(prompt,))
    sentences = (await answer(server, call))["sentences"]
    assert [sentence["from"] for sentence in sentences] == [["p1", "p2"], ["p2", "p3"], ["p999999"]]
    assert all(sentence["text"] and sentence["facet"] for sentence in sentences)


@pytest.mark.parametrize("answered", ["choice", "ranking", "rating"])
async def test_the_prompts_of_personas_are_understood_with_and_without_a_schema(
    stand_in: Callable[..., Server], answered: Answer
) -> None:
    server, item = (
        stand_in(),
        Item(item="1", query="What then?", options=(Option(text=OTHER), Option(text=LIKED))),
    )
    room = small_room()
    (persona, *_) = room.panel.personas
    messages = Prompts.load(seed=3).judge(
        item, room, shown=room.store.norms, persona=persona, recalled=(), order=(1, 0), answer=answered
    )
    for schema_sent in (answer_schema(answered, "AB"), None):
        said = await answer(server, asked(messages=messages, schema=schema_sent, letters=()))
        assert check_first(said, "A")


@pytest.mark.parametrize("style", ["plain", "follow"])
async def test_in_a_discussion_it_names_who_convinced_it(stand_in: Callable[..., Server], style: str) -> None:
    item = Item(item="1", query="What then?", options=(Option(text=OTHER), Option(text=LIKED)))
    room = small_room()
    own, *heard = (
        Ballot(persona=persona.persona, choice=choice, shares=shares, order=(0, 1), reason="so")
        for persona, choice, shares in zip(
            room.panel.personas, (0, 0, 1, 0), ((1.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 0.0)), strict=False
        )
    )
    messages = Prompts.load(seed=3).discuss(
        item, room, shown=room.store.norms, persona=room.panel.personas[0], recalled=(), order=(0, 1),
        answer="choice", own=own, heard=heard,
    )  # fmt: skip
    form = answer_schema("choice", "AB", discussed=True)
    said = await answer(stand_in(style=style), asked(messages=messages, schema=form))
    assert (said["choice"], said["convinced_by"]) == (("B", [2]) if style == "plain" else ("A", []))


async def test_a_set_of_responses_is_as_large_as_the_prompt_says(stand_in: Callable[..., Server]) -> None:
    room = small_room()
    messages = Prompts.load(seed=3).generate(
        Query(item="1", query="What then?", count=4), room, shown=room.store.norms,
        persona=room.panel.personas[0], recalled=(), count=4,
    )  # fmt: skip
    said = await answer(stand_in(), asked(messages=messages, schema=responses_schema(), letters=()))
    assert len(set(said["responses"])) == 4


def small_room() -> Room:
    store = store_of([PROFILE, "A warm kettle.", "Porcelain lasts."])
    personas = tuple(
        Persona(persona=f"tea/{number}", community="tea", member="", attributes={}) for number in range(4)
    )
    return room_of(Panel(community="tea", personas=personas), store)


def check_first(said: dict[str, Any], letter: str) -> bool:
    """Return whether a ballot of any form prefers a letter to all others."""
    ratings = said.get("ratings") or {}
    best = said.get("choice") or (said.get("ranking") or [max(ratings, key=ratings.__getitem__)])[0]
    return best == letter


@pytest.mark.parametrize(
    ("style", "text"),
    [("first", '"choice": "A"'), ("abstain", '"choice": "abstain"'), ("bare", "B"), ("prose", "Sure!")],
)
async def test_a_style_changes_how_it_answers(stand_in: Callable[..., Server], style: str, text: str) -> None:
    (reply,) = await replies(stand_in(style=style), asked())
    assert isinstance(reply, Reply)
    assert text in reply.text
    assert style != "bare" or reply.text == "B"


async def test_noise_turns_about_its_share_of_the_choices(stand_in: Callable[..., Server]) -> None:
    came = await replies(stand_in(persona_noise=0.3), *(asked(number=number) for number in range(200)))
    turned = sum('"choice": "A"' in reply.text for reply in came if isinstance(reply, Reply))
    assert 35 <= turned <= 85


async def test_usage_counts_words_and_a_reply_is_cut_at_its_length(stand_in: Callable[..., Server]) -> None:
    server, call = stand_in(), asked(max_tokens=3)
    (reply,) = await replies(server, call)
    assert isinstance(reply, Reply)
    assert reply.finish == "length"
    assert reply.usage.prompt_tokens == len("\n".join(message.text for message in call.messages).split())
    assert reply.usage.completion_tokens == 3 == len(reply.text.split())
    assert server.count()["usage"] == {
        "prompt_tokens": reply.usage.prompt_tokens,
        "completion_tokens": 3,
    }


ERRORS = {
    "rate_limit": "rate limited",
    "rate_limit_bare": "rate limited",
    "error_500": "server error",
    "error_503": "server error",
    "hang": "timeout",
    "drip": "timeout",
    "reset": "connection lost",
    "empty": "malformed",
    "truncated": "malformed",
}


@pytest.mark.parametrize("fault", ERRORS)
async def test_a_fault_of_the_wire_arrives_as_what_it_is(stand_in: Callable[..., Server], fault: str) -> None:
    server = stand_in(faults={fault: 1.0})
    (came,) = await replies(server, asked(), timeout=0.3)
    assert isinstance(came, ModelError)
    assert came.problem == ERRORS[fault]
    assert came.retry_after == (0.05 if fault == "rate_limit" else None)
    assert server.count()["faults"] == {fault: 1}


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in ERRORS])
async def test_a_fault_of_the_reply_arrives_as_what_it_is(
    stand_in: Callable[..., Server], fault: str
) -> None:
    server = stand_in(faults={fault: 1.0})
    (came,) = await replies(server, asked())
    assert isinstance(came, Reply)
    shown = {
        "wrong_schema": "choice" not in came.text,
        "prose": came.text.startswith("Sure!") and '"choice": "B"' in came.text,
        "wrong_letter": '"choice": "Z"' in came.text,
        "refusal": "I can't help" in came.text,
        "other_language": "{" not in came.text,
        "huge": len(came.text) > 99_000,
        "zero_usage": came.usage.estimated,
        "no_logprobs": not came.probabilities and '"choice": "B"' in came.text,
    }
    assert shown[fault]
    assert [name for name, seen in shown.items() if seen and name not in {fault, "wrong_schema"}] in (
        [],
        ["other_language"],
    )


def test_faults_fall_by_their_shares_on_the_same_requests_each_time() -> None:
    wishes = Wishes(faults={"hang": 0.1, "empty": 0.2})
    fallen = [fault_of(f"prompt {number}", 0, wishes) for number in range(2000)]
    assert fallen == [fault_of(f"prompt {number}", 0, wishes) for number in range(2000)]
    counted = Counter(fallen)
    assert 150 < counted["hang"] < 250
    assert 330 < counted["empty"] < 470


async def test_only_the_first_requests_of_a_prompt_may_meet_faults(stand_in: Callable[..., Server]) -> None:
    server = stand_in(faults={"error_500": 1.0}, first=1)
    for problem in (True, False, False):
        (came,) = await replies(server, asked())
        assert isinstance(came, ModelError) is problem
    assert list(server.prompts().values()) == [3]


async def test_above_its_limit_it_answers_429(stand_in: Callable[..., Server]) -> None:
    server = stand_in(limit=4, latency=0.1)
    came = await replies(server, *(asked(number=number) for number in range(12)))
    refused = [one for one in came if isinstance(one, ModelError)]
    assert {one.problem for one in refused} == {"rate limited"}
    assert len(refused) == server.count()["faults"]["busy"] == 8


async def test_above_its_rate_it_answers_429(stand_in: Callable[..., Server]) -> None:
    came = await replies(stand_in(rate=20), *(asked(number=number) for number in range(12)))
    assert sum(isinstance(one, Reply) for one in came) < 6


async def test_what_it_does_not_support_is_a_400_that_says_so(stand_in: Callable[..., Server]) -> None:
    server = stand_in(unsupported={"schema", "object", "logprobs"})
    calls = [asked(), asked(structure="object"), asked(schema=None), asked(schema=None, letters=())]
    came = await replies(server, *calls)
    assert [one.problem for one in came[:3] if isinstance(one, ModelError)] == ["unsupported"] * 3
    assert "json_schema" in str(came[0])
    assert "json_object" in str(came[1])
    assert "logprobs" in str(came[2])
    assert isinstance(came[3], Reply)


async def test_without_its_key_it_answers_401_with_the_key_that_it_was_given() -> None:
    import aiohttp
    from stand_in import stand_in as serving

    async def status(server: Server, key: str) -> tuple[int, str]:
        body = {"model": "any", **asked_of(asked())}
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"{server.api_base}/chat/completions", json=body, headers={"Authorization": f"Bearer {key}"}
            ) as response,
        ):
            return response.status, await response.text()

    with serving(key="sk-right") as server:
        assert (await status(server, "sk-right"))[0] == 200
        code, said = await status(server, "sk-wrong-one")
    assert code == 401
    assert "sk-wrong-one" in said


async def test_it_quotes_the_prompt_in_its_errors_where_asked_to() -> None:
    import urllib.error
    import urllib.request

    from stand_in import stand_in as serving

    body = json.dumps(asked_of(asked())).encode()
    with serving(faults={"error_500": 1.0}, echo=True) as server:
        request = urllib.request.Request(f"{server.api_base}/chat/completions", data=body)
        with pytest.raises(urllib.error.HTTPError) as raised:
            await asyncio.to_thread(urllib.request.urlopen, request)
    assert PROFILE in json.loads(raised.value.read())["error"]["message"]


async def test_several_processes_on_one_port_count_together(stand_in: Callable[..., Server]) -> None:
    server = stand_in(processes=2)
    calls = [asked(number=number) for number in range(40)]
    came = await replies(server, *calls)
    assert all(isinstance(one, Reply) for one in came)
    counted = server.count()
    assert counted["requests"] == counted["answered"] == 40
    assert counted["usage"]["prompt_tokens"] == sum(one.usage.prompt_tokens for one in came)  # type: ignore[union-attr]
    assert server.prompts() == {prompt_key(asked_of(call)): 1 for call in calls}


async def test_it_can_change_its_ways_while_it_runs(stand_in: Callable[..., Server]) -> None:
    server = stand_in(faults={"error_500": 1.0})
    (before,) = await replies(server, asked())
    server.change(faults={}, forget=True)
    (after,) = await replies(server, asked())
    assert isinstance(before, ModelError)
    assert isinstance(after, Reply)
    assert server.count()["requests"] == 1


def test_as_a_script_it_prints_its_port_and_ends_with_its_input() -> None:
    script = Path(sys.modules["stand_in"].__file__ or "")
    told = [sys.executable, str(script), "--latency", "0.01", "--faults", "error_500=0.05,hang=0.01"]
    with subprocess.Popen(told, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port, control = map(int, server.stdout.readline().split())
        server.communicate(timeout=20)
    assert port != control
    assert server.returncode == 0


def test_letters_are_read_from_the_last_list_of_options() -> None:
    found = asked_in(asked_of(asked("one", "two", "three")))
    assert found.options == {"A": "one", "B": "two", "C": "three"}
    assert "three" not in found.context
    assert PROFILE in found.context
