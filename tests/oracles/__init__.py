"""Other libraries' answers to the same questions: `make oracles`, with torch in an environment of its own."""
