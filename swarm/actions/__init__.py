"""The actions that come with the program, one file each."""
