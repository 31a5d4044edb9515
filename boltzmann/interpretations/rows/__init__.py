"""The rows of the table: one file per model, found by the list in `boltzmann.interpretations`."""
