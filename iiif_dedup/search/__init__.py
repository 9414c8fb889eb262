"""Step 4, search: from one anchor tile to a ranked list of pool images.

`run` is the entry; `recipes` says what a recipe is and imports torch only when one is asked for.
"""
