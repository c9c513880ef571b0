"""Text files are read whole or refused, and written whole or not at all."""

from pathlib import Path

import pytest

from fleet.errors import OrderError
from fleet.text_file import read_text, replace_text
from fleet.whole_file import whole_file


def test_line_ends_and_byte_order_marks_of_other_systems_are_dropped(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n")
    assert read_text(tmp_path / "a.txt", OrderError, "order file") == "one\ntwo\n"


def test_the_line_of_a_byte_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"one\ntwo \xe9\n")
    with pytest.raises(OrderError, match=r"a.txt, line 2: byte 0xe9 is not UTF-8 text; save the file as UTF-8"):
        read_text(tmp_path / "a.txt", OrderError, "order file")


def test_a_missing_file_is_called_by_its_kind(tmp_path: Path) -> None:
    with pytest.raises(OrderError, match="there is no such order file"):
        read_text(tmp_path / "a.txt", OrderError, "order file")


def test_a_file_is_replaced_without_leaving_anything_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    replace_text(path, "new\n", OrderError)
    assert path.read_bytes() == b"new\n"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(OrderError, match=r"folder: cannot be written"):
        replace_text(folder, "new", OrderError)
    assert list(tmp_path.iterdir()) == [folder]


def test_an_interrupt_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    def write_half(path: Path) -> None:
        with whole_file(path, OrderError) as partial:
            partial.write_text("half")
            raise KeyboardInterrupt

    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        write_half(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
