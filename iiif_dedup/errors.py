"""Every error the engine raises, and who raises it.

    IiifDedupError
    ├── SettingsError         settings: an unknown or invalid setting stops the start
    ├── FetchError            fetch: a partner's server could not give what was asked
    ├── HarvestError          harvesters: a response was read but is not what the protocol says
    ├── ImageError            process: the bytes are no picture that can be searched
    ├── StoreError            store: a row that must exist does not, or must not and does
    │   ├── CursorError       store.pages: a page was asked for with a cursor we never gave out
    │   └── LeaseLostError    store.jobs: another attempt owns the job; stop writing
    ├── EvidenceError         evidence: a fusion cannot be read, or there is too little to fit one
    ├── EncoderError          search: an encoder cannot be trained or read
    ├── JobCancelledError     store.jobs: an operator asked the job to stop
    ├── NotSearchableError    search: this record has no picture a search could start from
    ├── PoolBusyError         pipeline.similar: others are making the packs; ask again later
    ├── FolderError           library: a folder, its cache or a file to write cannot be used
    └── EvaluationError       evaluation: what is to be judged, or its truth, cannot be used

Messages say what was expected, what came, and what to do. Errors that describe one
partner record carry a `Reason`, a stable code that is stored and counted.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Stable codes for what went wrong with one record or image; stored and counted."""

    # fetch
    BAD_URL = "bad_url"
    ADDRESS_REFUSED = "address_refused"
    NAME_NOT_RESOLVED = "name_not_resolved"
    CONNECTION_FAILED = "connection_failed"
    TIMED_OUT = "timed_out"
    TOO_LARGE = "too_large"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    HTTP_CLIENT_ERROR = "http_client_error"
    HTTP_SERVER_ERROR = "http_server_error"
    RATE_LIMITED = "rate_limited"
    HOST_RESTS = "host_rests"
    NO_SUCH_FILE = "no_such_file"
    # harvest
    NOT_JSON = "not_json"
    TOO_DEEP = "too_deep"
    NOT_PRESENTATION_3 = "not_presentation_3"
    NOT_A_MANIFEST = "not_a_manifest"
    NOT_A_COLLECTION = "not_a_collection"
    NOT_A_STREAM = "not_a_stream"
    INVALID_MANIFEST = "invalid_manifest"
    INVALID_COLLECTION = "invalid_collection"
    DUPLICATE_MEMBER = "duplicate_member"
    NO_IMAGES = "no_images"
    UNKNOWN_PROTOCOL = "unknown_protocol"
    NOT_A_RECORD = "not_a_record"
    NOT_A_LIST = "not_a_list"
    NOT_UTF_8 = "not_utf_8"
    NOT_XML = "not_xml"
    XML_WITH_DTD = "xml_with_dtd"
    NOT_OAI_PMH = "not_oai_pmh"
    INVALID_DATESTAMP = "invalid_datestamp"
    KEY_REFUSED = "key_refused"
    PARTNER_REFUSED = "partner_refused"
    MAPPING_FAILED = "mapping_failed"
    PAGE_REPEATED = "page_repeated"
    TOO_MANY_MEMBERS = "too_many_members"
    # process
    NOT_AN_IMAGE = "not_an_image"
    TRUNCATED_IMAGE = "truncated_image"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_SMALL = "too_small"
    UNREADABLE_IMAGE = "unreadable_image"
    RESTRICTED = "restricted"
    NO_WHOLE_PICTURE = "no_whole_picture"
    # search
    NO_USABLE_IMAGE = "no_usable_image"
    BLANK_IMAGE = "blank_image"
    NOT_DESCRIBED = "not_described"
    POOL_TOO_SMALL = "pool_too_small"


class IiifDedupError(Exception):
    """Base of every error that the engine raises on purpose."""


class SettingsError(IiifDedupError):
    """A setting is unknown or invalid; the message says what to write."""


class _ReasonedError(IiifDedupError):
    """An error about one record or image, with a stable code."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class FetchError(_ReasonedError):
    """A URL could not be fetched within the limits of its policy.

    Attributes:
        status: The HTTP status of the last response, None when there was none.
        retry_after_s: Seconds that the server asked to wait, at most a day.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        *,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(reason, message)
        self.status = status
        self.retry_after_s = retry_after_s


class HarvestError(_ReasonedError):
    """A partner's answer is not what its protocol says."""


class ImageError(_ReasonedError):
    """Bytes that cannot become a searchable picture."""


class StoreError(IiifDedupError):
    """The database does not hold what the caller relies on."""


class CursorError(StoreError):
    """A cursor that no list gave out; the caller starts again without one."""


class LeaseLostError(StoreError):
    """This attempt no longer owns its job; its writes are rolled back."""


class EvidenceError(IiifDedupError):
    """A fusion of evidence cannot be read or fitted."""


class EncoderError(IiifDedupError):
    """An encoder cannot be trained on so little, or its file is none of ours."""


class JobCancelledError(IiifDedupError):
    """The job's cancel flag was set; the attempt stops at a checkpoint."""


class NotSearchableError(_ReasonedError):
    """A record whose images cannot start a search, which is normal in a batch."""


class PoolBusyError(IiifDedupError):
    """Somebody else is bringing the packs up to date; ask again later."""


class FolderError(IiifDedupError):
    """A folder of pictures, its cache, or a file that was to be written cannot be used."""


class EvaluationError(IiifDedupError):
    """What is to be judged, the truth about it, or a method's name cannot be used."""
