"""Telling English from the rest."""

from __future__ import annotations

import pytest

from personas.language import is_english

ENGLISH = """How do I store whole beans so that they stay fresh? I have a jar in the kitchen, but it is not
airtight, and after two weeks the coffee tastes of nothing. Should I keep them in the freezer instead?"""
GERMAN = """Wie soll ich ganze Bohnen lagern, damit sie frisch bleiben? Ich habe ein Glas in der Küche, aber es
ist nicht luftdicht, und nach zwei Wochen schmeckt der Kaffee nach nichts mehr. Was kann man da tun?"""
FRENCH = """Comment conserver les grains entiers pour qu'ils restent frais ? J'ai un bocal dans la cuisine, mais il
n'est pas étanche, et on ne sent plus rien au bout de deux semaines. Faut-il les mettre au congélateur ?"""
SPANISH = """¿Cómo guardo los granos enteros para que se mantengan frescos? Tengo un frasco en la cocina, pero no es
hermético, y a las dos semanas el café no sabe a nada. ¿Debo ponerlos en el congelador?"""
CHINESE = (
    "怎样保存咖啡豆才能保持新鲜？我厨房里有一个罐子，但是不密封，两周以后咖啡就没有味道了。应该放在冰箱里吗？"
)


@pytest.mark.parametrize("text", [GERMAN, FRENCH, SPANISH, CHINESE], ids=["de", "fr", "es", "zh"])
def test_other_languages_are_told_from_english(text):
    assert not is_english([text])
    assert not is_english(text.split("? ") * 50)


def test_english_is_english():
    assert is_english([ENGLISH])
    assert is_english(ENGLISH.upper().split("? ") * 50)


def test_the_greater_part_decides():
    assert is_english([ENGLISH] * 4 + [GERMAN])
    assert not is_english([ENGLISH] + [GERMAN] * 4)


@pytest.mark.parametrize("texts", [[], [""], ["12 + 30 = 42", "🍵"]])
def test_where_there_are_no_words_nobody_is_warned(texts):
    assert is_english(texts)


def test_reading_stops_when_enough_was_read():
    read = []

    def texts():
        for number in range(1000):
            read.append(number)
            yield ENGLISH

    assert is_english(texts(), enough=100)
    assert len(read) < 10


def test_english_words_within_code_and_quotes_do_not_hide_german():
    assert not is_english([f"{GERMAN} `for x in the_list: if x is not None` {GERMAN}"])
