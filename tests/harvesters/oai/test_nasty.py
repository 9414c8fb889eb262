"""What real repositories do: a test for each nasty case that harvesters have met.

The cases and where they were met stand in docs/harvesting.md.
"""

import gzip
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from harvesters.oai.page import read_page
from harvesters.oai_pmh import OaiPmhHarvester
from iiif_dedup.errors import FetchError, HarvestError, Reason
from iiif_dedup.fetch import Fetcher
from iiif_dedup.types import Json, Record
from tests.harvesters.oai.harvesting import (
    POLICY,
    deletions,
    ending,
    failures,
    harvest,
    numbers,
)
from tests.harvesters.partner import Partner
from tests.partners.oai_server import Answer, Fault, OaiServer

URL = "https://partner.example/oai"
DC = '<dc:dc xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{}</dc:title></dc:dc>'


def in_lists(change: bytes, to: bytes) -> Fault:
    """Return a fault that changes every page of ListRecords with `change` in it."""
    return lambda asked, right: (
        right.replace(change, to) if asked["verb"] == "ListRecords" else None
    )


def record(metadata: bytes) -> Record:
    """Return the only record of a response with this metadata."""
    body = (
        b'<?xml version="1.0" encoding="UTF-8"?>'
        b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record><header>'
        b"<identifier>a</identifier></header><metadata>%s</metadata></record></ListRecords>"
        b"</OAI-PMH>"
    )
    ((event,),) = [member.events for member in read_page(body % metadata, URL, limit=9999).members]
    assert isinstance(event, Record)
    return event


def title(metadata: bytes) -> str:
    return record(metadata).titles["none"][0]


@pytest.mark.parametrize("bad", [b"\x03", b"\x0b", b"\x1a", b"&#55349;", b"&#xD835;", b"&#x0;"])
def test_forbidden_characters_are_taken_out(bad: bytes) -> None:
    with OaiServer(3) as partner:
        partner.faults.append(in_lists(b"krater no. 1", b"kra" + bad + b"ter no. 1"))
        events = harvest(partner)
    titles = [event.titles["en"][0] for event in events if isinstance(event, Record)]
    assert titles[1] == "Red-figure krater no. 1"
    assert not failures(events)


def test_html_with_200_is_an_error() -> None:
    html = (
        b"<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body>Hello<br></body></html>"
    )
    with OaiServer(3) as partner:
        partner.faults.append(lambda asked, _: html)
        with pytest.raises(HarvestError, match="page of HTML") as caught:
            harvest(partner)
        assert caught.value.reason == Reason.NOT_OAI_PMH
        partner.faults[:] = [lambda asked, _: html if asked["verb"] == "ListRecords" else None]
        with pytest.raises(HarvestError, match="page of HTML"):
            harvest(partner)
        assert partner.asked["ListRecords"] < 50


def test_notices_around_the_document_are_cut() -> None:
    notice = b"<br />\n<b>Notice</b>: Undefined index: set in /var/www/oai.php on line 7<br />"

    def around(asked: Mapping[str, str], right: bytes) -> Answer:
        return notice + b"\n" + right + notice

    with OaiServer(3) as partner:
        partner.faults.append(around)
        assert numbers(harvest(partner)) == [0, 1, 2]


def poison(*bad: int, single: bool = True) -> Fault:
    """Return a fault that cuts every answer with one of these records in the middle of it."""

    def cut(asked: Mapping[str, str], right: bytes) -> Answer:
        places = [right.find(b"<identifier>oai:partner:%d<" % number) for number in bad]
        found = [place for place in places if place >= 0]
        listed = asked["verb"] == "ListIdentifiers" or (asked["verb"] == "GetRecord" and not single)
        return right[: min(found) + 150] if found and not listed else None

    return cut


@pytest.mark.parametrize("days", [False, True])
def test_a_cut_page_is_narrowed_until_the_record_stands_alone(*, days: bool) -> None:
    granularity = "YYYY-MM-DD" if days else "YYYY-MM-DDThh:mm:ssZ"
    with OaiServer(60, page=10, apart=timedelta(hours=7), granularity=granularity) as partner:
        partner.faults.append(poison(17, 44))
        events = harvest(partner)
    assert numbers(events) == [n for n in range(60) if n not in {17, 44}]
    assert [failure.identifier for failure in failures(events)] == [
        "oai:partner:17",
        "oai:partner:44",
    ]
    assert {failure.reason for failure in failures(events)} == {Reason.NOT_XML}
    assert all("verb=GetRecord&identifier=oai%3Apartner%3A" in str(f.url) for f in failures(events))
    assert ending(events).whole


def test_what_only_lists_cannot_show_is_read_singly() -> None:
    with OaiServer(40, page=10, apart=timedelta(minutes=10)) as partner:
        partner.faults.append(poison(17, single=False))
        events = harvest(partner)
        assert partner.asked["GetRecord"] < 15
    assert numbers(events) == list(range(40))
    assert not failures(events)


def test_a_page_that_was_cut_on_its_way_is_asked_for_again() -> None:
    cut = poison(3)
    with OaiServer(9) as partner:
        partner.faults.append(
            lambda asked, right: cut(asked, right) if partner.asked["ListRecords"] == 1 else None
        )
        assert numbers(harvest(partner)) == list(range(9))
        assert partner.asked["ListRecords"] == 2


def test_a_window_without_any_list_is_a_failure_and_the_bookmark_stays() -> None:
    def broken(asked: Mapping[str, str], right: bytes) -> Answer:
        return right[:-300] if b"oai:partner:17<" in right else None

    with OaiServer(40, page=10, apart=timedelta(hours=1)) as partner:
        partner.faults.append(broken)
        since: dict[str, Json] = {"from": "2020-01-01T00:00:00Z"}
        events = harvest(partner, since=since)
    assert 17 not in numbers(events)
    assert len(numbers(events)) >= 37
    assert [failure.reason for failure in failures(events)] == [Reason.NOT_XML]
    assert not ending(events).whole
    assert ending(events).bookmark == since


def test_xml_declarations_inside_are_left_out() -> None:
    assert title(b'<?xml version="1.0"?>' + DC.format("Krater").encode()) == "Krater"


@pytest.mark.parametrize("status", [400, 404, 422])
def test_oai_errors_with_an_error_status_are_read_first(status: int) -> None:
    def erring(asked: Mapping[str, str], right: bytes) -> Answer:
        return (status, right) if b"<error" in right else None

    with OaiServer(3) as partner:
        partner.faults.append(erring)
        assert not numbers(harvest(partner, since={"from": "2030-01-01T00:00:00Z"}))
        with pytest.raises(HarvestError, match="cannotDisseminateFormat"):
            harvest(partner, {"metadata_prefix": "x"})


def test_other_bodies_with_an_error_status_are_the_status() -> None:
    with OaiServer(3) as partner:
        partner.faults.append(lambda asked, _: (404, b"<html><body>Not here</body></html>"))
        with pytest.raises(FetchError) as caught:
            harvest(partner)
    assert (caught.value.reason, caught.value.status) == (Reason.HTTP_CLIENT_ERROR, 404)


def test_a_record_on_which_the_server_crashes_is_skipped() -> None:
    def crash(asked: Mapping[str, str], right: bytes) -> Answer:
        listed = asked["verb"] == "ListIdentifiers"
        return (500, b"") if b"oai:partner:17<" in right and not listed else None

    with OaiServer(40, page=10, apart=timedelta(hours=1)) as partner:
        partner.faults.append(crash)
        events = harvest(partner)
    assert numbers(events) == [n for n in range(40) if n != 17]
    assert [failure.reason for failure in failures(events)] == [Reason.HTTP_SERVER_ERROR]


def test_a_token_that_leads_to_itself_ends() -> None:
    with OaiServer(40, page=10) as partner:
        partner.faults.append(in_lists(b"place=20", b"place=10"))
        events = harvest(partner)
    assert numbers(events) == list(range(20))
    assert [failure.reason for failure in failures(events)] == [Reason.PAGE_REPEATED]
    assert not ending(events).whole
    assert ending(events).bookmark is None


def test_a_last_token_that_is_repeated_is_the_end() -> None:
    with OaiServer(40, page=10) as partner:
        again = b'<resumptionToken completeListSize="40">t&amp; =metadataPrefix=oai_dc~place=30</'
        partner.faults.append(in_lists(b"<resumptionToken/>", again + b"resumptionToken>"))
        events = harvest(partner)
    assert numbers(events) == list(range(40))
    assert not failures(events)
    assert ending(events).whole


def test_one_token_with_ever_new_pages_goes_on() -> None:
    """A server that keeps its place itself breaks the protocol, but loses nothing."""
    with OaiServer(40, page=10) as partner:
        place = 0

        def stateful(asked: Mapping[str, str], right: bytes) -> Answer:
            nonlocal place
            if asked.get("resumptionToken") != "same":
                return re.sub(rb"(<resumptionToken[^>]*>)[^<]+", rb"\1same", right)
            place += 10
            token = f"t& =metadataPrefix=oai_dc~place={place}"
            _, body = partner.answer({"verb": "ListRecords", "resumptionToken": token})
            return body

        partner.faults.append(stateful)
        events = harvest(partner)
    assert numbers(events) == list(range(40))
    assert not failures(events)


def test_a_token_although_there_is_no_more() -> None:
    more = b"<resumptionToken>t&amp; =metadataPrefix=oai_dc~place=40</resumptionToken>"
    with OaiServer(40, page=10) as partner:
        partner.faults.append(in_lists(b"<resumptionToken/>", more))
        events = harvest(partner)
    assert numbers(events) == list(range(40))
    assert ending(events).whole


def test_empty_pages_with_ever_new_tokens_are_bounded() -> None:
    def endless(asked: Mapping[str, str], right: bytes) -> Answer:
        if asked["verb"] != "ListRecords":
            return None
        token = b"<resumptionToken>%d</resumptionToken>" % partner.asked["ListRecords"]
        return re.sub(
            rb"(<ListRecords>).*(</ListRecords>)|<error.*</error>",
            rb'<error code="noRecordsMatch"/>' + token,
            right,
            flags=re.DOTALL,
        )

    with OaiServer(40) as partner:
        partner.faults.append(endless)
        events = harvest(partner)
        assert partner.asked["ListRecords"] == 11
    assert [failure.reason for failure in failures(events)] == [Reason.PAGE_REPEATED]
    assert not ending(events).whole


def test_a_refused_token_behind_the_last_record_is_the_end() -> None:
    more = b'<resumptionToken completeListSize="40">gone</resumptionToken>'
    with OaiServer(40, page=10) as partner:
        partner.faults.append(in_lists(b"<resumptionToken/>", more))
        events = harvest(partner)
    assert numbers(events) == list(range(40))
    assert ending(events).whole


def test_the_prefix_beside_the_token_for_servers_that_want_it() -> None:
    def wanting(asked: Mapping[str, str], right: bytes) -> Answer:
        if "resumptionToken" not in asked:
            return None
        token = {key: value for key, value in asked.items() if key != "metadataPrefix"}
        return partner.answer(token) if "metadataPrefix" in asked else None

    with OaiServer(40, page=10) as partner:
        partner.faults.append(wanting)
        assert numbers(harvest(partner, {"prefix_with_token": True})) == list(range(40))


def test_a_token_that_forgets_its_set_brings_no_strangers() -> None:
    with OaiServer(40, page=10) as partner:
        for number, row in enumerate(partner.records.values()):
            row.sets = ("even",) if number % 2 == 0 else ("odd",)
        partner.faults.append(in_lists(b"~set=even", b""))
        events = harvest(partner, {"sets": ["even"]})
    assert all(number % 2 == 0 for number in numbers(events))
    assert not deletions(events)


def test_of_a_record_on_two_pages_the_later_datestamp_wins() -> None:
    older = b"2019-01-01T00:00:00Z"
    header = b"<identifier>oai:partner:%d</identifier><datestamp>%s"
    with OaiServer(20, page=10) as partner:
        partner.faults.append(
            in_lists(
                header % (12, b"2020-01-01T00:12:00Z"),
                header % (2, older),
            )
        )
        partner.faults.append(lambda asked, right: None)
        events = harvest(partner)
    twos = [e for e in events if isinstance(e, Record) and e.identifier == "oai:partner:2"]
    assert [record.datestamp for record in twos] == ["2020-01-01T00:02:00Z"]


def test_headers_without_datestamp_or_identifier_stop_nothing() -> None:
    with OaiServer(4) as partner:

        def without(asked: Mapping[str, str], right: bytes) -> Answer:
            right = right.replace(b"<identifier>oai:partner:1</identifier>", b"")
            right = right.replace(b"<datestamp>2020-01-01T00:02:00Z</datestamp>", b"")
            return right.replace(b"2020-01-01T00:03:00Z", b"20210311")

        partner.faults.append(without)
        events = harvest(partner)
    dates = {e.identifier[-1]: e.datestamp for e in events if isinstance(e, Record)}
    assert dates == {"0": "2020-01-01T00:00:00Z", "2": None, "3": None}
    assert [failure.reason for failure in failures(events)] == [Reason.NOT_A_RECORD]


def test_undeclared_prefixes_are_declared() -> None:
    manifest = b"<dcterms:isReferencedBy>https://x.example/manifest</dcterms:isReferencedBy>"
    found = record(b'<dc xmlns:dc="http://purl.org/dc/elements/1.1/">%s<q:x/></dc>' % manifest)
    assert found.manifest_url == "https://x.example/manifest"


def test_a_blank_line_before_the_declaration_is_cut() -> None:
    with OaiServer(2) as partner:
        partner.faults.append(lambda asked, right: b"\n\n" + right)
        assert numbers(harvest(partner)) == [0, 1]


def test_elements_are_told_by_namespace_not_by_prefix() -> None:
    def prefixed(asked: Mapping[str, str], right: bytes) -> Answer:
        right = re.sub(rb"<(/?)(?![?/])([A-Za-z-]+)(?=[ />])", rb"<\1oai:\2", right)
        return right.replace(b"xmlns=", b"xmlns:oai=")

    with OaiServer(2) as partner:
        partner.faults.append(prefixed)
        assert numbers(harvest(partner)) == [0, 1]


def test_a_server_that_ignores_from_adds_nothing_old() -> None:
    def ignoring(asked: Mapping[str, str], right: bytes) -> Answer:
        everything = {key: value for key, value in asked.items() if key != "from"}
        return partner.answer(everything) if "from" in asked else None

    with OaiServer(20, apart=timedelta(days=1)) as partner:
        partner.faults.append(ignoring)
        events = harvest(partner, since={"from": "2020-01-15T00:00:00Z"})
    assert numbers(events) == list(range(14, 20))


@pytest.mark.parametrize("answer", [(413, b"too many"), (200, b"<html><body>Too many hits"), None])
def test_too_many_hits_narrow_the_window(answer: Answer) -> None:
    def refusing(asked: Mapping[str, str], right: bytes) -> Answer:
        many = asked["verb"] == "ListRecords" and right.count(b"<record>") > 8
        return (answer or (200, right + b" " * 60_000)) if many else None

    with OaiServer(64, page=100, apart=timedelta(hours=3)) as partner:
        partner.faults.append(refusing)
        events = harvest(partner, policy=replace(POLICY, max_bytes=50_000))
    assert numbers(events) == list(range(64))
    assert ending(events).whole


def test_latin_1_that_is_called_utf_8_is_read() -> None:
    assert title(DC.format("Krug aus Jülich").encode("latin-1")) == "Krug aus Jülich"
    mixed = DC.format("Krug aus Jülich, ").encode("latin-1").replace(b", ", b", " + "Ψ".encode())
    assert title(mixed) == "Krug aus Jülich, Ψ"


def test_the_encoding_is_the_documents_own() -> None:
    """Media type text/xml without charset means Latin-1 to some HTTP libraries."""
    with OaiServer(1) as partner:
        partner.faults.append(
            lambda asked, right: (
                right.decode()
                .replace('encoding="UTF-8"', 'encoding="ISO-8859-7"')
                .encode("iso-8859-7")
            )
        )
        (read,) = [event for event in harvest(partner) if isinstance(event, Record)]
    assert read.titles["el"] == ("Ερυθρόμορφος κρατήρας αρ. 0",)


def test_gzip_that_nobody_announced_is_unpacked_within_the_limit() -> None:
    with OaiServer(3) as partner:
        partner.faults.append(lambda asked, right: gzip.compress(right))
        assert numbers(harvest(partner)) == [0, 1, 2]
        partner.faults[:] = [lambda asked, _: gzip.compress(bytes(10_000_000))]
        with pytest.raises(FetchError) as caught:
            harvest(partner, policy=replace(POLICY, max_bytes=100_000))
        assert caught.value.reason == Reason.TOO_LARGE
        partner.faults[:] = [lambda asked, _: b"\x28\xb5\x2f\xfd1234"]
        with pytest.raises(HarvestError, match="zstd"):
            harvest(partner)


def test_a_base_url_that_moved_is_taken_on_where_identify_agrees(partner: Partner) -> None:
    with OaiServer(250) as moved, Fetcher(POLICY) as fetcher:
        for query in ("verb=Identify", "verb=ListMetadataFormats"):
            target = f"{moved.endpoint}?{query}"
            partner.pages[f"/oai?{query}"] = (301, {"Location": target})
        harvester = OaiPmhHarvester(partner.url("/oai"), {}, fetcher)
        assert numbers(list(harvester.harvest())) == list(range(250))
        assert sum(partner.asked.values()) == 1


def test_empty_metadata_is_missing() -> None:
    with OaiServer(2) as partner:
        partner.records["oai:partner:1"].metadata = ""
        events = harvest(partner)
    assert numbers(events) == [0]
    (failure,) = failures(events)
    assert (failure.identifier, failure.reason) == ("oai:partner:1", Reason.NOT_A_RECORD)


def test_markup_in_texts_is_taken_out() -> None:
    assert (
        title(DC.format("A &lt;b&gt;red&lt;/b&gt; krater&lt;br&gt;and").encode())
        == "A red krater and"
    )
    assert (
        title(DC.format("&amp;lt;p&amp;gt;Krater &amp;amp; lid&amp;lt;/p&amp;gt;").encode())
        == "Krater & lid"
    )
    assert title(DC.format("height &lt; 3 cm").encode()) == "height < 3 cm"


BOMB = b"".join(
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">',
        *(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)),
        b"]>",
    ]
)


@pytest.mark.parametrize(
    "doctype",
    [
        BOMB,
        b'<!DOCTYPE x [<!ENTITY j SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE x [<!ENTITY j SYSTEM "http://169.254.169.254/latest/meta-data/">]>',
        b'<!DOCTYPE x SYSTEM "http://169.254.169.254/x.dtd">',
    ],
)
def test_a_dtd_is_refused_whatever_it_says(doctype: bytes) -> None:
    def with_dtd(asked: Mapping[str, str], right: bytes) -> Answer:
        declaration, _, rest = right.partition(b"\n")
        return declaration + doctype + rest.replace(b"A partner", b"&j;")

    with OaiServer(2) as partner:
        partner.faults.append(with_dtd)
        with pytest.raises(HarvestError) as caught:
            harvest(partner)
    assert caught.value.reason == Reason.XML_WITH_DTD


def test_deep_nesting_is_refused() -> None:
    deep = b"<a>" * 5000 + b"</a>" * 5000
    with pytest.raises(HarvestError) as caught:
        record(deep)
    assert caught.value.reason == Reason.NOT_XML


@pytest.mark.parametrize(
    "name",
    ["a/b?c#d", 'it\'s "quoted"', "two\nlines", "\u202egnp.exe", "é&<ü>", "a b%20c", "../.."],
)
def test_odd_identifiers_are_names_and_nothing_else(name: str) -> None:
    escaped = name.replace("&", "&amp;").replace("<", "&lt;").encode()
    with OaiServer(2, page=1) as partner:
        partner.faults.append(in_lists(b"oai:partner:1", escaped))
        events = harvest(partner)
    found = [event.identifier for event in events if isinstance(event, Record)]
    assert found == ["oai:partner:0", name]


def test_seconds_that_identify_promises_and_lists_refuse_become_days() -> None:
    def refusing(asked: Mapping[str, str], right: bytes) -> Answer:
        if len(asked.get("from", "")) <= 10:
            return None
        return re.sub(
            rb"<ListRecords>.*</ListRecords>", b'<error code="badArgument">No.</error>', right
        )

    with OaiServer(20, apart=timedelta(days=1)) as partner:
        partner.faults.append(refusing)
        events = harvest(partner, since={"from": "2020-01-15T00:00:00Z"})
    assert numbers(events) == list(range(14, 20))
