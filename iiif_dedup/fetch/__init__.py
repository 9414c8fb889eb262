"""Polite and safe HTTP: everything that is read from a partner comes through `Fetcher`.

policy     limits and politeness of one source
urls       which URLs are asked at all; what may stand in messages
addresses  which IP addresses a source may lead to
transport  sockets that check their address at connect time and end on time
hosts      how often and how many at once, for each host
client     one GET: redirects, retries, size and time limits
json_limits  JSON of bounded depth, with strings that every database stores
"""

from iiif_dedup.fetch.client import Fetched, FetchedJson, Fetcher
from iiif_dedup.fetch.policy import FetchPolicy

__all__ = ["FetchPolicy", "Fetched", "FetchedJson", "Fetcher"]
