"""The promised speeds, as ratios measured in one run against a named peer: `make bench`."""
