"""Models: whatever answers a structured request, be it an endpoint, a plan, a person or a recording."""
