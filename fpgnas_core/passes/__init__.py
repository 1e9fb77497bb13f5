"""The two passes of a frame: where objects are, and their poses from a crop of each."""
