"""The plan of the demo: enough of everything, consistent truth, nothing that gives it away."""

import pytest

from demo.collections import vessel_dataset
from demo.dataset import Dataset, DemoRecord
from demo.vessels.artefact import Artefact
from demo.vessels.photograph import Photograph


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return vessel_dataset(1)


@pytest.fixture(scope="module")
def records(dataset: Dataset) -> dict[str, DemoRecord]:
    return {
        f"/{collection.key}/{record.key}": record
        for collection in dataset.collections
        for record in collection.records
    }


def artefact(record: DemoRecord) -> Artefact:
    sources = [image.source for image in record.images]
    assert all(isinstance(source, Photograph) for source in sources)
    artefacts = {source.artefact for source in sources if isinstance(source, Photograph)}
    assert len(artefacts) == 1, "all pictures of a record show one vessel"
    return artefacts.pop()


def test_there_is_enough_of_everything(dataset: Dataset, records: dict[str, DemoRecord]) -> None:
    assert len(dataset.collections) == 3
    assert len(records) >= 240
    assert len(dataset.pairs) >= 40
    assert len(dataset.lookalikes) >= 40
    assert {len(record.images) for record in records.values()} == {1, 2, 3}


def test_pairs_show_one_vessel_in_two_collections_in_other_words(
    dataset: Dataset, records: dict[str, DemoRecord]
) -> None:
    for first, second in dataset.pairs:
        a, b = records[first], records[second]
        assert artefact(a) == artefact(b)
        assert first.split("/")[1] != second.split("/")[1]
        assert not set(sum(a.titles.values(), ())) & set(sum(b.titles.values(), ()))
        assert a.images[0].source.cache_name != b.images[0].source.cache_name


def test_lookalikes_are_other_vessels_of_the_same_workshop(
    dataset: Dataset, records: dict[str, DemoRecord]
) -> None:
    anchors = {pair[0] for pair in dataset.pairs}
    for original, lookalike in dataset.lookalikes:
        a, b = artefact(records[original]), artefact(records[lookalike])
        assert a.workshop == b.workshop
        assert a != b
        assert original in anchors


def test_no_vessel_has_two_records_but_the_pairs(
    dataset: Dataset, records: dict[str, DemoRecord]
) -> None:
    seen: dict[Artefact, list[str]] = {}
    for path, record in records.items():
        seen.setdefault(artefact(record), []).append(path)
    twice = {frozenset(paths) for paths in seen.values() if len(paths) > 1}
    assert twice == {frozenset(pair) for pair in dataset.pairs}


def test_truth_names_manifests(dataset: Dataset, records: dict[str, DemoRecord]) -> None:
    truth = dataset.truth()
    assert set(truth) == {"pairs", "lookalikes"}
    for first, second in truth["pairs"] + truth["lookalikes"]:
        for path in (first, second):
            assert path.removesuffix("/manifest.json") in records


def test_numbers_and_order_do_not_betray_pairs(dataset: Dataset) -> None:
    numbers = [(int(a[-4:]), int(b[-4:])) for a, b in dataset.pairs]
    assert sum(abs(a - b) <= 2 for a, b in numbers) < len(numbers) / 4


def test_the_seed_decides_everything(dataset: Dataset) -> None:
    assert vessel_dataset(1) == dataset
    other = vessel_dataset(2)
    assert other.pairs != dataset.pairs
    names = [
        {
            image.source.cache_name
            for collection in each.collections
            for record in collection.records
            for image in record.images
        }
        for each in (dataset, other)
    ]
    assert not names[0] & names[1]


def test_records_are_bilingual_and_say_what_curators_expect(dataset: Dataset) -> None:
    north = dataset.collections[0]
    for record in north.records:
        assert set(record.titles) == {"el", "en"}
        labels = {label["en"][0] for label, _ in record.metadata}
        assert labels >= {"Shape", "Technique", "Date", "Findspot", "Publication"}
