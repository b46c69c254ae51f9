"""Tables of a case. Every row carries the party and the authority it concerns, so that the database itself keeps
strangers out; the legal states move only along `cases_move` (trigger in migration 0002, moves of CASE-12 and CASE-24).
"""

from django.db import models
from django.db.models import F, Q

from tongban.authorities.models import Authority
from tongban.cases.types import State
from tongban.documents.models import Document
from tongban.identity.models import Account, Party


def state_is_known() -> Q:
    """The state is one of the legal ones."""
    return Q(state__in=[str(state) for state in State])


class Case(models.Model):
    """An application on its way (办件). `answers` is ciphertext; `tokens` the state of the process, not of the law."""

    number = models.CharField(max_length=50, unique=True)
    item_code = models.CharField(max_length=31)
    item_version = models.IntegerField()
    item_name = models.JSONField()
    situation = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=24)
    pace = models.CharField(max_length=8)
    channel = models.CharField(max_length=8)
    applicant = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    applicant_name = models.CharField(max_length=120)
    agent = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    region = models.CharField(max_length=12)
    answers = models.TextField()
    tokens = models.JSONField()
    idempotency_key = models.CharField(max_length=80)
    digest = models.CharField(max_length=64)
    submitted_at = models.DateTimeField()
    received_on = models.DateField()
    intake_due_at = models.DateTimeField()
    correction_due_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    deemed = models.BooleanField(default=False)
    promised_due_at = models.DateTimeField(null=True)
    statutory_due_at = models.DateTimeField(null=True)
    extension_days = models.SmallIntegerField(default=0)
    examined_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=8, blank=True)
    completed_at = models.DateTimeField(null=True)
    licence = models.CharField(max_length=120, blank=True)
    next_due_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_case"
        constraints = [
            models.CheckConstraint(condition=state_is_known(), name="cases_case_state"),
            models.UniqueConstraint(fields=["applicant", "idempotency_key"], name="cases_case_once"),
            models.CheckConstraint(condition=Q(decided_by__isnull=True) | Q(examined_by__isnull=True)
                                   | ~Q(decided_by=F("examined_by")), name="cases_case_two_officers"),
            models.CheckConstraint(condition=Q(outcome__in=["", "GRANTED", "REFUSED"]), name="cases_case_outcome"),
            models.CheckConstraint(condition=Q(decided_at__isnull=True) | ~Q(outcome=""), name="cases_case_decided"),
            models.CheckConstraint(condition=~Q(state="DECIDED") | Q(decided_by__isnull=False), name="cases_case_decider"),
        ]
        indexes = [
            models.Index(fields=["applicant", "-id"], name="cases_case_applicant"),
            models.Index(fields=["authority", "-id"], name="cases_case_authority"),
            models.Index(fields=["next_due_at"], name="cases_case_due", condition=Q(next_due_at__isnull=False)),
        ]


class Concerned(models.Model):
    """What every part of a case carries."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    party = models.BigIntegerField()
    authority = models.BigIntegerField()

    class Meta:
        abstract = True


class Material(Concerned):
    """A material of a case (CASE-08)."""

    code = models.CharField(max_length=60)
    name = models.JSONField()
    way = models.CharField(max_length=8)
    trust = models.CharField(max_length=1)
    document = models.ForeignKey(Document, null=True, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=80, blank=True)
    size = models.BigIntegerField(default=0)
    licence = models.CharField(max_length=120, blank=True)
    source = models.JSONField(null=True)
    due_on = models.DateField(null=True)
    overdue_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_material"
        constraints = [
            models.UniqueConstraint(fields=["case", "code"], condition=Q(replaced_at__isnull=True),
                                    name="cases_material_once"),
            models.CheckConstraint(condition=Q(trust__in=["A", "B", "C", "D"]), name="cases_material_trust"),
        ]
        indexes = [
            models.Index(fields=["due_on"], name="cases_material_promised",
                         condition=Q(way="LATER", replaced_at__isnull=True, overdue_at__isnull=True)),
            models.Index(fields=["party", "overdue_at"], name="cases_material_overdue",
                         condition=Q(overdue_at__isnull=False, replaced_at__isnull=True)),
        ]


class Task(Concerned):
    """A step proposed to a post (CASE-05); open while `done_at` is empty."""

    node = models.CharField(max_length=60)
    name = models.JSONField()
    role = models.CharField(max_length=20)
    verb = models.CharField(max_length=10)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    recommends = models.BooleanField(null=True)
    opinion = models.TextField(blank=True)
    salt = models.CharField(max_length=32, blank=True)
    visited_on = models.DateField(null=True)
    companion = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "cases_task"
        constraints = [
            models.UniqueConstraint(fields=["case", "node"], condition=Q(done_at__isnull=True),
                                    name="cases_task_open_once"),
            models.CheckConstraint(condition=~Q(verb="inspect") | Q(done_by__isnull=True) | Q(
                visited_on__isnull=False, companion__isnull=False), name="cases_task_visit"),
            models.CheckConstraint(condition=Q(companion__isnull=True) | ~Q(companion=F("done_by")),
                                   name="cases_task_two_visitors"),
        ]
        indexes = [models.Index(fields=["authority", "role", "due_at", "id"], name="cases_task_queue",
                                condition=Q(done_at__isnull=True))]


class Correction(Concerned):
    """The notice of a phase that says what is missing (一次性告知); a second one only if a supervisor allowed it."""

    phase = models.CharField(max_length=6, choices=[("BEFORE", "BEFORE"), ("AFTER", "AFTER")])
    notice = models.SmallIntegerField(default=1)
    items = models.JSONField()
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    again_allowed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "cases_correction"
        constraints = [
            models.UniqueConstraint(fields=["case", "phase", "notice"], name="cases_correction_once"),
            models.CheckConstraint(condition=Q(notice__in=[1, 2]), name="cases_correction_twice_at_most"),
        ]


class Decision(Concerned):
    """What was decided or declined, with the reason in words; the event keeps its salted hash."""

    kind = models.CharField(max_length=8, choices=[("DECLINED", "DECLINED"), ("GRANTED", "GRANTED"),
                                                   ("REFUSED", "REFUSED")])
    ground = models.CharField(max_length=20, blank=True)
    right_organ = models.CharField(max_length=120, blank=True)
    reason = models.TextField()
    salt = models.CharField(max_length=32)
    at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "cases_decision"
        constraints = [models.UniqueConstraint(fields=["case"], name="cases_decision_once")]


class Stop(Concerned):
    """A special procedure that stops the clock (TIM-08)."""

    procedure = models.CharField(max_length=40)
    started_at = models.DateTimeField()
    announced_end = models.DateField()
    ended_at = models.DateTimeField(null=True)
    started_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    again_allowed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "cases_stop"
        constraints = [models.UniqueConstraint(fields=["case"], condition=Q(ended_at__isnull=True),
                                               name="cases_stop_one_at_a_time")]


class Word(models.Model):
    """A word under which an authority finds a case; equality only, so that row security keeps its index."""

    authority = models.BigIntegerField()
    word = models.CharField(max_length=60)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "cases_word"
        indexes = [models.Index(fields=["authority", "word", "-case"], name="cases_word_lookup")]


class View(models.Model):
    """A queue an officer saved under a name: which cases, in which order."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=30)
    wanted = models.JSONField()

    class Meta:
        db_table = "cases_view"
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="cases_view_once")]


class Draft(models.Model):
    """An application being written; saves itself and is never lost. `answers` is ciphertext."""

    key = models.CharField(max_length=24, primary_key=True)
    applicant = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    item_code = models.CharField(max_length=31)
    item_version = models.IntegerField()
    situation = models.CharField(max_length=40, blank=True)
    answers = models.TextField(blank=True)
    materials = models.JSONField(default=list)
    revision = models.IntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    submitted_as = models.CharField(max_length=50, blank=True)
    discarded_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_draft"
        indexes = [models.Index(fields=["applicant", "-updated_at"], name="cases_draft_mine",
                                condition=Q(submitted_as="", discarded_at__isnull=True))]
