"""SMART App Launch 2.2, from the EHR's launch to a LaunchContext; a session is a launch (a tab), never the browser."""
