"""A run as one file for others: a page, a picture, a plan. Pure: frames and states in, text out."""
