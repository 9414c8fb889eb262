from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from iiif_dedup.index.elements import Elements
from tests.index.vectors import numbers, random_units

VECTORS = random_units(4, 3)


def keys_by_element(elements: Elements) -> list[list[int]]:
    places, keys = elements.keys_of(np.arange(elements.total))
    return [sorted(keys[places == place].tolist()) for place in range(elements.total)]


def test_equal_vectors_are_one_element() -> None:
    elements = Elements()
    first = elements.add(numbers(5, 6, 7), VECTORS[[2, 1, 2]])
    assert first.new.tolist() == [0, 1]
    second = elements.add(numbers(8, 9), VECTORS[[1, 3]])
    assert second.new.tolist() == [1]
    assert keys_by_element(elements) == [[5, 7], [6, 8], [9]]
    assert (len(elements), elements.total, elements.in_use) == (5, 3, 3)
    assert elements.keys().tolist() == [5, 6, 7, 8, 9]


def test_an_element_without_keys_is_emptied_and_revived() -> None:
    elements = Elements()
    elements.add(numbers(1, 2, 3), VECTORS[[0, 0, 1]])
    assert elements.remove(numbers(1, 3, 9)).emptied.tolist() == [1]
    assert elements.remove(numbers(2)).emptied.tolist() == [0]
    assert (len(elements), elements.total, elements.in_use) == (0, 2, 0)
    again = elements.add(numbers(3, 4), VECTORS[[1, 2]])
    assert (again.new.tolist(), again.revived.tolist()) == ([1], [1])
    moved = elements.add(numbers(3), VECTORS[[0]])
    assert (moved.emptied.tolist(), moved.revived.tolist()) == ([1], [0])
    assert keys_by_element(elements) == [[3], [], [4]]


def test_arrays_hold_everything() -> None:
    elements = Elements()
    elements.add(numbers(1, 2, 3), VECTORS[[0, 0, 1]])
    elements.remove(numbers(1))
    again = Elements.of_arrays(elements.arrays())
    assert again.add(numbers(4, 5), VECTORS[[1, 2]]).new.tolist() == [1]
    assert keys_by_element(again) == [[2], [3, 4], [5]]
    assert keys_by_element(elements) == [[2], [3]]


ADDED = st.dictionaries(st.integers(0, 9), st.integers(0, 3), max_size=6)


@settings(max_examples=100, deadline=None)
@given(steps=st.lists(st.one_of(ADDED, st.sets(st.integers(0, 9), max_size=4)), max_size=8))
def test_any_sequence_is_like_a_dictionary(steps: list[dict[int, int] | set[int]]) -> None:
    elements, held, marked = Elements(), dict[int, int](), set[int]()
    for step in steps:
        keys = np.array(list(step), np.int64)
        if isinstance(step, dict):
            changes = elements.add(keys, VECTORS[list(step.values())])
            held |= step
        else:
            changes = elements.remove(keys)
            held = {key: vector for key, vector in held.items() if key not in step}
        assert not marked & set(changes.emptied.tolist())
        marked = (marked | set(changes.emptied.tolist())) - set(changes.revived.tolist())
        found = keys_by_element(elements)
        assert {place for place, keys_ in enumerate(found) if not keys_} == marked
        assert sorted(filter(None, found)) == sorted(
            sorted(key for key, its in held.items() if its == vector)
            for vector in set(held.values())
        )
        assert len(elements) == len(held)
