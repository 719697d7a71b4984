"""Serves a plugin as the peers' integrators do: at the URL with a slash at its end, without a length or a tag, no ranges."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATH = "/api/v1/plugin"


class PluginServer:
    def __init__(self, plugin: bytes):
        self.plugin = plugin
        self.has_plugin = True
        handler = type("Handler", (_Handler,), {"served": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{PATH}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    served: PluginServer

    def do_GET(self):
        if self.path == PATH:
            self.send_response(307)
            self.send_header("Location", PATH + "/")
            self.end_headers()
        elif self.path == PATH + "/" and self.served.has_plugin:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.served.plugin)
        else:
            self.send_error(404)

    def do_HEAD(self):
        self.send_error(405)

    def log_message(self, *_):
        """Says nothing: the tests do."""
