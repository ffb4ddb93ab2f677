from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kaohe.base.errors import InputRefused
from kaohe.base.plan import Plan, load_plan
from kaohe.base.scenario import example_file, read_scenario


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan()


def written(folder: Path, text: str) -> Path:
    path = folder / "what-if.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_other_choices_make_another_plan_and_leave_the_base(plan: Plan, tmp_path: Path) -> None:
    text = (
        'title = "试"\n[choices.scale]\ncuts = { "好" = 90.0 }\n[choices.items]\nweighting = "equal_groups"\n'
        "[choices.rectification]\nnotified = 2021-02-26\n[choices.county]\nbottom_share = 0.1\n"
    )
    found = read_scenario(written(tmp_path, text), plan)
    assert (found.name, found.title) == ("what-if", "试")
    assert found.plan.scale.cuts == {"好": 90.0, "较好": 62.5, "一般": 37.5}
    assert found.plan.choices["items"]["weighting"] == "equal_groups"
    assert found.plan.rectify_due == date(2021, 4, 26)
    assert plan.scale.cuts["好"] == 87.5
    assert plan.choices["items"]["weighting"] == "equal_items"
    assert plan.rectify_due is None
    assert [(c.key, c.base, c.value, c.law) for c in found.changes] == [
        ("choices.scale.cuts.好", 87.5, 90.0, False),
        ("choices.items.weighting", "equal_items", "equal_groups", False),
        ("choices.rectification.notified", None, date(2021, 2, 26), False),
    ]
    assert found.choices == {"scale", "items", "rectification"}
    assert found.plan.digest != plan.digest


def test_stream_weights_are_an_assumption(plan: Plan, tmp_path: Path) -> None:
    text = "[what_if.stream_weights.unit235]\ncross = 0.5\ndaily = 0.5\n"
    found = read_scenario(written(tmp_path, text), plan)
    assert found.plan.classes["unit235"].streams == {"cross": 0.5, "daily": 0.5}
    assert plan.classes["unit235"].streams == {"cross": 0.6, "daily": 0.4}
    assert all(c.law for c in found.changes)
    assert found.choices == {"what_if"}


@pytest.mark.parametrize("path", sorted((load_plan().folder / "scenarios").glob("*.toml")), ids=lambda p: p.stem)
def test_the_examples_can_be_read(plan: Plan, path: Path) -> None:
    found = read_scenario(path, plan)
    assert found.name == path.stem
    assert found.changes
    assert example_file(plan).is_file()


def refused(code: str, where: str, got: str, expected: str) -> str:
    return f"{code} The scenario has a fault\n  where     what-if.toml › {where}\n  got       {got}\n  expected  {expected}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[choice.scale]\n", refused("K423", "choice", "choice", "a known key, as choices, note, title")),
        ("[choices.scales]\n", refused("K423", "choices.scales", "scales", "a known key, as scale, screens, rules")),
        (
            "[choices.county]\nbottom = 0.2\n",
            refused("K423", "choices.county.bottom", "bottom", "a known key, as bottom_share, note"),
        ),
        (
            "[[rules]]\nid = 'V1'\n",
            refused("K424", "rules", "rules", "only [choices], and [what_if.stream_weights] as an assumption"),
        ),
        (
            'name = "../x"\n[choices.county]\nbottom_share = 0.2\n',
            refused("K425", "name", "../x", "small letters, digits and hyphens, 40 at most"),
        ),
        (
            '[choices.county]\nbottom_share = "多"\n',
            refused("K426", "choices.county.bottom_share", "多", "a number, as 0.1"),
        ),
        (
            "[choices.uncertainty]\ndraws = 1000.5\n",
            refused("K426", "choices.uncertainty.draws", "1000.5", "a whole number, as 20000"),
        ),
        ("choices = 3\n", refused("K426", "choices", "3", "a table, as [choices.…]")),
        (
            "[what_if.stream_weights.city6]\nsurvey = 0.5\ncross = 0.5\n",
            refused("K426", "what_if.stream_weights.city6", "survey, cross", "a weight for each of survey, cross, daily"),
        ),
        (
            "[what_if.stream_weights.city6]\nsurvey = 0.5\ncross = 0.5\ndaily = 0.5\n",
            refused(
                "K146", "classes.city6.streams", "{'survey': 0.5, 'cross': 0.5, 'daily': 0.5}, sum 1.5", "weights that add to 1"
            ),
        ),
        ("[what_if.weights]\n", refused("K423", "what_if.weights", "weights", "stream_weights")),
        (
            "[choices.county]\nbottom_share = 0.1\n",
            refused("K427", "choices", "every value is that of the plan folder", "at least one other value"),
        ),
        (
            "[choices.county]\nbottom_share = 1.1\n",
            refused("K151", "choices.county.bottom_share", "1.1", "a share between 0 and 1"),
        ),
        (
            '[choices.scale]\ncuts = { "好" = 60.0 }\n',
            refused(
                "K149", "choices.scale", "好 has the value 100, which the cut-offs call 较好",
                "values and cut-offs that round-trip: grade(value(g)) = g for every grade",
            ),
        ),
        (
            '[choices.rules]\nactive = ["V9"]\n',
            refused("K150", "choices.rules.active", "V9", "rules of [[rules]]: V1, V2, V3, V4"),
        ),
        (
            '[[choices.alternative_scales]]\nname = "x"\n',
            refused(
                "K426", "choices.alternative_scales", "[{'name': 'x'}]",
                "a list, as " + str(load_plan().choices["alternative_scales"]),
            ),
        ),
    ],
)  # fmt: skip
def test_a_faulty_scenario_names_file_key_value_and_what_is_right(
    plan: Plan, tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(InputRefused) as caught:
        read_scenario(written(tmp_path, text), plan)
    assert caught.value.message() == message


def test_a_file_that_cannot_be_read_is_one_message(plan: Plan, tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    for content, got in (
        (None, "No such file or directory"),
        (b"name = ", "Invalid value (at end of document)"),
        ("name = '高'".encode("gb18030"), "byte 8 is not UTF-8"),
    ):
        if content is not None:
            bad.write_bytes(content)
        with pytest.raises(InputRefused) as caught:
            read_scenario(bad, plan)
        assert caught.value.message() == (
            f"K422 The scenario file cannot be read\n  where     bad.toml\n  got       {got}\n"
            "  expected  a TOML file in UTF-8\n  remedy    see docs/operations.md, what-if, for an example"
        )
