"""Another node for tests: its keys, its envelopes, and a hub that answers over a real socket."""

import secrets
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

import msgspec
from django.conf import settings
from django.db import connections
from django.test import Client, override_settings
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.relying import administrators
from tongban.federation import actions, rules
from tongban.federation.clients import INCIDENTS
from tongban.federation.types import PeerTold
from tongban.identity.types import Duty
from tongban.kernel import clock, database, vault
from tongban.kernel.types import Text

ADDRESS = "10.20.30.40"
REPORT = {"schema": 1, "incident": "north-1", "version": 1, "kind": "ATTACK", "severity": "MAJOR", "rehearsal": None,
          "what": "有人试图批量读取办件", "measures": "已封禁来源地址", "people": 12,
          "known_at": "2026-03-02T09:50:00+08:00", "closed_at": None}


@dataclass(kw_only=True)
class Elsewhere:
    """A node elsewhere that signs whatever a test wants."""

    site: str = field(default_factory=lambda: f"https://n{secrets.token_hex(4)}.example.gov.cn")
    code: str = field(default_factory=lambda: f"{secrets.randbelow(900_000) + 100_000}")
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one"}))

    def told(self, **changes):
        return PeerTold(**{"code": self.code, "site": self.site, "name": Text(zh="北方省", en="Northern province"),
                           "networks": (f"{ADDRESS}/32",), "keys": {"keys": [self.key.as_dict(private=False)]},
                           "basis": "网络安全法第五十一条", **changes})

    def claims(self, body, **bent):
        made = rules.envelope(sender=self.site, receiver=settings.SITE_URL, method="POST", path=INCIDENTS, body=body,
                              now=int(clock.now().timestamp()), seconds=120, name=secrets.token_urlsafe(16))
        return {name: value for name, value in (made | bent).items() if value != "gone"}

    def envelope(self, body, *, key=None, header=None, **bent):
        return jwt.encode({"alg": "ES256", "typ": "node+jwt", "kid": "one", **(header or {})}, self.claims(body, **bent), key or self.key)

    def post(self, token, body, *, address=ADDRESS):
        return Client(REMOTE_ADDR=address).post(INCIDENTS, body, content_type="application/json",
                                                headers={"Authorization": f"Node {token}"})

    def report(self, *, address=ADDRESS, **changes):
        body = msgspec.json.encode(REPORT | changes)
        return self.post(self.envelope(body), body, address=address)


def let_in(node, **changes):
    """Two administrators let a node in; returns its key."""
    three = administrators()
    with database.serving("worker"):
        key = actions.propose_peer(three[Duty.SYSTEM], told=node.told(**changes))
        actions.confirm_peer(three[Duty.SECURITY], key=key)
    return key


class Hub(HTTPServer):
    """The superior node: this very house, under another address and with us as a node it knows; silent while a test wants it."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Line)
        self.site, self.silent, self.bodies = f"http://127.0.0.1:{self.server_port}", False, []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def told(self):
        return PeerTold(code="100000", site=self.site, name=Text(zh="总枢纽", en="The hub"), networks=("127.0.0.1/32",),
                        keys=vault.token_keys(), basis="国务院令第716号", superior=True, private=True)


class Line(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)
        if self.server.silent:
            return self.say(503, b"{}")
        try:
            with override_settings(SITE_URL=self.server.site):
                answer = Client(REMOTE_ADDR="127.0.0.1").post(self.path, body, content_type="application/json",
                                                              headers={"Authorization": self.headers["Authorization"]})
        finally:
            for connection in connections.all():
                connection.close()
        return self.say(answer.status_code, answer.content)

    def say(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_told):
        """Says nothing."""
