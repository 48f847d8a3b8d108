"""The site built by MkDocs and by Zensical, compared: `make test-zensical`, without Material."""
