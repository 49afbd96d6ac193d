from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from report_cards import HOSTILE, ahead, card_of, row

from bench.report.html import as_html
from bench.report.items import item_article
from bench.report.markup import plain
from bench.report.reading import RunFacts
from bench.report.rows import verdict
from bench.report.sections import SECTIONS
from bench.scores import ScoreCard, TaskScore

VOID = {"meta", "br", "col", "hr"}
FACTS = RunFacts(
    run=HOSTILE,
    settings={"seed": 7, HOSTILE: HOSTILE},
    source={"membership": HOSTILE, "method": HOSTILE, "sharpness": {"value": 3.0}},
    content="c" * 64,
    embedder=HOSTILE,
    version="0.1.0",
    as_if={HOSTILE: HOSTILE},
    warnings=(HOSTILE, "one more"),
    shares=((0.75, 0.5), (0.25, 0.5)),
)


class Page(HTMLParser):
    """A page as it is read: its elements in order, its texts, and every end tag that closes nothing."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.wrong, self.texts, self.found = [], [], [], [], []
        self.feed(text)
        self.close()
        self.text = "".join(self.texts)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if len(dict(attributes)) != len(attributes):
            self.wrong.append((tag, attributes))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if "style" not in self.open:
            self.texts.append(data)

    def handle_comment(self, data):
        self.wrong.append(("comment", data))

    def unknown_decl(self, data):
        self.wrong.append(("declaration", data))

    def all(self, tag):
        return [attributes for each, attributes in self.elements if each == tag]


@pytest.fixture(params=["tea", HOSTILE], ids=["harmless", "hostile"])
def page(request):
    return Page(as_html(card_of(request.param), facts=FACTS))


def test_every_element_is_closed_in_order_and_nothing_is_left_open(page):
    assert (page.wrong, page.open) == ([], [])


def test_hostile_texts_make_no_element_no_attribute_and_no_script():
    harmless, harmful = (
        Page(as_html(card_of(text), facts=facts))
        for text, facts in (("tea", replace(FACTS, warnings=("tea", "one more"))), (HOSTILE, FACTS))
    )

    def names(page):
        return [(tag, sorted(attributes)) for tag, attributes in page.elements]

    assert names(harmful) == names(harmless)
    assert not harmful.all("script")
    assert not [name for _, attributes in harmful.elements for name in attributes if name.startswith("on")]


def test_hostile_texts_are_read_as_they_are_but_for_what_steers():
    page = Page(as_html(card_of(HOSTILE), facts=FACTS))
    assert page.text.count(plain(HOSTILE)) > 15
    assert not {"\x1b", "\x00", "\x85", "\u202e", "\u2066", "\ud800"} & set(page.text)


@pytest.mark.parametrize("text", ["tea", HOSTILE])
def test_a_page_has_no_external_address_and_asks_for_no_other_file(text):
    made = as_html(card_of(text), facts=FACTS)
    made.encode()
    assert "://" not in made
    assert "url(" not in made
    assert "@import" not in made
    page = Page(made)
    assert not [
        tag for tag, _ in page.elements if tag in {"link", "img", "iframe", "script", "object", "base"}
    ]
    links = [attributes["href"] for attributes in page.all("a")]
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert links
    assert {link.removeprefix("#") for link in links} <= set(ids)
    assert len(ids) == len(set(ids))
    assert not [attributes for _, attributes in page.elements if "src" in attributes or "style" in attributes]


def test_a_page_forbids_itself_to_load_or_to_carry_out_anything():
    policy = next(each for each in Page(as_html(card_of())).all("meta") if "http-equiv" in each)
    assert policy["content"].startswith("default-src 'none'")


def test_a_page_has_every_section_and_says_what_was_simulated_with_what():
    made = as_html(card_of(), facts=FACTS)
    page = Page(made)
    assert [attributes["id"] for attributes in page.all("section")] == [name for name, _, _ in SECTIONS]
    for told in (
        "FICTIONAL",
        "licence tea",
        "simulated by the tea",
        "0.1.0",
        "c" * 64,
        "all settings",
    ):
        assert told in page.text, told
    assert page.text.count("Warning: one more") == 1


def test_sections_without_figures_are_left_out():
    bare = ScoreCard(predictor="x", corpus={"title": ""}, notes=(), tasks=())
    page = Page(as_html(bare))
    assert [attributes["id"] for attributes in page.all("section")] == ["about", "results", "cost", "use"]
    assert "a corpus without a title" in page.text
    assert "FICTIONAL" not in page.text
    assert "No model was called" in page.text


def test_every_table_names_its_columns_and_rows_for_a_screen_reader(page):
    assert {attributes.get("scope") for attributes in page.all("th")} == {"col", "row"}
    assert len(page.all("caption")) == len(page.all("table")) > 5
    for attributes in page.all("svg"):
        assert attributes.get("aria-hidden") == "true" or attributes["aria-label"]
    regions = [each for each in page.all("div") if each.get("role") == "region"]
    assert all(each["aria-label"] and each["tabindex"] == "0" for each in regions)


def test_a_page_reads_in_light_in_dark_on_paper_and_on_a_telephone():
    made = as_html(card_of())
    for told in (
        "prefers-color-scheme: dark",
        "@media print",
        "@media (max-width",
        'name="viewport"',
        'lang="en"',
    ):
        assert told in made, told


def test_equal_cards_give_equal_pages():
    assert as_html(card_of(), facts=FACTS) == as_html(card_of(), facts=FACTS)


def test_the_card_of_a_headline_names_what_beats_the_simulation_be_it_a_control():
    made = Page(as_html(card_of())).text
    assert "best of the baselines and controls: .400, shuffled" in made
    assert "-.150 [-.200, -.100]: the simulation is worse" in made


@pytest.mark.parametrize(
    ("figures", "told"),
    [
        ((0.2, 0.1, 0.3), "+.200 [+.100, +.300]: the simulation is better"),
        ((-0.2, -0.3, -0.1), "-.200 [-.300, -.100]: the simulation is worse"),
        ((0.2, -0.1, 0.3), "+.200 [-.100, +.300]: no difference is shown"),
        ((0.2, 0.0, 0.3), "+.200 [.000, +.300]: no difference is shown"),
        ((0.2, None, None), "+.200: too few judgements to say"),
        ((None, None, None), "not compared"),
    ],
)
def test_a_verdict_claims_no_more_than_the_interval_does(figures, told):
    assert verdict(row("x", ahead=ahead(*figures))) == told


def test_lower_is_better_where_a_task_says_so():
    rows = (
        row("s", "simulation"),
        row("a", mean=0.1, ahead=ahead(-0.4)),
        row("b", mean=0.9, ahead=ahead(0.4)),
    )
    task = TaskScore(task="d", metric="mean absolute error of a share", better="lower", rows=rows)
    made = Page(as_html(ScoreCard(predictor="x", corpus={}, notes=(), tasks=(task,)))).text
    assert "best of the baselines and controls: .100, a" in made


def test_a_long_text_is_cut_and_says_so():
    card = card_of()
    long = replace(card.worst[0], query="q" * 5000)
    made = Page(as_html(replace(card, worst=(long,)))).text
    assert "q" * 1500 + "… (3,500 more characters)" in made
    assert not re.search("q{1501}", made)


@pytest.mark.parametrize("fictional", [True, False])
def test_what_is_invented_bears_a_stamp_at_the_top(fictional):
    card = card_of()
    made = as_html(replace(card, corpus={**card.corpus, "fictional": fictional}))
    head = made[made.index("<header") : made.index("</header>")]
    assert ("FICTIONAL people and texts" in head) is fictional


def test_the_bars_of_an_item_are_full_where_real_and_open_where_simulated():
    article = item_article("q", "told", ["yes", "no"], {"real": (0.75, 0.25), "simulated": (0.5, 0.5)})
    bars = re.findall(r'<rect [^>]*width="([0-9.]+)"[^>]*class="bar (\w+)"', article)
    assert bars == [("120", "real"), ("80", "simulated"), ("40", "real"), ("80", "simulated")]


def test_the_figures_of_a_card_are_in_the_page_beside_their_pictures():
    page = Page(as_html(card_of(), facts=FACTS))
    for told in (
        ".250",
        "[.200, .300]",
        "+.050 [-.020, +.120]",
        "64 in 4",
        "75.0 %",
        "1,200",
        "more than $1.50",
    ):
        assert told in page.text, told
