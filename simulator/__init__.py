"""What happens: the graph, generation, judgement, discussion, aggregation and the run."""
