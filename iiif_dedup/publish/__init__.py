"""PUBLISH, step 6: rows become IIIF. Pure functions from values to JSON-ready dictionaries.

`views` holds the values they take, `urls` makes every URL, `clean` tames what partners wrote,
`presentation` rebuilds a partner's canvases, `manifests` and `annotations` put it together, and
`text` says it in Greek or English.
"""
