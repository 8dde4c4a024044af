"""How it looks: `.tcss` files, nothing else."""
