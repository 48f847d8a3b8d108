"""Python in the page: what makes its parts (`parts`), what runs there (`python`), and the scripts (`js`)."""
