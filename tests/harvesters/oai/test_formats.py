"""What each metadata format says, where the recorded files do not show it."""

import pytest
from lxml import etree

from harvesters.oai.formats import choose, read
from iiif_dedup.types import Record

LIDO = "http://www.lido-schema.org"
RDF = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns:edm="http://www.europeana.eu/schemas/edm/"'
    ' xmlns:ore="http://www.openarchives.org/ore/terms/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:skos="http://www.w3.org/2004/02/skos/core#"'
)


def records(payload: str, *, thumbnails: bool = False) -> list[Record]:
    metadata = etree.fromstring(f"<metadata>{payload}</metadata>")
    return read(metadata, "oai:x:1", "2026-01-01", thumbnails=thumbnails)


def record(payload: str, *, thumbnails: bool = False) -> Record:
    (found,) = records(payload, thumbnails=thumbnails)
    return found


def urls(found: Record) -> list[str]:
    return [image.url for image in found.images]


def facets(found: Record) -> dict[str, object]:
    return {str(pair["label"]["en"][0]): pair["value"] for pair in found.facets}  # type: ignore[index, call-overload]


def lido(resources: str, describing: str = "") -> str:
    return (
        f'<l:lido xmlns:l="{LIDO}"><l:lidoRecID>a</l:lidoRecID>{describing}'
        f"<l:administrativeMetadata><l:resourceWrap>{resources}</l:resourceWrap>"
        "</l:administrativeMetadata></l:lido>"
    )


def resource(kind: str, link: str, order: str = "", media_type: str = "") -> str:
    order = f' l:sortorder="{order}"' if order else ""
    media_type = f' l:formatResource="{media_type}"' if media_type else ""
    return (
        f'<l:resourceSet{order}><l:resourceRepresentation l:type="{kind}">'
        f"<l:linkResource{media_type}> {link}\n</l:linkResource>"
        "</l:resourceRepresentation></l:resourceSet>"
    )


def test_lido_resources_come_in_their_order_without_local_paths_and_previews() -> None:
    found = record(
        lido(
            resource("provided_image", "https://x.example/2.jpg", "2")
            + resource("image_master", "https://x.example/1", "1", "image/jpeg")
            + resource("image_thumb", "https://x.example/small/1")
            + resource("provided_image", r"D:\pictures\3.jpg", "3")
            + resource("provided_image", "pictures/4.jpg", "4")
            + resource("provided_video", "https://x.example/5.mp4", "5")
            + resource("IIIFManifest", "https://x.example/6", "6")
            + resource("provided_image", "https://x.example/iiif/7/full/full/0/default.jpg", "7")
        )
    )
    assert urls(found) == [
        "https://x.example/1",
        "https://x.example/2.jpg",
        "https://x.example/iiif/7/full/full/0/default.jpg",
    ]
    assert found.images[0].format == "image/jpeg"
    assert found.images[2].service_id == "https://x.example/iiif/7"
    assert found.manifest_url == "https://x.example/6"


def test_lido_events_name_their_facets() -> None:
    describing = (
        '<l:descriptiveMetadata xml:lang="de"><l:eventWrap><l:eventSet><l:event><l:eventType>'
        '<l:term xml:lang="de">Fund</l:term><l:term xml:lang="en">Finding</l:term></l:eventType>'
        "<l:eventDate><l:displayDate>1981</l:displayDate></l:eventDate><l:eventPlace>"
        "<l:place><l:namePlaceSet><l:appellationValue>Abdera</l:appellationValue>"
        "</l:namePlaceSet></l:place></l:eventPlace></l:event></l:eventSet></l:eventWrap>"
        "</l:descriptiveMetadata>"
    )
    found = facets(record(lido("", describing)))
    assert found == {"Finding: date": {"de": ("1981",)}, "Finding: place": {"de": ("Abdera",)}}


def test_several_objects_in_one_wrapper_have_names_of_their_own() -> None:
    wrapped = lido("").replace(">a<", ">b<")
    found = records(f'<l:lidoWrap xmlns:l="{LIDO}">{lido("")}{wrapped}</l:lidoWrap>')
    assert [one.identifier for one in found] == ["oai:x:1#a", "oai:x:1#b"]


def edm(aggregation: str, resources: str = "", kind: str = "IMAGE") -> str:
    return (
        f'<rdf:RDF {RDF}><edm:ProvidedCHO rdf:about="a"><dc:title xml:lang="el">Κρατήρας</dc:title>'
        f'<dc:creator rdf:resource="https://x.example/p"/><edm:type>{kind}</edm:type>'
        f"</edm:ProvidedCHO>{resources}<ore:Aggregation>{aggregation}</ore:Aggregation>"
        '<edm:Agent rdf:about="https://x.example/p">'
        '<skos:prefLabel xml:lang="en">Niobid Painter</skos:prefLabel></edm:Agent></rdf:RDF>'
    )


def test_edm_entities_are_named_by_their_labels() -> None:
    found = record(edm("<edm:dataProvider>Museum</edm:dataProvider>"))
    assert found.titles == {"el": ("Κρατήρας",)}
    assert facets(found)["Creator"] == {"en": ("Niobid Painter",)}
    assert found.provider == "Museum"


@pytest.mark.parametrize(
    ("aggregation", "kind", "pictures"),
    [
        ('<edm:isShownBy rdf:resource="https://x.example/1"/>', "IMAGE", 1),
        ('<edm:isShownBy rdf:resource="https://x.example/1"/>', "TEXT", 0),
        ('<edm:isShownBy rdf:resource="https://x.example/1.mp4"/>', "VIDEO", 0),
        ('<edm:hasView rdf:resource="https://x.example/1"/>', "IMAGE", 0),
        ('<edm:object rdf:resource="https://x.example/1"/>', "TEXT", 1),
        ('<edm:object rdf:resource="https://x.example/api/thumbnail/1.jpg"/>', "IMAGE", 0),
    ],
)
def test_edm_pictures(aggregation: str, kind: str, pictures: int) -> None:
    assert len(record(edm(aggregation, kind=kind)).images) == pictures


def test_marc_locations_say_in_words_what_they_are() -> None:
    def field(url: str, **said: str) -> str:
        parts = {"u": url, **said}
        inner = "".join(
            f'<subfield code="{code}">{text}</subfield>' for code, text in parts.items()
        )
        return f'<datafield tag="856" ind1="4" ind2="1">{inner}</datafield>'

    found = record(
        '<record xmlns="http://www.loc.gov/MARC21/slim"><controlfield tag="001">7</controlfield>'
        '<datafield tag="245"><subfield code="a">Krater /</subfield></datafield>'
        + field("https://x.example/7")
        + field("https://x.example/7/t.jpg", y="Thumbnail")
        + field("https://x.example/7/img", q="image/jpeg")
        + field("https://x.example/7/doc", y="IIIF manifest")
        + "</record>"
    )
    assert found.titles == {"none": ("Krater",)}
    assert found.landing_page == "https://x.example/7"
    assert urls(found) == ["https://x.example/7/img"]
    assert found.manifest_url == "https://x.example/7/doc"


def test_mets_takes_one_file_a_page() -> None:
    file = '<file ID="{0}{1}" MIMETYPE="image/jpeg"><FLocat x:href="https://x.example/{0}/{1}"/></file>'
    groups = "".join(
        f'<fileGrp USE="{use}">{"".join(file.format(use, n) for n in (1, 2))}</fileGrp>'
        for use in ("THUMBS", "MAX", "DEFAULT")
    )
    pages = "".join(
        f'<div TYPE="page"><fptr FILEID="THUMBS{n}"/><fptr FILEID="MAX{n}"/>'
        f'<fptr FILEID="DEFAULT{n}"/></div>'
        for n in (2, 1)
    )
    found = record(
        '<mets xmlns="http://www.loc.gov/METS/" xmlns:x="http://www.w3.org/1999/xlink">'
        f"<fileSec>{groups}</fileSec><structMap TYPE='PHYSICAL'><div TYPE='physSequence'>"
        f"{pages}</div></structMap></mets>"
    )
    assert urls(found) == ["https://x.example/DEFAULT/2", "https://x.example/DEFAULT/1"]


def test_hostile_links_are_no_links() -> None:
    found = record(
        '<dc xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<dc:identifier>javascript:alert(1)//x.jpg</dc:identifier>"
        "<dc:identifier>file:///etc/passwd.jpg</dc:identifier>"
        "<dc:identifier>https://user:secret@x.example/1.jpg</dc:identifier>"
        "<dc:rights>javascript:alert(1)</dc:rights></dc>"
    )
    assert not found.images
    assert found.landing_page is None
    assert found.rights is None


def test_the_best_format_is_told_by_prefix_or_namespace() -> None:
    dc = ("oai_dc", "http://www.openarchives.org/OAI/2.0/oai_dc/")
    assert choose([dc, ("museum", "http://www.lido-schema.org")]) == "museum"
    assert choose([dc, ("MODS", "urn:x"), ("mets", "urn:y")]) == "mets"
    assert choose([dc, ("other", "urn:x")]) == "oai_dc"
    assert choose([]) == "oai_dc"
