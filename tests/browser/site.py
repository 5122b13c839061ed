"""A little web server for the pages around the frame: somebody's product, a stranger's page, a collector."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """Pages by path, the same under every host name; ``requests`` holds (host, path, headers) of all that came."""

    port: int = 0
    pages: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def address(self, path: str = "/", host: str = "app.a.test") -> str:
        return f"http://{host}:{self.port}{path}"

    def seen(self, path: str) -> dict[str, str]:
        """Return the headers of the newest request for ``path``, by lower-case name."""
        return next(headers for _, asked, headers in reversed(self.requests) if asked == path)


@contextmanager
def running_site() -> Iterator[Site]:
    """Serve a Site on a free port until the end."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            headers = {name.lower(): value for name, value in self.headers.items()}
            site.requests.append((headers.get("host", ""), path, headers))
            body = site.pages.get(path)
            self.send_response(200 if body is not None else 404)
            kind = "text/javascript" if path.endswith(".js") else "text/html"
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.end_headers()
            self.wfile.write((body or "").encode())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing; pytest's output is for tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
