"""Duplicates in a folder of pictures, without the service.

files         which files are pictures, and what is read of one
cache         where a folder's results are kept, and how they get there whole
index         what is known of every picture of a folder
reading       how that comes about: each file's content is described once
engine        search, scan and training on such an index; everything that needs torch
folder        `Folder`, which people use
results       what they get from it
sheet         results as one HTML file
command_line  `python -m iiif_dedup`
"""
