"""`python -m smart_app.cli`, the same as `sickleave`."""

from smart_app.cli import main

main()
