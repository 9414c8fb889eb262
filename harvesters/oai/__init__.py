"""OAI-PMH 2.0: a small client on the polite HTTP layer, and readers of metadata formats.

`protocol` asks, `page` reads answers, `xml` mends what can be mended, `dates` reckons with
datestamps and windows, `formats` turns metadata into records. `harvesters.oai_pmh` walks.
"""
