"""SMART App Launch: a launch (one tab) is the session, never the browser."""
