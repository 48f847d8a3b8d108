"""Training of the models that the course ships: `make train`. Needs the `train` dependency group."""
