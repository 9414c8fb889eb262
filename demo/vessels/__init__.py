"""Drawn Attic-like vessels that look like museum photographs, for demonstration and tests.

A vessel is a body of revolution with one of thirteen profiles (`shapes`), handles, ornament
bands (`ornament`) and a frieze or panels of figures (`motifs`) in black-figure, red-figure or
plain black gloss, with firing, chips, cracks and restorations (`wall`). What makes one vessel is
in `artefact`; `photograph` adds camera, light, background, scale bar, grain and scan; `studio`
says how each institution photographs. Everything follows from seeds.

The drawing is frozen. It was finished by looking at pictures, before any search was scored on
them, and must not be tuned on what a search finds: `tests/demo/test_vessels.py` holds coarse
digests of some pictures and fails when the drawing changes. Whoever changes it on purpose raises
`photograph.DRAWING`, renews the digests, and scores everything anew.
"""
