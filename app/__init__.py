"""The program: command line, screens, keys, settings. Imports everything; nothing imports it."""
