"""Server-rendered pages: no rule in a template; forms and links work without JavaScript."""
