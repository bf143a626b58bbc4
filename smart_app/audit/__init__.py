"""Who saw and did what: an append-only log in which every row vouches for the one before."""
