"""Lines of a TOML text: where tables, entries and keys stand."""

from sim_worlds.toml_lines import TomlLines

TEXT = """\
name = "x"

[robot]  # the model
totes = 4
"max speed" = 1
[[chute]]
cell = [1, 2]
[[chute]]
  cell = [
    3, 4,
  ]
[orders.peak]
rate = 2
[orders]
a.b = 1
"""


def test_keys_tables_and_entries_have_lines() -> None:
    lines = TomlLines(TEXT)
    assert lines.line(("name",)) == 1
    assert lines.line(("robot",)) == 3
    assert lines.line(("robot", "totes")) == 4
    assert lines.line(("robot", "max speed")) == 5
    assert lines.line(("chute", 0, "cell")) == 7
    assert lines.line(("chute", 1)) == 8
    assert lines.line(("chute", 1, "cell")) == 9
    assert lines.line(("orders", "peak", "rate")) == 13
    assert lines.line(("orders", "a", "b")) == 15


def test_a_missing_key_has_the_line_of_what_is_around_it() -> None:
    lines = TomlLines(TEXT)
    assert lines.line(("chute", 1, "name")) == 8
    assert lines.line(("robot", "battery")) == 3
    assert lines.line(("nothing", 0)) == 1
