"""Things that can be seen: they draw plain values of the engine and post messages."""
