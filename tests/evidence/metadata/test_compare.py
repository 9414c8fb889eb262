from __future__ import annotations

from collections.abc import Mapping

from iiif_dedup.evidence.metadata import Described, Kind, compare_metadata
from iiif_dedup.types import Json, LanguageMap, MetadataPoint, Record


def described(
    facets: Mapping[str, str | LanguageMap], *, title: str = "", provider: str | None = None
) -> Described:
    pairs: list[Json] = [
        {"label": {"en": [label]}, "value": {"none": [value]} if isinstance(value, str) else value}
        for label, value in facets.items()
    ]
    return Described({"none": (title,)} if title else {}, pairs, provider)


MUSEUM = described(
    {
        "Accession number": "86.AE.205",
        "Bapd": "352514",
        "Technique": "Red-figure",
        "Shape name": "Krater, Column-",
        "Attribution": "Myson",
        "Date": "-490 to -480",
        "Height (cm)": "41.9",
    },
    provider="J. Paul Getty Museum",
)
CATALOGUE = described(
    {
        "Σχήμα": {"el": ("Κιονωτός κρατήρας",)},
        "Τεχνική": {"el": ("ερυθρόμορφος",)},
        "Χρονολόγηση": {"el": ("αρχές 5ου αι. π.Χ.",)},
        "Ζωγράφος": {"el": ("Μύσων",)},
        "Δημοσίευση": {"none": ("BAPD 352514",)},
        "Τόπος φύλαξης": {"en": ("Malibu, J. Paul Getty Museum 86.AE.205",)},
        "Ύψος": {"el": ("41,9 εκ.",)},
    },
    provider="Δοκιμαστικός κατάλογος",
)


def _kinds(points: tuple[MetadataPoint, ...], *, agree: bool) -> set[str]:
    return {point.kind for point in points if point.agrees is agree}


def test_a_museum_and_a_greek_catalogue_agree_in_their_own_words() -> None:
    points = compare_metadata(MUSEUM, CATALOGUE)
    assert all(point.agrees for point in points)
    cited = {point.kind: point for point in points}
    assert set(cited) == {
        Kind.INVENTORY_NUMBER, Kind.REFERENCE, Kind.DIMENSIONS, Kind.ATTRIBUTION, Kind.DATE,
        Kind.SHAPE, Kind.TECHNIQUE,
    }  # fmt: skip
    assert cited["shape"] == MetadataPoint(
        "shape", True, "Krater, Column-", "Κιονωτός κρατήρας", "Shape name", "Σχήμα"
    )
    assert cited["reference"].candidate == "BAPD 352514"


def test_kinds_come_in_their_order() -> None:
    kinds = [point.kind for point in compare_metadata(MUSEUM, CATALOGUE)]
    assert kinds == sorted(kinds, key=[kind.value for kind in Kind].index)


def test_what_one_leaves_unsaid_is_no_point() -> None:
    assert compare_metadata(MUSEUM, described({})) == ()
    assert compare_metadata(MUSEUM, described({"Rights": "free"})) == ()


def test_what_cannot_both_be_true_contradicts() -> None:
    other = described(
        {"Shape": "Hydria", "Technique": "black-figure", "Date": "550-540 BC", "Height": "20 cm"}
    )
    points = compare_metadata(MUSEUM, other)
    assert _kinds(points, agree=False) == {"shape", "technique", "dimensions"}
    earlier = described({"Date": "late 7th century BC"})
    assert _kinds(compare_metadata(MUSEUM, earlier), agree=False) == {"date"}


def test_an_agreement_takes_contradictions_of_its_kind_away() -> None:
    bilingual = described({"Technique": "black-figure; red-figure"})
    assert _kinds(compare_metadata(MUSEUM, bilingual), agree=True) == {"technique"}
    assert _kinds(compare_metadata(MUSEUM, bilingual), agree=False) == set()


def test_each_measure_stands_for_itself() -> None:
    one = described({"Dimensions": "H. 30.5 cm; Diameter: 20.1 cm"})
    other = described({"Dimensions": "H. 30.5 cm; Diameter: 31.1 cm"})
    points = compare_metadata(one, other)
    assert [(point.agrees, point.anchor) for point in points] == [
        (True, "H. 30.5 cm"),
        (False, "Diameter: 20.1 cm"),
    ]


def test_the_sharper_statement_counts() -> None:
    one = described({"Classification": "Vessels", "Shape": "Hydria"})
    other = described({"Object type": "vessel", "Shape": "Amphora"})
    assert _kinds(compare_metadata(one, other), agree=False) == {"shape"}


def test_another_number_contradicts_within_one_provider_alone() -> None:
    one = described({"Inventory number": "86.AE.205"}, provider="Getty")
    same = described({"Inventory number": "86.AE.206"}, provider="GETTY ")
    other = described({"Inventory number": "86.AE.206"}, provider="Louvre")
    assert _kinds(compare_metadata(one, same), agree=False) == {"inventory_number"}
    assert compare_metadata(one, other) == ()


def test_figures_of_an_unnamed_publication_count_within_one_provider_alone() -> None:
    one = described({"Figure": "fig. 114"}, provider="Thesis")
    assert compare_metadata(one, one)
    assert compare_metadata(one, described({"Figure": "fig. 114"}, provider="Other")) == ()
    assert compare_metadata(described({"Figure": "1 a"}), described({"Figure": "1 a"})) == ()


def test_titles_agree_and_never_contradict() -> None:
    one = described({}, title="Attic red-figure column-krater with satyr")
    other = described({"Shape": "Column-krater"})
    assert _kinds(compare_metadata(one, other), agree=True) == {"shape"}
    assert compare_metadata(described({}, title="Hydria carried by women"), other) == ()


def test_of_several_wordings_the_same_words_are_cited() -> None:
    one = described({"Shape": {"el": ("Υδρία",), "en": ("Hydria",)}})
    other = described({"Shape": {"en": ("Hydria",), "el": ("Υδρία",)}})
    [point] = compare_metadata(one, other)
    assert point.anchor == point.candidate


def test_lines_of_one_value_are_statements_of_their_own() -> None:
    one = described({"Dimensions": "61.5 x 50.3 cm (24 3/16 in.)\r\nframed: 90.4 x 79.7 cm"})
    [point] = compare_metadata(one, described({"Size": "615 x 503 mm"}))
    assert (point.anchor, point.candidate) == ("61.5 x 50.3 cm", "615 x 503 mm")


def test_records_turn_into_their_words() -> None:
    facet: Mapping[str, Json] = {"label": {"en": ("Shape",)}, "value": {"en": ("Hydria",)}}
    record = Record("1", {"en": ("A vase",)}, (), facets=(facet,), provider="Getty")
    assert Described.of(record) == Described({"en": ("A vase",)}, (facet,), "Getty")
