"""What people read of a run: feedback for each learner, statistics and a list to look at for the teacher."""
