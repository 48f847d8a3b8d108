"""Mutants: break a floor in one small place, again and again; each time a test must notice.

    python -m tests.mutants numeric symbolic --sample 600 --seed 0

Algebra is broken in every place: a factor dropped or two swapped, a transpose or a root removed. Of mutmut's
mutations, which are of the usual kind (another operator, constant, argument, branch), a seeded sample is run.
Left out: strings, whatever a `raise` says, annotations, decorators, `strict=` of a zip.

Only mutmut's mutations are used. Its runner passes over whatever has a decorator (every property) and code
outside functions, does not know `@`, and its workers inherit caches that unbroken code has filled. Here each
mutant is a file in a copy of the tree, imported by a new process, which runs the tests that reach the broken
lines, the fastest first. What survives those is tried on all tests of its floor.
"""
