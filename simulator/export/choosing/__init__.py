"""Which pairs and labels are kept, counted on disk, and what chosen candidates have in common besides."""
