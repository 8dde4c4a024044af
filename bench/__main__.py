"""`python -m bench`: everything that is measured, one table after another."""

from bench import nodes

if __name__ == "__main__":
    nodes.main()
