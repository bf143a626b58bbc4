"""What the database holds and how it is opened; every table row carries issuer, care provider and care unit."""
