"""A seeded synthetic office: every raw input with its faults, and the truth behind it."""
