"""The schemas that are promised are those that the Parquet files hold."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest
from small_corpora import day, joined, make_corpus, said, voted

from personas.tables import TABLES, schema

RECORDS = [
    joined("ada", country="fr"),
    said("p", author="ada", title="T", tags=("a", "b"), created=day(1), score=3),
    said("q", parent="p"),
    voted("p", 1, "ada", created=day(2)),
    voted("p", -1, count=3),
]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("records", [RECORDS, [said("p")]], ids=["full", "hardly any"])
def test_a_table_on_disk_has_the_columns_that_are_promised(tmp_path, table, records):
    corpus = make_corpus(tmp_path / "c", records)
    found = pq.read_schema(corpus.folder / f"{table}.parquet")
    assert [(field.name, field.type) for field in found] == [
        (field.name, field.type) for field in schema(table)
    ]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("narrow", [False, True])
def test_a_query_gives_the_columns_that_are_promised(tmp_path, table, narrow):
    corpus = make_corpus(tmp_path / "c", RECORDS)
    view = corpus.narrowed(hide_threads=["elsewhere"]) if narrow else corpus
    assert view.query(f"SELECT * FROM {table}").column_names == schema(table).names
    assert view.scalar(f"SELECT count(*) FROM {table}") > 0


def test_a_number_past_its_column_makes_a_broken_record(tmp_path):
    records = [said("p"), said("q", score=2**31), said("r", score=-(2**31) + 1), voted("p", 1, count=2**40)]
    corpus = make_corpus(tmp_path / "c", records)
    assert [row["post"] for row in corpus.rows("SELECT post FROM posts")] == ["p", "r"]
    assert corpus.manifest.counts["votes"] == 0
    assert [(row["line"], row["problem"]) for row in corpus.broken()] == [
        (2, "a score past 2147483647: 2147483648"),
        (4, "a count past 2147483647: 1099511627776"),
    ]
