"""Grade many answer sheets: find them, grade each apart from the others, keep what was found.

`submissions` finds the sheets, `planning` says what is asked of them, `sheets` grades one, in a `Grader`: a
process of its own that runs the checks and may be ended. `running` keeps several at work, `keeping` holds
what was found, so that a run can be resumed, and `bundling` packs an autograder.
"""
