"""The rules of the stand-in server: what it answers to a prompt, so that tests know the right preference.

It prefers the option that shares the most words with the rest of the prompt. Nothing here touches a network.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "Asked",
    "answer_to",
    "asked_briefly",
    "asked_in",
    "chance",
    "logprobs_of",
    "preferred",
    "words_of",
]

WORD = re.compile(r"[^\W\d_]{4,}")
FENCED = re.compile(r"^([A-Z])\. <<(\S+) (.*?) \2>>[ \t]*$", re.MULTILINE | re.DOTALL)
OPTION = re.compile(r"^[ \t]*\(?([A-Z])[.):][ \t]+(.*)$", re.MULTILINE)
END_OF_OPTIONS = re.compile(r"\n[ \t]*\n|\n[ \t]*</|\n[ \t]*<<|\n[ \t]*(?:```|~~~|---|===|####)")
LABEL = re.compile(r"(?m)^[ \t]*\[([^\]\s]{1,40})\]")
NEIGHBOUR = re.compile(r"(?m)^- neighbour (\d+): ([A-Z]|abstained)")
OWN = re.compile(r"your own answer before: ([A-Z]|abstained)")
COUNT = re.compile(r"Write (\d+) responses")
FACETS = ("shared values", "tone and stances")
PIECES = re.compile(r"\w+|\s+|[^\w\s]")
CHOSEN = re.compile(r'"choice"\s*:\s*"')
FORMS = ("responses", "sentences", "ranking", "ratings", "shares", "choice")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a prompt asks.

    Args:
        options: the letters offered and their texts, in the order shown. ``context``: the rest of the prompt.
        form: the field that a reply must have: choice, ranking, ratings, responses or another of a schema's.
        schema: of the reply; empty where none was sent.
        discussed: whether the reply names who convinced it.
        prompt: all of it.
    """

    prompt: str
    context: str
    form: str
    options: Mapping[str, str] = field(default_factory=dict)
    schema: Mapping[str, Any] = field(default_factory=dict)
    discussed: bool = False


@lru_cache(maxsize=64)
def words_of(text: str) -> set[str]:
    """Return the words of more than three letters, without case.

    >>> sorted(words_of("Warm the pot, WARM it 4567"))
    ['warm']
    """
    return set(WORD.findall(text.casefold()))


def preferred(texts: Sequence[str], context: str) -> int:
    """Return the index of the text that shares the most words with the context; of equals, the smallest text.

    >>> preferred(["boil it", "warm the kettle"], "we always warm it")
    1
    """
    known = words_of(context)
    return min(range(len(texts)), key=lambda place: (-len(words_of(texts[place]) & known), texts[place]))


def chance(*parts: object) -> float:
    """Return a number in [0, 1) that only the parts decide."""
    told = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    return int.from_bytes(told, "big") / 2**64


def asked_in(body: Mapping[str, Any]) -> Asked:
    """Read a request."""
    texts = [str(message.get("content") or "") for message in body["messages"]]
    told = body.get("response_format") or {}
    schema = (told.get("json_schema") or {}).get("schema") or {}
    prompt = "\n".join(texts)
    fields = dict(schema.get("properties") or {})
    form = next((name for name in FORMS if name in fields), next(iter(fields), "")) or _form_told(prompt)
    options: dict[str, str] = {}
    context = prompt
    for place in range(len(texts) - 1, -1, -1):
        options, rest = _options_in(texts[place])
        if options:
            context = "\n".join([*texts[:place], rest, *texts[place + 1 :]])
            break
    discussed = "convinced_by" in fields or (not fields and "convinced_by" in prompt)
    return Asked(
        prompt=prompt, context=context, form=form, options=options, schema=schema, discussed=discussed
    )


def asked_briefly(body: Mapping[str, Any]) -> Asked:
    """Read as much of a request for a choice as its schema tells, for answers that cost next to nothing."""
    prompt = "\n".join(message["content"] for message in body["messages"])
    schema = ((body.get("response_format") or {}).get("json_schema") or {}).get("schema") or {}
    offered = ((schema.get("properties") or {}).get("choice") or {}).get("enum") or ["A", "B"]
    options = {letter: "" for letter in offered if len(letter) == 1}
    return Asked(prompt=prompt, context="", form="choice", options=options, schema=schema)


def _form_told(prompt: str) -> str:
    """Return the form that a prompt's text names, the last mentioned where several are."""
    found = {name: prompt.rfind(f'"{name}"') for name in FORMS}
    best = max(found, key=lambda name: found[name])
    return best if found[best] >= 0 else "choice"


def _options_in(text: str) -> tuple[dict[str, str], str]:
    """Return the last list of options of a text, from A on, and the text without it."""
    fenced = _last_run(list(FENCED.finditer(text)))
    run = fenced or _last_run(list(OPTION.finditer(text)))
    if not run:
        return {}, text
    if fenced:
        return {mark[1]: mark[3] for mark in run}, text[: run[0].start()] + text[run[-1].end() :]
    last = END_OF_OPTIONS.search(text, run[-1].end())
    end = last.start() if last else len(text)
    edges = [*(mark.start() for mark in run[1:]), end]
    options = {mark[1]: text[mark.start(2) : edge].strip() for mark, edge in zip(run, edges, strict=True)}
    return options, text[: run[0].start()] + text[end:]


def _last_run(marks: list[re.Match[str]]) -> list[re.Match[str]]:
    """Return the marks from the last A on, in alphabetical order without a gap; empty for fewer than two."""
    first = next((place for place in range(len(marks) - 1, -1, -1) if marks[place][1] == "A"), None)
    if first is None:
        return []
    run = [marks[first]]
    for mark in marks[first + 1 :]:
        if ord(mark[1]) == ord(run[-1][1]) + 1:
            run.append(mark)
    return run if len(run) > 1 else []


def answer_to(
    asked: Asked, *, style: str = "plain", persona_noise: float = 0.0, seed: int = 0, draw: object = 0
) -> tuple[str, str]:
    """Return what is answered and the letter chosen in it; the letter is empty where none was."""
    best = _liked(asked, style=style, persona_noise=persona_noise, seed=seed)
    letter = best[0] if best else ""
    if style == "abstain" and asked.options:
        letter, best = "", []
    content = json.dumps(_reply(asked, best, draw, style), ensure_ascii=False)
    if style == "bare" and asked.form == "choice":
        content = letter or "abstain"
    if style == "prose":
        content = in_prose(content)
    return content, letter if asked.form == "choice" else ""


def in_prose(content: str) -> str:
    """Return an answer as chatty models wrap it."""
    return f"Sure! Thinking of what this community values, here is my answer:\n\n{content}\n\nI hope this helps {{you}}."


def _liked(asked: Asked, *, style: str, persona_noise: float, seed: int) -> list[str]:
    """Return the letters from the most to the least preferred."""
    letters = list(asked.options)
    if style in {"first", "stub"}:
        return letters
    heard = [letter for letter in _heard(asked).values() if letter in letters]
    if style == "follow" and heard:
        return sorted(letters, key=lambda one: (-heard.count(one), one))
    known = words_of(asked.context)
    texts = asked.options
    ranked = sorted(letters, key=lambda one: (-len(words_of(texts[one]) & known), texts[one]))
    if persona_noise and len(ranked) > 1 and chance(seed, "noise", asked.prompt) < persona_noise:
        other = 1 + int(chance(seed, "other", asked.prompt) * (len(ranked) - 1))
        ranked.insert(0, ranked.pop(other))
    return ranked


def _reply(asked: Asked, best: list[str], draw: object, style: str) -> dict[str, Any]:
    if asked.form == "responses":
        return {"responses": _responses(asked, draw)}
    if asked.form == "sentences":
        return {"sentences": _sentences(asked, style)}
    shared = sorted(words_of(asked.options[best[0]]) & words_of(asked.context))[:5] if best else []
    values: dict[str, Any] = {
        "choice": best[0] if best else "abstain",
        "ranking": best,
        "ratings": {letter: max(0, 10 - 3 * place) for place, letter in enumerate(best)} or None,
        "shares": _shares(best),
        "reason": f"we speak of {', '.join(shared)}" if shared else "nothing here speaks to me",
        "convinced_by": _neighbours(asked, best[0] if best else "abstained"),
    }
    fields = list(asked.schema.get("properties") or {})
    fields = fields or [asked.form, "reason", *(["convinced_by"] if asked.discussed else [])]
    return {name: values.get(name) for name in fields}


def _shares(best: list[str]) -> dict[str, int]:
    """Return shares that halve from the most to the least preferred, and add up to no hundred."""
    return {letter: 64 // 2**place for place, letter in enumerate(best)}


def _neighbours(asked: Asked, chosen: str) -> list[int]:
    """Return the numbers of the neighbours who hold what is now chosen and was not before."""
    own = OWN.search(asked.prompt)
    heard = _heard(asked)
    return [] if own is None or own[1] == chosen else [number for number in heard if heard[number] == chosen]


def _heard(asked: Asked) -> dict[int, str]:
    return {int(number): letter for number, letter in NEIGHBOUR.findall(asked.prompt)}


def _responses(asked: Asked, draw: object) -> list[str]:
    """Return different texts of the prompt's own words, as many as the schema or the prompt asks for."""
    form = (asked.schema.get("properties") or {}).get("responses") or {}
    told = COUNT.findall(asked.prompt)
    count = int(form.get("minItems") or (told[-1] if told else 1))
    known = sorted(words_of(asked.prompt)) or ["nothing"]
    texts = []
    for number in range(count):
        drawn = [known[int(chance(asked.prompt, draw, number, turn) * len(known))] for turn in range(6)]
        texts.append(f"Response {number + 1} to this: {' '.join(drawn)}.")
    return texts


def _sentences(asked: Asked, style: str) -> list[dict[str, Any]]:
    """Return two sentences of a profile, each on two of the prompt's labels; with style invent, one on none."""
    labels = list(dict.fromkeys(LABEL.findall(asked.prompt)))
    part = ((asked.schema.get("properties") or {}).get("sentences") or {}).get("items") or {}
    fields = part.get("properties") or ({"from": {}} if '"from"' in asked.prompt else {"posts": {}})
    source = next((name for name in fields if name not in {"facet", "text"}), "posts")
    known = sorted(words_of(asked.prompt)) or ["nothing"]
    made = []
    for number, facet in enumerate(FACETS):
        words = [known[int(chance(asked.prompt, facet, turn) * len(known))] for turn in range(3)]
        text = f"Members care for {', '.join(words)}."
        made.append({"facet": facet, "text": text, source: labels[number : number + 2] or labels[:1]})
    if style == "invent":
        made.append({"facet": FACETS[0], "text": "Members invent things.", source: ["p999999"]})
    return made


@lru_cache(maxsize=256)
def logprobs_of(content: str, letter: str, letters: tuple[str, ...], probability: float) -> dict[str, Any]:
    """Return token logprobs as servers tell them: the letter's token carries every letter's probability."""
    named = CHOSEN.search(content)
    place = named.end() if named else len(content) - len(content.lstrip())
    tokens, at = [], 0
    for piece in _pieces(content):
        if at == place and piece in {letter, "abstain"}:
            tokens.append(_token(piece, _spread(piece, letters, probability)))
        else:
            tokens.append(_token(piece, {piece: 0.99}))
        at += len(piece)
    return {"content": tokens, "refusal": None}


def _pieces(content: str) -> list[str]:
    return PIECES.findall(content)


def _spread(chosen: str, letters: Sequence[str], probability: float) -> dict[str, float]:
    others = [letter for letter in letters if letter != chosen]
    return {chosen: probability} | {other: (1 - probability) / len(others) for other in others}


def _token(text: str, shares: Mapping[str, float]) -> dict[str, Any]:
    top = [
        {"token": one, "logprob": math.log(share), "bytes": list(one.encode())}
        for one, share in shares.items()
        if share > 0
    ]
    return {**top[0], "top_logprobs": top} if top else {"token": text, "logprob": 0.0, "top_logprobs": []}
