"""Law of seals: moves of their life, when one may stamp, how a stamp is verified, and how a seal is drawn."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import cos, pi, sin
from xml.sax.saxutils import escape

from tongban.kernel.errors import Problem
from tongban.seals.errors import SealMoveNotAllowed, SealNameNotDrawable, SealNotUsable
from tongban.seals.types import (
    Certificate,
    Outcome,
    Seal,
    SealKind,
    SealState,
    StampEvidence,
    StampRecord,
    VerificationStep,
)

MOVES: Mapping[SealState, frozenset[SealState]] = {
    SealState.APPLIED: frozenset({SealState.APPROVED}),
    SealState.APPROVED: frozenset({SealState.MADE}),
    SealState.MADE: frozenset({SealState.ACTIVE}),
    SealState.ACTIVE: frozenset({SealState.FROZEN, SealState.CANCELLED, SealState.LOST}),
    SealState.FROZEN: frozenset({SealState.ACTIVE, SealState.CANCELLED, SealState.LOST}),
    SealState.CANCELLED: frozenset(),
    SealState.LOST: frozenset(),
}
"""A lost seal is reported from use or from freezing; nothing leads back from cancelled or lost."""

RED = "#c8281e"
_RADIUS = 100.0
_ARC_RADIUS = 67.0


def may_move(state: SealState, target: SealState) -> bool:
    """Whether a seal may go from one state to the other."""
    return target in MOVES[state]


def next_state(state: SealState, target: SealState) -> SealState:
    """The target, or `SealMoveNotAllowed`."""
    if not may_move(state, target):
        raise SealMoveNotAllowed(state=str(state), target=str(target))
    return target


def check_activation(kind: SealKind, activated_by: frozenset[str]) -> tuple[Problem, ...]:
    """Why a seal may not be activated: a unit seal needs two different people (SEAL-08), any other one."""
    needed = 2 if kind is SealKind.UNIT else 1
    if len(activated_by) >= needed:
        return ()
    return (
        Problem(
            code="activation_needs_more_people",
            message="Activating this seal takes {needed} different people.",
            facts={"needed": needed},
        ),
    )


def key_for(seal: Seal, key_ids: Sequence[str], at: datetime) -> str:
    """Which of the node's keys stamps: the last of those the seal lists and that are valid, else the last of all."""
    listed = [key for key in key_ids if (found := _certificate(seal, key)) is not None and _is_valid(found, at)]
    return (listed or key_ids)[-1]


def check_stamping(seal: Seal, key_id: str, at: datetime) -> tuple[Problem, ...]:
    """Why this seal may not stamp with this key at this time (SEAL-03); empty when it may."""
    problems = []
    if seal.state is not SealState.ACTIVE:
        problems.append(Problem(code="seal_not_active", message="The seal is not active."))
    if not seal.valid_from <= at < seal.valid_to:
        problems.append(
            Problem(code="seal_out_of_period", message="The seal's period of validity does not cover today.")
        )
    certificate = _certificate(seal, key_id)
    if certificate is None:
        problems.append(Problem(code="certificate_not_listed", message="The key is not among the seal's certificates."))
    elif not _is_valid(certificate, at):
        problems.append(Problem(code="certificate_not_valid", message="The seal's certificate is not valid today."))
    return tuple(problems)


def stamp(
    seal: Seal,
    *,
    signer: str,
    at: datetime,
    document_hash: str,
    algorithm: str,
    key_id: str,
    case_number: str,
    page: int = 1,
    position: str = "issuer",
) -> StampRecord:
    """The record of stamping a document for a case, or `SealNotUsable`. No stamping without a case (SEAL-08)."""
    problems = check_stamping(seal, key_id, at)
    if not case_number or not document_hash:
        problems += (Problem(code="stamping_without_case", message="A stamping names its case and its document."),)
    if problems:
        raise SealNotUsable(problems=problems)
    return StampRecord(
        version=1,
        seal_id=seal.id,
        seal_version=seal.version,
        signer=signer,
        stamped_at=at,
        document_hash=document_hash,
        algorithm=algorithm,
        key_id=key_id,
        case_number=case_number,
        page=page,
        position=position,
    )


def verify_stamp(record: StampRecord, seal: Seal, evidence: StampEvidence) -> dict[VerificationStep, Outcome]:
    """One outcome a step in the order of SEAL-06; after the first failure the rest is not reached.

    Judged as of the time of stamping: a seal cancelled later does not undo what it sealed before.
    """
    at = record.stamped_at
    certificate = _certificate(seal, record.key_id)
    checks = {
        VerificationStep.FORMAT: evidence.well_formed and record.version == 1,
        VerificationStep.SIGNATURE_VALUE: evidence.signature_holds,
        VerificationStep.SIGNER_CERTIFICATE: certificate is None or _is_valid(certificate, at),
        VerificationStep.SEAL: (seal.id, seal.version) == (record.seal_id, record.seal_version)
        and seal.valid_from <= at < seal.valid_to,
        VerificationStep.CERTIFICATE_LISTED: certificate is not None,
        VerificationStep.DOCUMENT_HASH: evidence.document_hash == record.document_hash,
    }
    outcomes: dict[VerificationStep, Outcome] = {}
    failed = False
    for step, holds in checks.items():
        outcomes[step] = Outcome.NOT_REACHED if failed else Outcome.HOLDS if holds else Outcome.FAILS
        failed = failed or not holds
    return outcomes


def seal_picture(name: str, *, purpose: str = "", mark: str = "样章 SAMPLE") -> str:
    """A round red seal as SVG: ring, star, the authority's name on the arc, its purpose below, and the word sample.

    Each character is placed by itself, so that browsers and PDF writers agree. Text, not outlines: the font is the
    reader's, `Noto Serif SC` where there is one.
    """
    if not 2 <= len(name) <= 30:
        raise SealNameNotDrawable(length=len(name))
    size, step = _arc_measure(len(name))
    first = -step * (len(name) - 1) / 2
    glyphs = "".join(_on_arc(character, first + i * step, size) for i, character in enumerate(name))
    below = _line(purpose, y=70, size=15) if purpose else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-106 -106 212 212" role="img">'
        f"<title>{escape(name)} {escape(mark)}</title>"
        f'<circle r="{_RADIUS:g}" fill="none" stroke="{RED}" stroke-width="4.5"/>'
        f'<g fill="{RED}" font-family="Noto Serif SC, Songti SC, SimSun, serif" text-anchor="middle">'
        f'<path d="{_star(29)}"/>{glyphs}{_line(mark, y=47, size=12)}{below}</g></svg>'
    )


def _arc_measure(length: int) -> tuple[float, float]:
    """Size of a character and degrees from one to the next, so that the arc never exceeds 260 degrees."""
    step = min(38.0, 236.0 / max(1, length - 1))
    room = _ARC_RADIUS * step * pi / 180
    return min(26.0, max(9.0, room * 0.92)), step


def _on_arc(character: str, degrees: float, size: float) -> str:
    # SVG turns clockwise, zero is the top of the ring; the baseline lies on the arc.
    return (
        f'<text font-size="{size:.1f}" transform="rotate({degrees:.2f}) translate(0 {-_ARC_RADIUS:g})">'
        f"{escape(character)}</text>"
    )


def _line(text: str, *, y: float, size: float) -> str:
    return f'<text y="{y:g}" font-size="{size:g}">{escape(text)}</text>'


def _star(radius: float) -> str:
    points = []
    for i in range(10):
        r = radius if i % 2 == 0 else radius * 0.381966
        points.append(f"{r * sin(i * pi / 5):.2f} {-r * cos(i * pi / 5):.2f}")
    return "M" + "L".join(points) + "Z"


def _certificate(seal: Seal, key_id: str) -> Certificate | None:
    return next((certificate for certificate in seal.certificates if certificate.key_id == key_id), None)


def _is_valid(certificate: Certificate, at: datetime) -> bool:
    revoked = certificate.revoked_at is not None and certificate.revoked_at <= at
    return certificate.valid_from <= at < certificate.valid_to and not revoked
