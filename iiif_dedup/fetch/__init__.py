"""Polite and safe HTTP: everything that is read from a partner comes through `Fetcher`.

policy     limits and politeness of one source
urls       which URLs are asked at all; what may stand in messages
addresses  which IP addresses a source may lead to
transport  sockets that check their address at connect time and end on time
hosts      how often and how many at once, for each host
waits      how long a server asks to be left alone
breaker    leaves a host alone that refuses many times in a row
keys       a partner's key: sent to one origin, seen nowhere else
responses  what a request gives back, and the validators that ask for it again
local_files  files beneath one folder, by `file:` URLs
asking     one request with its one response: size and time limits
client     what others call: redirects and retries around that
json_limits  JSON of bounded depth, with strings that every database stores
"""

from iiif_dedup.fetch.client import Fetcher
from iiif_dedup.fetch.policy import FetchPolicy
from iiif_dedup.fetch.responses import Fetched, FetchedJson

__all__ = ["FetchPolicy", "Fetched", "FetchedJson", "Fetcher"]
