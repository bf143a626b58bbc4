"""Reading and writing at the EHR: the only module group that sends its tokens."""
