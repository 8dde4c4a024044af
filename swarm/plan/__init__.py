"""Plans: Markdown documents that the swarm carries out by rules, without a model."""
