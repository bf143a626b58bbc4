"""The pages of the practice EHR: patients, the chart that holds the app, and what was written."""
