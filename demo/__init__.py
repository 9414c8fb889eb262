"""Demo partners with known duplicates, and the demo that searches them."""
