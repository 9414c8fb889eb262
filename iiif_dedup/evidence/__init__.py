"""Step 5: what speaks for and against two records showing the same artefact, and how surely.

It takes pictures, numbers and words that the steps before it have made, and knows neither the
store nor the partners.
"""
