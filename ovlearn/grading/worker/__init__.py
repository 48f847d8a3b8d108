"""The isolated worker: a process of its own for each answer sheet. Values come out of it, never verdicts.

`zygote` starts workers (`fresh` where a system cannot fork), `inside` is what a worker runs, `cells` runs a
sheet, `confinement` and `landlock` are what it may not do, `channel` carries messages, and `remote` is how a
grader sees it: as answers that can be looked at and called.
"""
