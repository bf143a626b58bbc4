"""What the authorization server answers when it refuses."""

from __future__ import annotations


class OAuthFault(Exception):
    """An OAuth error: `error` is the registered code, `text` tells a developer what was wrong."""

    def __init__(self, error: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.error = error
        self.text = text
        self.status = status


class NoRedirect(Exception):
    """The client or its redirect address is not trusted, so the error must stay on our own page."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
