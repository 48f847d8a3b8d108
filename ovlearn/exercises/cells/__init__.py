"""Cells as a notebook runs them: the forms that only a notebook knows, and the names that cells share.

The worker and the page run cells by these modules, so they need nothing but the standard library. Where
IPython is installed, its own input transformer is used; in the page there is none, and `escapes` does the
same for the forms that are common.
"""
