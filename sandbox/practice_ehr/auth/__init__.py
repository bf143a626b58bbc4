"""The SMART authorization server: it approves everybody, but only in the right way."""
