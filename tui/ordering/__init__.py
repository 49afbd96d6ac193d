"""What the engine is told to do, checked beforehand, and the process that does it."""
