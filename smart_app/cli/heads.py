"""The web server with an end to what a request may hold beside its body: its own has none, for address and headers."""

from __future__ import annotations

from typing import Any

from smart_app.cli.one_write import OneWrite

HEAD_LIMIT_BYTES = 65_536
"""Address, headers, trailers and the marks between the parts of a body; the read in which it ends may be longer."""
_REFUSAL = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain; charset=utf-8\r\ncontent-length: 29\r\nconnection: close\r\n\r\n"
    b"The request head is too long."
)


class HeadsWithAnEnd(OneWrite):
    """A request with more than `HEAD_LIMIT_BYTES` beside its body gets 431, and its connection ends."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._beside = 0
        self._in_body = 0
        self._whole = False

    def data_received(self, data: bytes) -> None:
        self._in_body, self._whole = 0, False
        super().data_received(data)
        self._beside = 0 if self._whole else self._beside + len(data) - self._in_body
        if self._beside > HEAD_LIMIT_BYTES and not self.transport.is_closing():
            self.logger.warning("The head of a request is too long.")
            if self.cycle is None or self.cycle.response_complete:
                self.transport.write(_REFUSAL)
            self.transport.close()

    def on_body(self, body: bytes) -> None:
        self._in_body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._whole = True
        super().on_message_complete()
