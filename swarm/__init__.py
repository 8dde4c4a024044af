"""The engine of Swarmkeeper: pure asyncio, usable headless and as a library."""
