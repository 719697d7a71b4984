"""What the Python requirers do on the REST interface, at the first endpoint, with the credentials that they were given."""

import base64
import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass


@dataclass
class Rest:
    endpoints: str
    username: str
    password: str
    ca: str = ""

    def create(self, name: str, config: dict[str, str]):
        self._ask("PUT", f"/connectors/{name}/config", config)

    def connectors(self) -> list[str]:
        return self._ask("GET", "/connectors")

    def is_let_in(self) -> bool:
        try:
            self.connectors()
        except urllib.error.HTTPError as refusal:
            if refusal.code == 401:
                return False
            raise
        return True

    def _ask(self, method: str, path: str, body: dict | None = None):
        url = self.endpoints.split(",")[0] + path
        account = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        request = urllib.request.Request(
            url,
            method=method,
            data=body and json.dumps(body).encode(),
            headers={"Authorization": f"Basic {account}", "Content-Type": "application/json"},
        )
        context = ssl.create_default_context(cadata=self.ca) if url.startswith("https") else None
        with urllib.request.urlopen(request, timeout=60, context=context) as answer:
            return json.load(answer)
