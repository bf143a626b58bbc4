"""Which case ids were ever given, which certificates each holds, and where an ended id leads."""
