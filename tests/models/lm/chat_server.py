"""A chat endpoint as a process of its own: the path says how well it behaves. Prints its port."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SAYS = ("Hello ", "there. ", "It's 3", " o'clock! ", "**Bye**")
stopped = threading.Event()


class Chat(BaseHTTPRequestHandler):
    """Answers POST /MODE/chat/completions, and GET /state with what became of the last endless reply."""

    def do_GET(self) -> None:
        self._head(200, "application/json")
        self.wfile.write(json.dumps({"stopped": stopped.is_set()}).encode())

    def do_POST(self) -> None:
        wish = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        getattr(self, self.path.split("/")[1])(wish)

    def good(self, wish: dict[str, Any]) -> None:
        self._head(200)
        self.wfile.write(b": a comment\n\n")
        self._event({"choices": [{"delta": {"role": "assistant"}}]})
        for text in SAYS:
            self._event({"choices": [{"delta": {"content": text}}]})
        self._event({"choices": [], "usage": {"total_tokens": 9}})
        self.wfile.write(b"data: [DONE]\n\n")

    def echo(self, wish: dict[str, Any]) -> None:
        said = "; ".join(f"{m['role']} {m['content']}" for m in wish["messages"][1:])
        self._head(200)
        self._event({"choices": [{"delta": {"content": said}, "finish_reason": "stop"}]})

    def refuses(self, wish: dict[str, Any]) -> None:
        self._head(401, "application/json")
        self.wfile.write(b'{"error": {"message": "no such key"}}')

    def page(self, wish: dict[str, Any]) -> None:
        self._head(200, "text/html")
        self.wfile.write(b"<html>welcome</html>\n")

    def hangs(self, wish: dict[str, Any]) -> None:
        time.sleep(30)

    def stalls(self, wish: dict[str, Any]) -> None:
        self._head(200)
        self._event({"choices": [{"delta": {"content": "One moment. "}}]})
        time.sleep(30)

    def half(self, wish: dict[str, Any]) -> None:
        self._head(200)
        self._event({"choices": [{"delta": {"content": "So I was. Going to"}}]})

    def torn(self, wish: dict[str, Any]) -> None:
        self._head(200)
        self.wfile.write(b'data: {"choices": [{"delta": {"conte')

    def rubbish(self, wish: dict[str, Any]) -> None:
        self._head(200)
        self.wfile.write(bytes(range(256)) * 4)

    def odd(self, wish: dict[str, Any]) -> None:
        self._head(200)
        self._event({"choices": [{"delta": {"content": 7}}]})

    def fails(self, wish: dict[str, Any]) -> None:
        self._head(200)
        self._event({"error": "out of memory"})

    def mute(self, wish: dict[str, Any]) -> None:
        self._head(200)
        self._event({"choices": [{"delta": {"content": " 😀 "}}]})
        self.wfile.write(b"data: [DONE]\n\n")

    def endless(self, wish: dict[str, Any]) -> None:
        self._head(200)
        try:
            while True:
                self._event({"choices": [{"delta": {"content": "On and on. "}}]})
                time.sleep(0.01)
        except OSError:
            stopped.set()

    def _head(self, code: int, kind: str = "text/event-stream") -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.end_headers()

    def _event(self, content: dict[str, Any]) -> None:
        self.wfile.write(f"data: {json.dumps(content)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Chat)
    server.daemon_threads = True
    print(server.server_port, flush=True)
    server.serve_forever()
