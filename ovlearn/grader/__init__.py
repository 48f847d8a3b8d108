"""What a teacher needs: the isolated worker, batches of hand-ins, and the files that classrooms read.

Nothing in `ovlearn.exercises` imports it: a check runs without it, in a notebook and in the page.
"""
