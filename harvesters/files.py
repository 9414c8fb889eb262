"""Harvests a folder of pictures, or a JSON or CSV list of records with pictures.

For collections without any API. The endpoint is a `file:` URL beneath the folder that the setting
`files_root` names; pictures are `file:` URLs beneath it too, or http URLs where a list says so.
Everything that is there is named in each harvest, so what is gone is found missing. A record's
datestamp is when the youngest of its files was changed, so that a changed picture is asked again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias

from harvesters.base import Known, nothing_known
from harvesters.file_lists import Entry, csv_entries, decoded, json_entries
from harvesters.manifest_images import with_manifest
from harvesters.options import SourceOptions, read_options
from harvesters.pauses import raise_if_long_pause
from harvesters.plans import MAX_PLAN, find_place, follow, read_place
from harvesters.values import http_url
from iiif_dedup.errors import FetchError, HarvestError, Reason, SettingsError
from iiif_dedup.fetch import Fetcher
from iiif_dedup.fetch.json_limits import parse_json
from iiif_dedup.fetch.local_files import allowed_path, is_file_url
from iiif_dedup.types import Ending, HarvestEvent, ImageRef, Json, Record, RecordFailure

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".gif", ".webp", ".bmp", ".jp2"})
"""Endings of the files of a folder that are taken for pictures."""

_CHECKPOINT_EVERY = 100

_Step: TypeAlias = Entry | RecordFailure


_HINT = 'Known option: record_per, "picture" or "folder".'


class _Options(SourceOptions):
    """What a source may say about this protocol."""

    record_per: Literal["picture", "folder"] = "picture"


class FilesHarvester:
    """Yields a record for each picture, folder, or entry of a list; see `harvesters.base`.

    Args:
        endpoint: `file:` URL of a folder, or of a file that ends with .json, .csv or .tsv.
        options: `record_per`: "picture" (default), or "folder" when the pictures of a sub-folder
            show one object; lists say themselves what belongs together.
        fetcher: Its policy names the folder that nothing may leave.

    Raises:
        SettingsError: The endpoint is not there or not permitted, or an option is unknown.
    """

    protocol: ClassVar[str] = "files"

    def __init__(self, endpoint: str, options: Mapping[str, Json], fetcher: Fetcher) -> None:
        if not is_file_url(endpoint):
            raise SettingsError(
                f"Expected the endpoint of protocol files to be like file:///srv/pictures, got "
                f"{endpoint[:200]!r}."
            )
        try:
            self._path = allowed_path(endpoint, fetcher.policy.files_root)
        except FetchError as error:
            raise SettingsError(str(error)) from None
        self._options = read_options(_Options, options, self.protocol, _HINT)
        self._endpoint = endpoint
        self._fetcher = fetcher

    def harvest(
        self,
        state: Mapping[str, Json] | None = None,
        *,
        since: Mapping[str, Json] | None = None,  # noqa: ARG002  a folder names all it has
        known: Known = nothing_known,  # noqa: ARG002
    ) -> Iterator[HarvestEvent]:
        """Yield the records behind `state`; see `harvesters.base.Harvester.harvest`."""
        steps = self._folder() if self._path.is_dir() else self._list()
        keys = [step.identifier for step in steps]
        place = find_place(read_place(state), keys)
        yield from follow(steps, keys, self._events, place, every=_CHECKPOINT_EVERY, concurrency=1)
        yield Ending(whole=True)

    def _folder(self) -> list[_Step]:
        """Return the pictures below the folder, in the order of their paths."""
        pictures: list[str] = []
        for folder, inner, names in os.walk(self._path):
            inner[:] = sorted(name for name in inner if not name.startswith("."))
            kept = (name for name in names if Path(name).suffix.lower() in PICTURES)
            paths = (Path(folder, name) for name in kept if not name.startswith("."))
            pictures += (path.relative_to(self._path).as_posix() for path in paths)
            if len(pictures) > MAX_PLAN:
                raise HarvestError(
                    Reason.TOO_MANY_MEMBERS,
                    f"Expected at most {MAX_PLAN} pictures below {self._endpoint}. Add its "
                    "folders as sources of their own.",
                )
        pictures.sort()
        if self._options.record_per == "picture":
            return [_of_pictures(picture, [picture]) for picture in pictures]
        by_folder = sorted(pictures, key=lambda picture: picture.rpartition("/")[0])
        steps: list[_Step] = []
        for name, members in groupby(by_folder, key=lambda picture: picture.rpartition("/")[0]):
            if name:
                steps.append(_of_pictures(name, list(members)))
            else:
                steps += [_of_pictures(picture, [picture]) for picture in members]
        return steps

    def _list(self) -> list[_Step]:
        """Return the entries of the list; what is wrong with one becomes a failure.

        Raises:
            FetchError: It cannot be read, or is no JSON.
            HarvestError: NOT_A_LIST, or TOO_MANY_MEMBERS.
        """
        body = self._fetcher.get(self._endpoint).body
        name = self._path.name
        steps: list[_Step] = []
        if self._path.suffix.lower() == ".json":
            entries = json_entries(parse_json(body, name), name)
        else:
            text, is_unicode = decoded(body)
            entries = csv_entries(text, name)
            if not is_unicode:
                detail = f"{name} is not UTF-8 and was read as Latin-1. Save it as UTF-8."
                steps.append(RecordFailure(name, self._endpoint, Reason.NOT_UTF_8, detail))
        seen: set[str] = set()
        for number, entry in enumerate(entries, start=1):
            if entry.problem is not None:
                key = entry.identifier or f"{name}#{number}"
                steps.append(self._failure(key, Reason.NOT_A_RECORD, entry.problem))
            elif entry.identifier in seen:
                detail = f"Entry {number} repeats an identifier."
                steps.append(self._failure(entry.identifier, Reason.DUPLICATE_MEMBER, detail))
            else:
                steps.append(entry)
            seen.add(entry.identifier)
        return steps

    def _events(self, step: _Step) -> Sequence[HarvestEvent]:
        if isinstance(step, RecordFailure):
            return [step]
        try:
            return [self._record(step)]
        except (FetchError, HarvestError) as error:
            raise_if_long_pause(error, self._fetcher)
            return [self._failure(step.identifier, error.reason, str(error))]

    def _record(self, entry: Entry) -> Record:
        images = tuple(self._images(entry))
        record = Record(
            identifier=entry.identifier,
            titles=entry.titles,
            images=images,
            facets=entry.facets,
            rights=http_url(entry.rights, ""),
            provider=entry.provider,
            landing_page=http_url(entry.landing_page, ""),
            manifest_url=http_url(entry.manifest, ""),
            datestamp=_youngest(images, self._fetcher),
        )
        return record if images else with_manifest(record, self._fetcher)

    def _images(self, entry: Entry) -> Iterator[ImageRef]:
        """Yield the pictures of an entry, each once.

        Raises:
            FetchError: BAD_URL, or ADDRESS_REFUSED for a path that leaves the permitted folder.
        """
        base = self._path if self._path.is_dir() else self._path.parent
        urls = dict.fromkeys(_url(image, base) for image in entry.images)
        for position, url in enumerate(urls):
            try:
                self._fetcher.check(url)
            except FetchError as error:
                # What is missing is said when the picture is fetched, and the others stay.
                if error.reason is not Reason.NO_SUCH_FILE:
                    raise
            yield ImageRef(position=position, url=url)

    def _failure(self, identifier: str, reason: Reason, detail: str) -> RecordFailure:
        return RecordFailure(identifier, self._endpoint, reason, detail)


def _of_pictures(path: str, pictures: Sequence[str]) -> Entry:
    """Return the entry of a picture or folder at a path, which is also its identifier."""
    folder, _, name = path.rpartition("/")
    facets: tuple[Mapping[str, Json], ...] = ()
    if folder:
        facets = ({"label": {"en": ("Folder",)}, "value": {"none": (_printable(folder),)}},)
    title = Path(name).stem if pictures == [path] else name
    return Entry(_printable(path), {"none": (_printable(title),)}, tuple(pictures), facets)


def _printable(name: str) -> str:
    """Return a file's name as text; bytes that are no UTF-8 become U+FFFD."""
    return os.fsencode(name).decode("utf-8", "replace")


def _url(image: str, base: Path) -> str:
    """Return the URL of a picture that a list names by URL, or by a path from the list on."""
    if "://" in image or is_file_url(image):
        return image.strip()
    return (base / image.replace("\\", "/")).as_uri()


def _youngest(images: Sequence[ImageRef], fetcher: Fetcher) -> str | None:
    """Return when the youngest of a record's files was changed, None without any."""
    times = []
    for image in images:
        if is_file_url(image.url):
            try:
                times.append(allowed_path(image.url, fetcher.policy.files_root).stat().st_mtime)
            except (FetchError, OSError):
                continue
    return datetime.fromtimestamp(max(times), UTC).isoformat() if times else None
