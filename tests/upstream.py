"""Another node for tests: one whose identities sign in here, and what a browser does on its way there and back."""

import base64
import hashlib
import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.test import Client
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.conftest import MONDAY
from tests.portal.test_signed_in_pages import browser
from tests.relying import ASSESSED, heading
from tongban.identity import queries
from tongban.identity.actions.telling import LOGOUT_EVENT
from tongban.identity.types import SourceTold
from tongban.kernel import events
from tongban.kernel.types import Text

SECRET = "a secret of ours: with % and +"


class Node(HTTPServer):
    """Another node: signs with its own key, gives each code out once, and bends what a test wants bent."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server_port}"
        self.key = ECKey.generate_key("P-256", {"kid": "one", "use": "sig", "alg": "ES256"})
        self.codes, self.asked, self.bent, self.header, self.told = {}, [], {}, {}, {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def sign_in(self, question, subject="somebody"):
        """What the node's sign-in page sends a browser back with."""
        code = secrets.token_urlsafe(8)
        self.codes[code] = (question, subject)
        return {"code": code, "state": question["state"]}

    def token(self, question, subject):
        now = int(MONDAY.timestamp())
        claims = {"iss": self.issuer, "aud": question["client_id"], "sub": subject, "nonce": question["nonce"], "iat": now,
                  "exp": now + 300, "auth_time": now, "acr": "urn:tongban:acr:L3S2", "sid": f"sid of {question['state']}", **self.bent}
        return self.signed(claims)

    def logout_token(self, **bent):
        """What the node says when somebody has signed out there."""
        now = int(MONDAY.timestamp())
        return self.signed({"iss": self.issuer, "aud": "tongban:gaoling", "iat": now, "exp": now + 120, "sub": "somebody",
                            "jti": secrets.token_urlsafe(8), "events": {LOGOUT_EVENT: {}}, **bent}, typ="logout+jwt")

    def signed(self, claims, **header):
        key = self.header.pop("key", self.key)
        return jwt.encode({"alg": "ES256", "kid": "one", **header, **self.header},
                          {name: value for name, value in claims.items() if value != "gone"}, key, algorithms=["ES256", "HS256", "RS256"])


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        node = self.server
        self.say({"/.well-known/openid-configuration": {
            "issuer": node.issuer, "authorization_endpoint": f"{node.issuer}/go", "token_endpoint": f"{node.issuer}/token",
            "jwks_uri": f"{node.issuer}/keys", **node.told}, "/keys": {"keys": [node.key.as_dict(private=False)]}}.get(self.path))

    def do_POST(self):
        node, given = self.server, dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        question, subject = node.codes.pop(given.get("code"), (None, None))
        node.asked.append((self.headers["Authorization"], given))
        made = base64.urlsafe_b64encode(hashlib.sha256(given.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        good = question and made == question["code_challenge"] and given["redirect_uri"] == question["redirect_uri"]
        self.say({"access_token": "x", "token_type": "Bearer", "id_token": node.token(question, subject)} if good else None)

    def say(self, told):
        body = json.dumps(told or {"error": "invalid_grant"}).encode()
        self.send_response(200 if told else 400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *told):
        pass


def told_of(node, **changes):
    return SourceTold(**{"name": Text(zh="示例省政务网", en="Sample province"), "issuer": node.issuer, "client_id": "tongban:gaoling",
                         "secret": SECRET, "basis": "示例省政务数据共享办法", "assessment": ASSESSED, "private": True, **changes})


def ask(client, key, onward=""):
    """Where the browser is sent, as the node reads it."""
    answer = client.get(f"/sign-in/with/{key}/" + (f"?next={onward}" if onward else ""))
    assert answer.status_code == 303, heading(answer)
    return dict(parse_qsl(urlsplit(answer["Location"]).query))


def come_back(client, key, node, subject="somebody", onward="", **changes):
    back = {**node.sign_in(ask(client, key, onward), subject), **changes}
    return client.get(f"/sign-in/from/{key}/", {name: value for name, value in back.items() if value is not None})


def joined(person, key, node, subject="somebody"):
    """A person lets an identity open their account."""
    client = browser(person)
    assert come_back(client, key, node, subject)["Location"] == "/me/links/"
    assert "示例省政务网" in client.get("/me/links/").content.decode()
    assert client.post("/me/links/", {"allow": "1"})["Location"] == "/me/links/?done=joined"
    return client


def session(client):
    kept = client.cookies.get(settings.SESSION_COOKIE_NAME)
    return queries.actor_by_session(kept.value) if kept else None


def names_of(subject):
    return [each.name for each in events.of_subject(subject)]


def say_ended(key, token):
    return Client().post(f"/sign-in/from/{key}/ended/", urlencode({"logout_token": token}),
                         content_type="application/x-www-form-urlencoded")


def arrived(key, node, subject="somebody"):
    """A browser that came in with the identity of the node, and the session there."""
    fresh = Client()
    back = node.sign_in(ask(fresh, key), subject)
    assert fresh.get(f"/sign-in/from/{key}/", back).status_code == 303
    return fresh, f"sid of {back['state']}"
