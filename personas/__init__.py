"""Who: what the members of a place said and endorsed, what its communities are, who their personas are."""
