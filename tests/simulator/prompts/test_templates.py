"""A user's templates replace the bundled ones file by file, and one that cannot be used says why."""

from __future__ import annotations

from importlib.resources import files

import pytest

from personas.errors import InputError
from simulator.prompts.prompts import Prompts
from simulator.prompts.templates import Templates, bundled

NORM = "* $text was $received: $endorsement of $support\n"


def folder_with(tmp_path, **texts):
    tmp_path.mkdir(exist_ok=True)
    for name, text in texts.items():
        (tmp_path / f"{name.replace('_', '-')}.md").write_text(text, encoding="utf-8")
    return tmp_path


def test_one_template_is_replaced_and_the_others_stay(tmp_path):
    own = Templates.load(folder_with(tmp_path, norm=NORM))
    values = {"text": "Tea", "received": "endorsed", "endorsement": "0.90", "support": "3 votes"}
    assert own.fill("norm", **values) == "* Tea was endorsed: 0.90 of 3 votes"
    assert own.fill("option", letter="A", text="x") == Templates.load().fill("option", letter="A", text="x")


def test_a_value_is_never_a_template_itself():
    assert Templates.load().fill("option", letter="A", text="$letter ${text} $$ %s {0}") == (
        "A. $letter ${text} $$ %s {0}"
    )


@pytest.mark.parametrize("name", sorted(bundled()))
def test_the_fingerprint_changes_with_every_template(tmp_path, name):
    changed = Templates.load(folder_with(tmp_path, **{name: f"{bundled()[name]}\nmore"}))
    assert changed.fingerprint != Templates.load().fingerprint
    assert len(changed.fingerprint) == 16


def test_the_same_templates_have_the_same_fingerprint_wherever_they_lie(tmp_path):
    copied = Templates.load(folder_with(tmp_path, **bundled()))
    assert copied.fingerprint == Templates.load().fingerprint == Prompts.load(seed=1).fingerprint


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("norms", "x", ["no template is named norms.md", "norm.md", "instructions.md"]),
        ("norm", NORM + "$member", ["no place of norm.md is named $member", "$endorsement, $received"]),
        ("norm", "$text", ["norm.md: it has no place $endorsement"]),
        ("instructions", "Be a member.", ["instructions.md: it has no place $close"]),
        ("norm", NORM + " for 5 $", ["a $ stands before no name", "$$"]),
    ],
)
def test_a_template_that_cannot_be_used_is_refused_with_its_file(tmp_path, name, text, told):
    with pytest.raises(InputError) as refused:
        Prompts.load(folder_with(tmp_path, **{name: text}), seed=1)
    for part in (str(tmp_path), *told):
        assert part in str(refused.value)


def test_a_folder_that_is_none_and_a_file_that_is_no_text_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        Templates.load(tmp_path / "absent")
    (tmp_path / "norm.md").write_bytes(b"\xff\xfe$text")
    with pytest.raises(InputError, match=r"norm\.md: it cannot be read"):
        Templates.load(tmp_path)


@pytest.mark.parametrize("name", ["norm.txt", "norm", "README.md", "norm.md~"])
def test_a_file_that_is_no_template_is_refused_too(tmp_path, name):
    (tmp_path / name).write_text(NORM)
    with pytest.raises(InputError, match=f"no template is named {name}"):
        Templates.load(tmp_path)


def test_what_editors_and_systems_hide_in_a_folder_does_no_harm(tmp_path):
    (tmp_path / ".norm.md.swp").write_bytes(b"\xff")
    (tmp_path / "norm.md").write_text(f"\n\n{NORM}\n", encoding="utf-8-sig")
    own = Templates.load(tmp_path)
    assert own.fingerprint == Templates.load(folder_with(tmp_path / "plain", norm=NORM)).fingerprint


def test_the_templates_lie_in_the_package():
    assert (files("simulator.prompts") / "templates" / "instructions.md").is_file()
