"""From a partner's image URL to what a search compares.

image_services  what an Image API server says of itself in info.json
image_urls      which Image API requests to make for a size, best first
picture_files   the file of a picture: what to try when a request is refused
decode          bytes to sRGB pixels, after checks that come before decoding
tiles           pixels to the 32×32 tile of the Clone Encoder
fingerprints    the 64-bit perceptual hash of a tile, and whether it shows anything
images          all of this for one picture, or for many at once in order
"""
