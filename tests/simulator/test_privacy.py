"""No key, header or member's name reaches the journal, the log or an error, whatever the provider says."""

from __future__ import annotations

import logging

import pytest
from small_corpora import make_corpus
from small_runs import forum, items_for
from stand_in import FAULTS, stand_in
from word_embedder import WordEmbedder

from personas.errors import StoppedError
from simulator.simulation import Simulation

KEY = "sk-planted-0123456789abcdefghij"
NAMES = [f"{community} person {number}" for community in ("tea", "cats") for number in range(8)]


@pytest.fixture
def simulation_at(tmp_path, monkeypatch):
    monkeypatch.setenv("HOSTED_VLLM_API_KEY", KEY)
    corpus = make_corpus(tmp_path / "corpus", forum(6))

    def make(server, **choices):
        return Simulation(
            corpus,
            seed=3,
            embedder=WordEmbedder(),
            panel=4,
            smallest=2,
            model="hosted_vllm/stand-in",
            api_base=server.api_base,
            timeout=0.5,
            **choices,
        )

    return make


def held_in(folder):
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_run_with_every_fault_keeps_no_key_and_no_name(simulation_at, tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    share = 0.4 / len(FAULTS)
    with stand_in(faults=dict.fromkeys(FAULTS, share), key=KEY, echo=True, seed=4) as server:
        run = simulation_at(server).run(items_for(6), out=tmp_path / "run")
        assert server.count()["requests"] > sum(row.calls for row in run.usage())
        run.journal.close()
    told = capfd.readouterr()
    kept = held_in(tmp_path / "run")
    assert len(kept) > 100_000
    everything = kept + "\n".join([caplog.text, told.out, told.err]).encode()
    for secret in (KEY, KEY[3:], "Bearer", "Authorization", *NAMES):
        assert secret.encode() not in everything, secret
    assert b"HTTP 500" in kept or b"server error" in kept


def test_a_refused_key_stops_the_run_at_once_and_is_not_told(simulation_at, tmp_path):
    with stand_in(key="sk-another-9876543210zyxwvutsrq", echo=True) as server:
        with pytest.raises(StoppedError) as stopped:
            simulation_at(server).run(items_for(6), out=tmp_path / "run")
        assert server.count()["requests"] <= 2
    assert "environment variable" in str(stopped.value)
    everything = (
        held_in(tmp_path / "run") + str(stopped.value).encode() + repr(stopped.value.__cause__).encode()
    )
    for secret in (KEY, KEY[3:], "sk-another", *NAMES):
        assert secret.encode() not in everything, secret
