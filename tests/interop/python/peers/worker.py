"""A stand-in for a worker of Kafka Connect, behind the charms that provide one in Python: REST with accounts, and TLS.

It answers the requests that connector charms make as Kafka Connect 4.3.1 does. Real workers are behind the compiled
provider, in the cases that have Kafka.
"""

import base64
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Worker:
    def __init__(self, address: str, authority=None):
        self.accounts: dict[str, str] = {}
        self.connectors: dict[str, dict[str, str]] = {}
        self.refused = 0  # requests whose account was not right
        self._servers = {"http": self._serve(address, 8083)}
        if authority:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*authority.files)
            self._servers["https"] = self._serve(address, 8443, context)
        self._address = address

    def endpoint(self, scheme: str) -> str:
        return f"{scheme}://{self._address}:{self._servers[scheme].server_port}"

    def close(self):
        for server in self._servers.values():
            server.shutdown()
            server.server_close()

    def _serve(self, address: str, port: int, context: ssl.SSLContext | None = None) -> ThreadingHTTPServer:
        handler = type("Handler", (_Handler,), {"worker": self})
        server = ThreadingHTTPServer((address, port), handler)
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    worker: Worker

    def _serve(self):
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size) or b"null")
        if not self._knows():
            self.worker.refused += 1
            return self._answer(401, {"error_code": 401, "message": "User cannot access the resource."})
        path, _, query = self.path.partition("?")
        parts = path.strip("/").split("/")
        if parts == [""]:
            return self._answer(200, {"version": "4.3.1", "commit": "0", "kafka_cluster_id": "interop"})
        if parts == ["connector-plugins"]:
            return self._answer(200, [])
        if parts[0] != "connectors":
            return self._answer(404, {"error_code": 404, "message": "HTTP 404 Not Found"})
        if len(parts) == 1:
            return self._on_all(body, "expand" in query)
        return self._on_one(parts[1], "/".join(parts[2:]), body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _knows(self) -> bool:
        scheme, _, encoded = (self.headers.get("Authorization") or "").partition(" ")
        if scheme != "Basic":
            return False
        username, _, password = base64.b64decode(encoded).decode().partition(":")
        return bool(password) and self.worker.accounts.get(username) == password

    def _on_all(self, body, expand: bool):
        known = self.worker.connectors
        if self.command == "POST":
            return self._write(body["name"], body["config"], 409 if body["name"] in known else 201)
        if not expand:
            return self._answer(200, list(known))
        return self._answer(200, {name: {"info": self._info(name), "status": self._status(name)} for name in known})

    def _on_one(self, name: str, part: str, body):
        known = self.worker.connectors
        if self.command == "PUT" and part == "config":
            return self._write(name, body, 200 if name in known else 201)
        if name not in known:
            return self._answer(404, {"error_code": 404, "message": f"Connector {name} not found"})
        if self.command == "DELETE":
            del known[name]
            return self._answer(204)
        if self.command == "PATCH":
            return self._write(name, known[name] | body, 200)
        if self.command != "GET":
            return self._answer(202)
        answers = {"": self._info, "status": self._status, "config": known.get, "tasks": self._tasks}
        return self._answer(200, answers[part](name))

    def _write(self, name: str, config: dict, code: int):
        if code == 409:
            return self._answer(409, {"error_code": 409, "message": f"Connector {name} already exists"})
        self.worker.connectors[name] = config | {"name": name}
        return self._answer(code, self._info(name))

    def _info(self, name: str) -> dict:
        return {"name": name, "config": self.worker.connectors[name], "tasks": [{"connector": name, "task": 0}], "type": "source"}

    def _tasks(self, name: str) -> list:
        return [{"id": {"connector": name, "task": 0}, "config": {}}]

    def _status(self, name: str) -> dict:
        runs = {"state": "RUNNING", "worker_id": "w:8083"}
        return {"name": name, "connector": runs, "tasks": [{"id": 0, **runs}], "type": "source"}

    def _answer(self, code: int, document=None):
        text = b"" if document is None else json.dumps(document).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        """Says nothing: the tests do."""
