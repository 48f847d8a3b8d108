"""Learners in the place of files: whose each hand-in is, what each earned, what a teacher says of it.

`whose` reads it off the place of a hand-in, `roster` knows who is in the class, `records` joins the sheets of
a learner, `overrides` holds a teacher's own points and comments, and `history` what the run before had found.
"""
