"""Each page for contributors, walked in a scratch copy: what it says is written, and its command run."""
