"""Pictures are rendered once, by other processes if told so, and kept."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from demo.image_store import ImageStore
from demo.vessels.artefact import Artefact, make_workshop
from demo.vessels.studio import STUDIOS, take_photographs


@dataclass(frozen=True)
class Counted:
    """A picture that notes in a folder that it was rendered."""

    name: str
    log: Path
    cache_name: str | None
    width: int = 1
    height: int = 1
    media_type: str = "image/jpeg"

    def read(self) -> bytes:
        with (self.log / self.name).open("a") as file:
            file.write("x")
        return self.name.encode()


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_picture_is_rendered_once(tmp_path: Path, on_disk: bool) -> None:
    store = ImageStore(tmp_path / "cache" if on_disk else None)
    source = Counted("a", tmp_path, "a.jpg")
    assert [store.read(source) for _ in range(3)] == [b"a"] * 3
    assert (tmp_path / "a").read_text() == "x"


def test_a_cheap_picture_is_never_kept(tmp_path: Path) -> None:
    store = ImageStore()
    source = Counted("a", tmp_path, None)
    assert [store.read(source) for _ in range(2)] == [b"a"] * 2
    assert (tmp_path / "a").read_text() == "xx"


def test_a_folder_serves_the_next_store(tmp_path: Path) -> None:
    source = Counted("a", tmp_path, "a.jpg")
    ImageStore(tmp_path / "cache").read(source)
    ImageStore(tmp_path / "cache").read(source)
    assert (tmp_path / "a").read_text() == "x"
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["a.jpg"]


def test_prepare_renders_by_processes_what_is_missing() -> None:
    photographs = [
        take_photographs(Artefact(make_workshop("p", k), str(k)), STUDIOS["north"], str(k))[0][1]
        for k in range(3)
    ]
    store = ImageStore()
    first = store.read(photographs[0])
    steps: list[tuple[int, int]] = []
    store.prepare(photographs, lambda done, total: steps.append((done, total)))
    assert steps == [(1, 2), (2, 2)]
    store.prepare(photographs, lambda done, total: pytest.fail("nothing is missing"))
    assert store.read(photographs[0]) == first
    assert store.read(photographs[1]) == photographs[1].read(), "the same bytes in every process"
