"""What each version of the formats wrote; never changed once a version was released."""
