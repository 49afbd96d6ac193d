"""Reservations of what requests under way may use up: a killed process cannot make the next one exceed a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.journal.usage import Spent

if TYPE_CHECKING:
    import sqlite3

__all__ = ["FLIGHTS_TABLE", "charge", "open_flight", "reserved", "settle"]

FLIGHTS_TABLE = """
CREATE TABLE IF NOT EXISTS flights (number INTEGER PRIMARY KEY, key TEXT, landed INTEGER, calls INTEGER,
                                    tokens INTEGER, cost REAL);
"""
LOST = 2
"""What ``landed`` is for a flight that ended without a reply and may have been charged; else 1, and 0 before."""
BEYOND = 0
"""The number of the row that holds what was charged for kept calls beyond what the usage counts for them."""


def open_flight(db: sqlite3.Connection, key: str, most: Spent) -> int:
    """Write what a request for the call ``key`` can use up at the most; return the number of the reservation."""
    done = db.execute(
        "INSERT INTO flights (key, landed, calls, tokens, cost) VALUES (?, 0, ?, ?, ?)",
        [key, most.calls, most.tokens, most.cost],
    )
    return int(done.lastrowid or 0)


def charge(db: sqlite3.Connection, number: int, charged: Spent | None) -> None:
    """Replace a reservation by what was charged; all of it stays where that is None."""
    if charged is None:
        db.execute(f"UPDATE flights SET landed = {LOST} WHERE number = ?", [number])
        return
    db.execute(
        "UPDATE flights SET landed = 1, calls = ?, tokens = ?, cost = ? WHERE number = ?",
        [charged.calls, charged.tokens, charged.cost, number],
    )
    db.execute("DELETE FROM flights WHERE number = ? AND calls = 0 AND tokens = 0 AND cost = 0", [number])


def settle(db: sqlite3.Connection, key: str, counted: Spent) -> None:
    """Forget a call's landed requests, now that the usage counts ``counted`` for it; keep what is beyond that."""
    calls, *charged = db.execute(
        f"""SELECT sum(calls),
            total(tokens) FILTER (WHERE landed = {LOST}), total(cost) FILTER (WHERE landed = {LOST}),
            total(tokens) FILTER (WHERE landed = 1), total(cost) FILTER (WHERE landed = 1)
            FROM flights WHERE key = ? AND landed""",
        [key],
    ).fetchone()
    if calls is None:
        return
    lost_tokens, lost_cost, tokens, cost = charged
    beyond = [
        max(0, calls - counted.calls),
        int(lost_tokens + max(0, tokens - counted.tokens)),
        lost_cost + max(0.0, cost - counted.cost),
    ]
    db.execute("DELETE FROM flights WHERE key = ? AND landed", [key])
    db.execute(
        """INSERT INTO flights VALUES (?, '', 1, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET
           calls = calls + excluded.calls, tokens = tokens + excluded.tokens, cost = cost + excluded.cost""",
        [BEYOND, *beyond],
    )


def reserved(db: sqlite3.Connection) -> Spent:
    """Return what all reservations come to."""
    calls, tokens, cost = db.execute(
        "SELECT coalesce(sum(calls), 0), coalesce(sum(tokens), 0), coalesce(sum(cost), 0.0) FROM flights"
    ).fetchone()
    return Spent(calls=calls, tokens=tokens, cost=cost)
