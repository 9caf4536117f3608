"""What runs inside the sandbox. `handin` is imported outside as well, to write expected values in the same form."""
