"""Short ways to call the interface."""

import itertools
from dataclasses import dataclass
from typing import Any

import msgspec
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.journeys import PNG, as_actor, citizen, sample_answers, with_firm
from tongban.catalogue.types import Guide
from tongban.identity.actions import open_session
from tongban.identity.queries import party
from tongban.identity.types import Actor
from tongban.kernel.types import Channel

KEYS = itertools.count(1)


@dataclass
class Answer:
    status: int
    json: Any
    headers: Any
    content: bytes


class Program:
    """A client of the interface; `token` opens what is not public."""

    def __init__(self, token: str = "", language: str = "en") -> None:
        self.token = token
        headers = {"accept-language": language} | ({"authorization": f"Bearer {token}"} if token else {})
        self.client = Client(headers=headers, SERVER_NAME="127.0.0.1")

    def get(self, path: str, **headers: str) -> Answer:
        return _answer(self.client.get(f"/api/v1/{path}", headers=headers))

    def post(self, path: str, body: Any, *, media_type: str = "application/json", **headers: str) -> Answer:
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return _answer(self.client.post(f"/api/v1/{path}", raw, content_type=media_type, headers=headers))

    def send_file(self, **fields: Any) -> Answer:
        return _answer(self.client.post("/api/v1/documents", fields))

    def apply(self, body: Any, key: str = "") -> Answer:
        return self.post("cases", body, idempotency_key=key or new_key())


def new_key() -> str:
    return f"key-{next(KEYS)}"


def picture(name: str = "plan.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PNG, content_type="image/png")


def token_of(actor: Actor, channel: Channel = Channel.API) -> str:
    return open_session(account=actor.account, channel=channel, days=1)


def signed_in(actor: Actor | None = None) -> Program:
    """A program with the token of this person, or of a new one."""
    return Program(token_of(actor or citizen()))


def firm() -> tuple[Actor, str, Program]:
    """A person with a new firm, the firm's code, and a program acting for them."""
    actor = with_firm(citizen())
    with as_actor(actor):
        known = party(actor.entities[0])
    return actor, known.code if known else "", signed_in(actor)


def application(guide: Guide, uscc: str, program: Program, **changes: Any) -> dict[str, Any]:
    """A complete application for a firm, every paper uploaded."""
    situation = guide.situation.options[0].code
    materials = []
    for material in guide.materials_for(situation):
        if material.from_form:
            continue
        kept = program.send_file(file=picture(f"{material.code}.png"), applicant=uscc)
        assert kept.status == 201, kept.json
        materials.append({"code": material.code, "way": "UPLOAD", "document": kept.json["id"]})
    return {"item_code": guide.code, "applicant": uscc, "situation": situation, "answers": sample_answers(guide),
            "materials": materials, **changes}


def _answer(response: Any) -> Answer:
    body = response.content
    return Answer(response.status_code, msgspec.json.decode(body) if body else None, response.headers, body)
