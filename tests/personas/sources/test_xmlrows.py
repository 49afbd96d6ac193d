from __future__ import annotations

import gzip
import os
import time

import pytest

from personas.errors import InputError
from personas.sources.streams import Limits
from personas.sources.xmlrows import root_of, xml_rows

BOMB = """<?xml version="1.0"?>
<!DOCTYPE posts [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<posts><row Id="&b;"/></posts>"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "Posts.xml"


def test_rows_come_with_their_lines_even_past_65535(path):
    path.write_text("<posts>\n" + '<row Id="1"/>\n' * 70_000 + "</posts>")
    assert [line for line, _ in xml_rows(path)] == list(range(2, 70_002))
    assert root_of(path) == "posts"


def test_values_are_decoded_and_other_elements_are_no_rows(path):
    path.write_text('<posts><note/><row Body="a &amp;#xA; b&#xA;c é"/></posts>')
    assert list(xml_rows(path)) == [(1, {"Body": "a &#xA; b\nc é"})]


def test_a_document_type_is_refused_before_any_entity_is_expanded(path):
    path.write_text(BOMB)
    for read in (root_of, lambda path: list(xml_rows(path))):
        with pytest.raises(InputError, match=r"line 2: it declares a document type"):
            read(path)


def test_an_undefined_entity_is_refused(path):
    path.write_text('<posts><row Id="&boom;"/></posts>')
    with pytest.raises(InputError, match="undefined entity"):
        list(xml_rows(path))


@pytest.mark.parametrize(
    "cut", ['<posts>\n<row Id="1"/>\n', '<posts>\n<row Id="1', "<posts", '<posts>\n<row Id="1"/>\n</pos']
)
def test_xml_that_is_cut_off_is_refused_with_its_line(path, cut):
    path.write_text(cut)
    with pytest.raises(InputError, match=r"line [123]: the XML is cut off"):
        list(xml_rows(path))


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n\0", b'{"a": 1}\n', b"a,b\n1,2\n"])
def test_what_is_no_xml_is_refused(path, data):
    path.write_bytes(data)
    with pytest.raises(InputError, match="no well-formed XML"):
        root_of(path)


def test_invalid_utf8_within_is_refused_with_its_line(path):
    path.write_bytes(b'<posts>\n<row Id="1"/>\n<row Body="caf\xe9 au lait"/>\n</posts>')
    with pytest.raises(InputError, match=r"Posts.xml, line 3: it is no well-formed XML"):
        list(xml_rows(path))


def test_an_element_of_ten_megabytes_is_read_fast_and_one_past_the_limit_is_refused(path):
    path.write_text('<posts><row Body="' + "x" * 10_000_000 + '"/></posts>')
    start = time.perf_counter()
    ((_, row),) = xml_rows(path)
    assert len(row["Body"]) == 10_000_000
    assert time.perf_counter() - start < 5
    with pytest.raises(InputError, match="longer than 1,000,000 bytes"):
        list(xml_rows(path, limits=Limits(line=1_000_000)))


def test_a_long_element_that_comes_in_small_pieces_takes_linear_time(path):
    body = os.urandom(2_500_000).hex()
    path.write_bytes(gzip.compress(f'<posts><row Body="{body}"/></posts>'.encode(), 1))
    start = time.perf_counter()
    assert list(xml_rows(path)) == [(1, {"Body": body})]
    assert time.perf_counter() - start < 3


@pytest.mark.parametrize("element", ["<a>", "<row>"])
def test_nesting_is_refused_before_it_fills_the_memory(path, element):
    path.write_text("<posts>" + element * 1_000_000)
    with pytest.raises(InputError, match="nested"):
        list(xml_rows(path))


def test_a_packed_table_is_read_as_the_plain_one(path):
    path.write_bytes(gzip.compress(b'<posts><row Id="1"/></posts>'))
    assert list(xml_rows(path)) == [(1, {"Id": "1"})]
