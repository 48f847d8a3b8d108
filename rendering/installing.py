"""What a learner installs, as pages and notebooks say it: from the repository until there is a release."""

REQUIREMENT = "ovlearn[course] @ git+https://github.com/ovlearn/ovlearn"
