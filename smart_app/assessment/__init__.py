"""The line from a chart to what is written: look (steps 2-6), save (steps 7-8), and the same for a whole unit."""
