"""Which URLs to ask for one picture at about the wanted size (IIIF Image API 1 to 3).

Level 2 serves `!w,h`, level 1 `w,`, level 0 the entries of `sizes` in info.json and its tiles;
every level serves `max` (version 3) or `full` (before). Servers refuse what their level promises
now and then, so each form is followed by simpler ones. Nothing is ever asked for above its native
size or the server's limits, which servers may answer with an enlargement or a refusal.
"""

from __future__ import annotations

from iiif_dedup.process.image_services import ImageService

SMALLEST_TILE = 200
"""Pixels of the longer side that a whole picture in one tile must have to be of use."""
_PUBLIC_SIZES = 4
"""Listed sizes of a restricted picture that are asked for."""


def size_urls(service: ImageService, size: int) -> list[str]:
    """Return the requests for the whole picture at about `size` pixels, best first, each once."""
    whole = "max" if service.version == 3 or service.limited else "full"
    sized = [*_scaled_forms(service, size), *_listed_forms(service, size, whole)]
    paths = [f"full/{form}" for form in sized]
    if not sized:
        paths += _tile_forms(service, size)
    quality = "native" if service.version == 1 else "default"
    paths.append(f"full/{whole}")
    return [f"{service.id}/{path}/0/{quality}.jpg" for path in dict.fromkeys(paths)]


def only_in_tiles(service: ImageService) -> bool:
    """Tell whether a server promises tiles alone, and none that shows the whole picture."""
    promises = service.level > 0 or bool(service.sizes) or not service.tiles
    return not promises and not _tile_forms(service, SMALLEST_TILE)


def _scaled_forms(service: ImageService, size: int) -> list[str]:
    """Return the sizes that a server of level 1 or 2 makes on request."""
    if service.level == 0 or service.width is None or service.height is None:
        return []
    width, height = service.width, service.height
    wanted = min(1.0, size / max(width, height))
    scale = min(wanted, service.largest)
    # Within a limit means rounded down; without one the nearest is what servers make themselves.
    fit = round if scale == wanted else int
    by_width = f"{max(1, fit(width * scale))},"
    if service.level == 1:
        return [by_width]
    if scale == wanted < 1:
        return [f"!{size},{size}", by_width]
    return [f"!{max(1, fit(width * scale))},{max(1, fit(height * scale))}", by_width]


def _listed_forms(service: ImageService, size: int, whole: str) -> list[str]:
    """Return the smallest listed size that reaches `size`, else the largest one.

    Written in the canonical form, since servers of level 0 know no other. Of a restricted picture
    the smaller ones follow, which may be public.
    """
    if not service.sizes or (service.level > 0 and not service.restricted):
        return []
    shorter = sorted((entry for entry in service.sizes if max(entry) < size), key=max)
    longer = sorted((entry for entry in service.sizes if max(entry) >= size), key=max)
    chosen = [*longer[:1], *reversed(shorter)][: _PUBLIC_SIZES if service.restricted else 1]
    return [
        whole if entry == (service.width, service.height) else _canonical(entry, service)
        for entry in chosen
    ]


def _canonical(entry: tuple[int, int], service: ImageService) -> str:
    """Return a size as version 3, section 4.7, writes it, and those before."""
    return f"{entry[0]},{entry[1]}" if service.version == 3 else f"{entry[0]},"


def _tile_forms(service: ImageService, size: int) -> list[str]:
    """Return region and size of the one tile that shows the whole picture nearest to `size`.

    Only for level 0, whose server has nothing but files. Viewers, and so the makers of such trees,
    write its region as `full` or in numbers.
    """
    if service.level > 0 or service.width is None or service.height is None:
        return []
    width, height = service.width, service.height
    shown = {
        (-(-width // factor), -(-height // factor))
        for tile_width, tile_height, factor in service.tiles
        if width <= tile_width * factor and height <= tile_height * factor
    }
    useful = sorted((entry for entry in shown if max(entry) >= SMALLEST_TILE), key=max)
    if not useful:
        return []
    chosen = next((entry for entry in useful if max(entry) >= size), useful[-1])
    form = _canonical(chosen, service)
    return [f"full/{form}", f"0,0,{width},{height}/{form}"]
