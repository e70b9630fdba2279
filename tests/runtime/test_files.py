"""Files are written whole or not at all."""

import os
import stat

import pytest

from gam_viz.runtime.files import write_atomically


def test_a_new_file_and_its_folders(tmp_path):
    path = tmp_path / "a" / "b" / "file.txt"
    write_atomically(path, lambda part: part.write_text("new"))
    assert path.read_text() == "new"
    assert os.listdir(path.parent) == ["file.txt"]


def test_what_is_written_is_not_the_file_itself_until_it_is_whole(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def write(part):
        part.write_text("new")
        assert part.parent == path.parent
        assert part.name.endswith(".part")
        assert path.read_text() == "old"

    write_atomically(path, write)
    assert path.read_text() == "new"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, OSError])
def test_a_failing_write_leaves_the_old_file_and_nothing_else(error, tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def write(part):
        part.write_text("half of the n")
        raise error("in the middle")

    with pytest.raises(error):
        write_atomically(path, write)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file.txt"]


def test_a_failing_move_leaves_nothing_behind(tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "x").touch()
    with pytest.raises(OSError, match="taken"):
        write_atomically(tmp_path / "taken", lambda part: part.write_text("new"))
    assert os.listdir(tmp_path) == ["taken"]


def test_a_folder_that_cannot_be_made_is_an_oserror(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        write_atomically(tmp_path / "file" / "below", lambda part: part.write_text("new"))


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_the_mode_is_that_of_any_new_file(tmp_path):
    """Some writers (safetensors) leave a file that its owner alone can read."""

    def write(part):
        part.unlink()
        part.touch(0o600)

    (tmp_path / "other").touch()
    write_atomically(tmp_path / "file", write)
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("file", "other")}
    assert len(modes) == 1


def test_what_a_killed_process_left_is_swept_at_the_next_write(tmp_path):
    left, written_now, anothers = (tmp_path / name for name in ("a.txt.1.part", "a.txt.2.part", "b.txt.1.part"))
    for path in (left, written_now, anothers):
        path.write_text("half")
    for path in (left, anothers):
        os.utime(path, (0, 0))
    write_atomically(tmp_path / "a.txt", lambda part: part.write_text("whole"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "a.txt.2.part", "b.txt.1.part"]
