"""The four tasks of CommunityBench, one module a task."""
