"""The spaces: trees of folders and leaves that a router walks."""
