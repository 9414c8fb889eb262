"""Pairs of pictures side by side, as one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from PIL import Image

from iiif_dedup.errors import ImageError
from iiif_dedup.library.files import shown
from iiif_dedup.library.results import Pair
from iiif_dedup.process.decode import decode
from iiif_dedup.settings import load_settings

MOST_PAIRS = 500
"""Pairs of one sheet; with more of them browsers grow slow."""
_SIDE, _QUALITY = 280, 72
_LABELS: Mapping[str, str] = {
    "clone": "clone rule",
    "sha256": "same file",
    "phash": "pHash",
    "block_mean": "block mean",
    "efficientnet_lite0": "EfficientNet",
    "colour": "colours",
}
_PARTS = "_parts"
"""As `iiif_dedup.search.candidates.PARTS`, which is not to be had without torch."""

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #777; --yes: #1a7f37; --no: #9a6700 }
@media (prefers-color-scheme: dark) { :root { --quiet: #999; --yes: #4ac26b; --no: #d4a72c } }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.35rem; margin: 0 0 .25rem; overflow-wrap: anywhere }
p { color: var(--quiet); margin: 0 0 1.5rem }
ol { list-style: none; margin: 0; padding: 0 }
li { display: grid; grid-template-columns: 1fr 1fr 13rem; gap: 1rem; padding: 1rem 0;
     border-top: 1px solid var(--line); break-inside: avoid }
figure { margin: 0; min-width: 0 }
img { display: block; width: auto; height: auto; max-width: 100%; max-height: 280px;
      border-radius: 3px }
.gone { padding: 3rem 1rem; border: 1px dashed var(--line); color: var(--quiet) }
figcaption { margin-top: .35rem; font-size: .85rem; overflow-wrap: anywhere }
dl { display: grid; grid-template-columns: auto 1fr; gap: .1rem .75rem; margin: 0;
     align-content: start; font-size: .85rem }
dt { color: var(--quiet) }
dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums }
.rank { grid-column: 1 / 3; color: inherit; font-weight: 600 }
.yes { color: var(--yes) }
.no { color: var(--no) }
@media (max-width: 46rem) { li { grid-template-columns: 1fr 1fr } dl { grid-column: 1 / 3 } }
@media print { body { margin: 0; max-width: none; font-size: 11px } img { max-height: 200px } }
"""


def sheet(title: str, summary: str, pairs: Sequence[Pair]) -> str:
    """Return an HTML document that shows the first `MOST_PAIRS` of the pairs.

    Args:
        title: What was searched; any text.
        summary: What was found, in a sentence; any text.
        pairs: Best first. A picture that cannot be read any more is said to be so.
    """
    if len(pairs) > MOST_PAIRS:
        summary = f"{summary} Shown are the first {MOST_PAIRS}."
    thumbnails = _Thumbnails()
    return "\n".join(
        (
            '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width">',
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
            "img-src data:; style-src 'unsafe-inline'\">",
            f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>",
            f"<h1>{escape(title)}</h1>\n<p>{escape(summary)}</p>\n<ol>",
            *(_item(pair, thumbnails) for pair in pairs[:MOST_PAIRS]),
            "</ol>\n</html>\n",
        )
    )


def label(generator: str) -> str:
    """Return the name of a generator for people."""
    whole = generator.removesuffix(_PARTS)
    name = _LABELS.get(whole, whole)
    return name if whole == generator else f"{name} of parts"


def _item(pair: Pair, thumbnails: _Thumbnails) -> str:
    verdict = "yes" if pair.accepted else "no"
    ranks = "".join(
        f"<dt>{escape(label(name))}</dt><dd>{'yes' if name == 'sha256' else f'№ {rank}'}</dd>"
        for name, rank in pair.found_by.items()
    )
    return (
        f"<li>{thumbnails.figure(pair.first)}{thumbnails.figure(pair.second)}"
        f'<dl><dt class="rank">{pair.rank}</dt><dt>norm</dt><dd>{pair.norm:.3f}</dd>'
        f'<dt>accepted</dt><dd class="{verdict}">{verdict}</dd>{ranks}</dl></li>'
    )


class _Thumbnails:
    """Small pictures as data URIs, each made once."""

    def __init__(self) -> None:
        self._max_pixels = load_settings().image_max_megapixels * 1_000_000
        self._made: dict[Path, str] = {}

    def figure(self, path: Path) -> str:
        """Return a picture with its path below."""
        if path not in self._made:
            self._made[path] = self._picture(path)
        return f"<figure>{self._made[path]}<figcaption>{escape(shown(path))}</figcaption></figure>"

    def _picture(self, path: Path) -> str:
        try:
            picture = decode(path.read_bytes(), max_pixels=self._max_pixels)
        except (OSError, ImageError):
            return '<div class="gone">cannot be read any more</div>'
        image = Image.fromarray(picture.pixels)
        image.thumbnail((_SIDE, _SIDE))
        body = io.BytesIO()
        image.save(body, "JPEG", quality=_QUALITY)
        data = base64.b64encode(body.getvalue()).decode("ascii")
        size = f'width="{image.width}" height="{image.height}"'
        return f'<img src="data:image/jpeg;base64,{data}" {size} alt="">'
