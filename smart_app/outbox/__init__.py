"""Every write to an EHR goes through here: enqueued in the transaction of its cause, delivered later, once."""
