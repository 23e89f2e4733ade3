"""Examples: made-up patients and the demo."""
