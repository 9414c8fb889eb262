"""Every URL that the service hands out, made from the settings and never from a request."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from iiif_dedup.publish.clean import http_uri
from iiif_dedup.types import ImageView

THUMBNAIL_SIZE = 200
"""Longest side in pixels of the thumbnails we point to."""


@dataclass(frozen=True, slots=True)
class Urls:
    """URLs below `base`, the settings' `base_url` without a trailing slash."""

    base: str

    def source(self, key: str) -> str:
        """Return the URL of a source."""
        return f"{self.base}/sources/{quote(key, safe='')}"

    def harvest(self, harvest_id: str) -> str:
        """Return the URL of a harvest."""
        return f"{self.base}/harvests/{harvest_id}"

    def job(self, job_id: str) -> str:
        """Return the URL of a job."""
        return f"{self.base}/jobs/{job_id}"

    def record(self, record_id: str) -> str:
        """Return the URL of a record's JSON."""
        return f"{self.base}/records/{record_id}"

    def clones(self, record_id: str, **query: str | int | float) -> str:
        """Return the URL of a record's suggestions."""
        return f"{self.record(record_id)}/clones" + (f"?{urlencode(query)}" if query else "")

    def evidence(self, record_id: str, candidate_id: str, position: int) -> str:
        """Return the URL of what speaks for and against a suggestion for a record's picture."""
        return f"{self.clones(record_id)}/{candidate_id}/evidence?image={position}"

    def evidence_picture(self, record_id: str, candidate_id: str, name: str, position: int) -> str:
        """Return the URL of a picture of that: "matches", "overlay" or "difference"."""
        return f"{self.clones(record_id)}/{candidate_id}/evidence/{name}.jpg?image={position}"

    def similar(self, record_id: str, **query: str | int) -> str:
        """Return the URL of what looks like a record's picture."""
        return f"{self.record(record_id)}/similar" + (f"?{urlencode(query)}" if query else "")

    def strip(self, record_id: str, **query: str | int) -> str:
        """Return the URL of the page that shows the same in a row."""
        query_string = f"?{urlencode(query)}" if query else ""
        return f"{self.record(record_id)}/similar/strip{query_string}"

    def viewer(self, record_id: str, candidate_id: str | None = None) -> str:
        """Return the URL of the page that opens a record in Mirador, beside a candidate."""
        query = f"?{urlencode({'candidate': candidate_id})}" if candidate_id else ""
        return f"{self.record(record_id)}/mirador{query}"

    def manifest(self, record_id: str, language: str | None = None) -> str:
        """Return the id of our manifest of a record; `language` is that of its annotations."""
        return f"{self.base}/iiif/records/{record_id}/manifest{_language(language)}"

    def canvas(self, record_id: str, position: int) -> str:
        """Return the id of our own canvas for a picture that came without one."""
        return f"{self.base}/iiif/records/{record_id}/canvas/{position}"

    def page(self, record_id: str, position: int, language: str | None = None) -> str:
        """Return the id of a canvas's annotation page; `position` is its first picture's."""
        return f"{self.canvas(record_id, position)}/clones{_language(language)}"

    def annotation(self, annotation_id: str) -> str:
        """Return the URL of one annotation."""
        return f"{self.base}/iiif/annotations/{annotation_id}"

    def derivative(self, sha256: str) -> str:
        """Return the URL of our small JPEG of a content."""
        return f"{self.base}/iiif/images/{sha256}.jpg"

    def picture(self, image: ImageView) -> str | None:
        """Return where anybody can see a picture: at its partner's, else our JPEG of it.

        None for a file of this machine that was not read yet.
        """
        if http_uri(image.url):
            return image.url
        return self.derivative(image.sha256) if image.sha256 else None

    def problem(self, slug: str) -> str:
        """Return the `type` of a problem document."""
        return f"{self.base}/problems/{slug}"


def _language(language: str | None) -> str:
    return f"?{urlencode({'lang': language})}" if language else ""


def thumbnail(image: ImageView, urls: Urls, size: int = THUMBNAIL_SIZE) -> str | None:
    """Return the URL of a small picture at the partner's, or as `Urls.picture`.

    Image API 3.0 and 2.1, section 4.2: `!w,h` needs level 2 and `w,` level 1; a level 0 server
    may have neither, so its own picture is all that can be promised.
    """
    quality = "native" if image.service_version == 1 else "default"
    if image.service_id and image.service_level == 2:
        return f"{image.service_id}/full/!{size},{size}/0/{quality}.jpg"
    if image.service_id and image.service_level == 1:
        return f"{image.service_id}/full/{size},/0/{quality}.jpg"
    return urls.picture(image)
