import sys

from greet import __version__, greet

print(greet(sys.argv[1] if len(sys.argv) > 1 else "you"), f"(greet {__version__})")
