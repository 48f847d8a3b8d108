"""The isolated worker: a process of its own for each answer sheet. Values come out of it, never verdicts.

`zygote` starts workers (`fresh` where a system cannot fork), `inside` is what a worker runs, `cells` runs a
sheet. `confinement`, `landlock` and `seccomp` are what it may not do. `starting` starts processes, `channel`
carries messages, and `remote` is how a grader sees a worker: as answers that can be looked at and called.
"""
