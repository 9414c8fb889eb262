"""An evaluation as JSON for machines, and as one HTML file for people.

results  everything as JSON
page     the document and its style
tables   figures with their intervals
charts   which plots there are, drawn by `plots`
cases    single queries as pictures
"""
