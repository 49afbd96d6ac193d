"""A question put to communities, and a persona asked why."""
