from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st
from kept_calls import MODEL, call_named, keep, reply_of

from personas.errors import StoppedError
from simulator.journal import Journal
from simulator.journal.calls import Spent


def test_what_is_in_flight_at_a_kill_stays_spent(tmp_path, call_of, killed):
    with Journal.create(tmp_path / "run") as journal:
        journal.ledger.take_off(1, 100, 0.5, key="k")
        keep(journal, ("other", call_of("?"), reply_of(cost=0.25)))
        left = killed(tmp_path / "run", tmp_path / "left")
    with Journal.create(left) as journal:
        ledger = journal.ledger
        assert ledger.spent() == Spent(calls=2, tokens=112, cost=0.75)
        charged = Spent(calls=1, tokens=12, cost=0.25)
        ledger.land(ledger.take_off(1, 100, 0.5, key="k"), lost=False, charged=charged)
        keep(journal, ("k", call_of("again"), reply_of(cost=0.25)))
        assert journal.ledger.spent() == Spent(calls=3, tokens=124, cost=1.0)


def test_a_flight_that_landed_stays_reserved_until_its_reply_is_kept(tmp_path, call_of, killed):
    async def fly(ledger):
        number = ledger.take_off(1, 100, 0.5)
        ledger.land(number, lost=False)
        left = killed(tmp_path / "run", tmp_path / "left")
        await ledger.keep("k", call_of("?"), model=MODEL, outcome=reply_of(cost=0.25), seconds=0)
        return left

    with Journal.create(tmp_path / "run") as journal:
        left = asyncio.run(fly(journal.ledger))
        assert journal.ledger.spent() == Spent(calls=1, tokens=12, cost=0.25)
    with Journal.create(left) as journal:
        assert journal.ledger.spent() == Spent(calls=1, tokens=100, cost=0.5)


def test_where_a_transaction_fails_all_that_waited_is_told_and_can_be_written_again(call_of):
    def pages(most):
        journal._db.execute(f"PRAGMA max_page_count = {most}")

    with Journal.create(None) as journal:
        ledger = journal.ledger
        flight = ledger.take_off(1, 100, 0.5, key="k0")
        used = journal._db.execute("PRAGMA page_count").fetchone()[0]
        rows = [(f"k{number}", call_of(f"{number} " * 9000), reply_of(cost=0.25)) for number in range(3)]
        pages(used + 1)

        async def written(key, call, reply):
            if key == "k0":
                ledger.land(flight, lost=False, charged=Spent(calls=1, tokens=12, cost=0.25))
            await ledger.keep(key, call, model=MODEL, outcome=reply, seconds=0)

        async def too_much():
            return await asyncio.gather(*(written(*row) for row in rows), return_exceptions=True)

        errors = asyncio.run(too_much())
        assert [type(error) for error in errors] == [StoppedError] * 3
        assert "the disk is full" in str(errors[0])
        assert [ledger.found(key) for key, _, _ in rows] == [None] * 3
        assert (ledger.usage(), ledger.spent()) == ([], Spent(calls=1, tokens=100, cost=0.5))
        pages(10_000)
        keep(journal, *rows)
        assert [one.messages for one in ledger.calls_of("1", "tea")] == [call.messages for _, call, _ in rows]
        assert ledger.spent() == Spent(calls=3, tokens=36, cost=0.75)


def test_a_lost_flight_stays_spent_beside_the_reply_of_its_repetition(call_of):
    with Journal.create(None) as journal:
        ledger = journal.ledger
        ledger.land(ledger.take_off(1, 100, 0.5, key="k"), lost=True)
        ledger.land(ledger.take_off(1, 100, 0.5, key="k"), lost=False)
        keep(journal, ("k", call_of("?"), reply_of(cost=0.25, tries=("timeout",))))
        assert ledger.spent() == Spent(calls=2, tokens=112, cost=0.75)


def test_a_lost_flight_and_what_was_charged_for_the_reply_both_count(call_of):
    with Journal.create(None) as journal:
        ledger = journal.ledger
        ledger.land(ledger.take_off(1, 100, 0.5, key="k"), lost=True)
        charged = Spent(calls=1, tokens=12, cost=0.25)
        ledger.land(ledger.take_off(1, 100, 0.5, key="k"), lost=False, charged=charged)
        keep(journal, ("k", call_of("?"), reply_of(cost=0.25, tries=("timeout",))))
        assert ledger.spent() == Spent(calls=2, tokens=112, cost=0.75)


def test_charges_beyond_an_estimate_stay_spent_and_the_table_does_not_grow(call_of):
    with Journal.create(None) as journal:
        ledger = journal.ledger
        for number in range(20):
            charged = Spent(calls=1, tokens=70, cost=0.5)
            ledger.land(ledger.take_off(1, 100, 1.0, key=f"k{number}"), lost=False, charged=charged)
            keep(journal, (f"k{number}", call_of(f"{number}"), reply_of(cost=0.25)))
        assert ledger.spent() == Spent(calls=20, tokens=1400, cost=10.0)
        assert journal._db.execute("SELECT count(*) FROM flights").fetchone() == (1,)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(20, 99), st.booleans(), st.booleans()),
        min_size=1,
        max_size=6,
    ),
    st.data(),
)
def test_after_any_kill_no_less_is_spent_than_was_and_with_nothing_in_flight_just_that(flown, data):
    """Each call makes attempts that are lost or charged; then it is kept, or the process is killed before."""
    cut = data.draw(st.integers(0, len(flown)))
    with Journal.create(None) as journal:
        ledger, truth = journal.ledger, Spent()
        for number, (attempts, most, lost, flies) in enumerate(flown):
            key, bound = f"k{number}", Spent(calls=1, tokens=most, cost=most / 4)
            said = Spent(calls=1, tokens=12, cost=0.25)
            for _ in range(attempts - 1):
                flight = ledger.take_off(1, most, most / 4, key=key)
                ledger.land(flight, lost=lost, charged=Spent(calls=1))
                truth += bound if lost else Spent(calls=1)
            flight = ledger.take_off(1, most, most / 4, key=key)
            if number >= cut and flies:
                truth += bound
                continue
            ledger.land(flight, lost=False, charged=said)
            truth += said
            if number < cut:
                tried = ("timeout",) * (attempts - 1)
                keep(journal, (key, call_named(key), reply_of(cost=0.25, tries=tried)))
        assert ledger.spent() == truth
