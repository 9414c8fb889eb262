"""Dublin Core, simple and qualified, DPLA's and ESE's mixtures of it, and formats we do not know.

Elements are told by their local names, which mean the same in all of them. Pictures hide in
`dc:identifier`, `dc:relation` and `dc:source`, mostly beside landing pages; in `isShownBy`,
`hasView`, `object` and `preview` where a partner mixes EDM in.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from harvesters.oai.formats.draft import Draft, local_name, text_of
from harvesters.oai.xml import Element

_RESOURCE = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PICTURE_TYPES = frozenset({"image", "still image", "stillimage"})
_LINKS = frozenset({"identifier", "relation", "source", "hasFormat", "isFormatOf", "url", "link"})
_HOLDERS = ("dataProvider", "provenance", "provider")


def read(root: Element, draft: Draft) -> None:
    """Put what a flat description says into the draft."""
    leaves = [(element, local_name(element)) for element in root.iter() if len(element) == 0]
    kinds = {text_of(element).lower() for element, name in leaves if name == "type"}
    pictured = bool(kinds & _PICTURE_TYPES)
    holders: dict[str, str] = {}
    for element, name in leaves:
        text = element.get(_RESOURCE) or text_of(element)
        if not text or not name:
            continue
        if name in {"isShownBy", "hasView"}:
            draft.picture(text, trusted=pictured)
        elif name in _MEANINGS:
            _MEANINGS[name](draft, text)
        elif name in _HOLDERS:
            holders.setdefault(name, text)
        else:
            _describe(draft, element, name, text)
    draft.provider = next((holders[name] for name in _HOLDERS if name in holders), None)


_MEANINGS: dict[str, Callable[[Draft, str], None]] = {
    "isShownAt": Draft.page,
    "isReferencedBy": Draft.manifest,
    "preview": Draft.preview,
    "thumbnail": Draft.preview,
    "object": Draft.cover,
}


def _describe(draft: Draft, element: Element, name: str, text: str) -> None:
    language = element.get(_LANG)
    if name == "title":
        draft.title(text, language)
    elif name == "rights" or name.lower().startswith("licen"):
        if not draft.right(text):
            draft.facet("Rights", text, language)
    elif name not in _LINKS or not draft.link(text):
        draft.facet(_WORD.sub(" ", name).capitalize(), text, language)
