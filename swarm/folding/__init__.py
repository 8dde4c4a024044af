"""How each kind of frame changes the state."""
