"""Tables of supervision: when to look at a case again, signals, their history, orders, lists that leave as files."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from tongban.authorities.models import Authority
from tongban.identity.models import Account
from tongban.supervision.types import ExportState, Family, Kind, Rule, SignalState


class Watch(models.Model):
    """When the clock of a case next deserves a look; empty when nothing more can come by itself."""

    case_number = models.CharField(max_length=50, primary_key=True)
    next_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "supervision_watch"
        verbose_name_plural = "watches"
        indexes = [models.Index(fields=["next_at"], name="supervision_watch_due",
                                condition=Q(next_at__isnull=False))]


class Signal(models.Model):
    """A signal (SUP-02): once for a case, rule and occasion."""

    number = models.CharField(max_length=20, unique=True)
    case_number = models.CharField(max_length=50)
    item_code = models.CharField(max_length=31)
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=20)
    occasion = models.CharField(max_length=40, blank=True)
    kind = models.SmallIntegerField()
    family = models.CharField(max_length=7)
    state = models.CharField(max_length=9)
    raised_at = models.DateTimeField()
    raised_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    description = models.TextField(blank=True)
    notified_at = models.DateTimeField(null=True)
    explain_due_on = models.DateField(null=True)
    explanation = models.TextField(blank=True)
    explanation_salt = models.CharField(max_length=32, blank=True)
    explained_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    explained_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    reason_salt = models.CharField(max_length=32, blank=True)
    correction = models.TextField(blank=True)
    correction_salt = models.CharField(max_length=32, blank=True)
    ending = models.CharField(max_length=10, blank=True)
    closed_at = models.DateTimeField(null=True)
    moved_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "supervision_signal"
        constraints = [
            models.UniqueConstraint(fields=["case_number", "rule", "kind", "occasion"], name="supervision_signal_once"),
            models.CheckConstraint(condition=Q(state__in=[str(state) for state in SignalState]),
                                   name="supervision_signal_state"),
            models.CheckConstraint(condition=Q(rule__in=[str(rule) for rule in Rule]), name="supervision_signal_rule"),
            models.CheckConstraint(condition=Q(kind__in=[int(kind) for kind in Kind]), name="supervision_signal_kind"),
            models.CheckConstraint(condition=Q(family__in=[str(family) for family in Family]),
                                   name="supervision_signal_family"),
            models.CheckConstraint(condition=~Q(state="CANCELLED") | ~Q(reason=""), name="supervision_signal_reason"),
        ]
        indexes = [models.Index(fields=["authority", "-id"], name="supervision_signal_list"),
                   models.Index(fields=["authority"], name="supervision_signal_awaited",
                                condition=Q(state__in=["NOTIFIED", "CONFIRMED"], kind__gte=3))]


class SignalStep(models.Model):
    """The history of a signal; written by the database itself with every move."""

    signal = models.ForeignKey(Signal, on_delete=models.PROTECT, related_name="+")
    authority = models.BigIntegerField()
    before = models.CharField(max_length=9, blank=True)
    after = models.CharField(max_length=9)
    at = models.DateTimeField()
    by = models.BigIntegerField(null=True)

    class Meta:
        db_table = "supervision_step"
        indexes = [models.Index(fields=["signal", "id"], name="supervision_step_order")]


class SupervisionOrder(models.Model):
    """An order of a supervisor to an authority about a signal (督办), its answer and result."""

    signal = models.ForeignKey(Signal, on_delete=models.PROTECT, related_name="+")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    content = models.TextField()
    content_salt = models.CharField(max_length=32)
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField()
    answer = models.TextField(blank=True)
    answer_salt = models.CharField(max_length=32, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    result = models.TextField(blank=True)
    result_salt = models.CharField(max_length=32, blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "supervision_order"
        indexes = [models.Index(fields=["authority", "-id"], name="supervision_order_list"),
                   models.Index(fields=["authority"], name="supervision_order_awaited",
                                condition=Q(answered_at__isnull=True, settled_at__isnull=True))]


class Export(models.Model):
    """A list of cases that a supervisor wants as a file: which list, why, who decided, what became of it (SEC-11).

    `cases`: the keys of its rows at the asking; the file holds these and no others.
    """

    key = models.CharField(max_length=22, unique=True)
    asked_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    authorities = ArrayField(models.BigIntegerField())
    figure = models.CharField(max_length=20, blank=True)
    case_state = models.CharField(max_length=20, blank=True)
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    item = models.CharField(max_length=31, blank=True)
    region = models.CharField(max_length=12, blank=True)
    language = models.CharField(max_length=7)
    reason = models.TextField()
    reason_salt = models.CharField(max_length=32)
    state = models.CharField(max_length=8)
    cases = ArrayField(models.BigIntegerField())
    rows_asked = models.IntegerField()
    alone = models.IntegerField()
    due_at = models.DateTimeField()
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision = models.TextField(blank=True)
    decision_salt = models.CharField(max_length=32, blank=True)
    rows_made = models.IntegerField(null=True)
    made_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "supervision_export"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[str(state) for state in ExportState]),
                                   name="supervision_export_state"),
            models.CheckConstraint(condition=~Q(decided_by=F("asked_by")), name="supervision_export_two_people"),
            models.CheckConstraint(condition=~Q(state="REFUSED") | ~Q(decision=""), name="supervision_export_reason"),
            models.CheckConstraint(
                condition=Q(rows_made__isnull=True) | Q(rows_asked__lte=F("alone"), rows_made__lte=F("rows_asked"))
                | Q(decided_by__isnull=False, rows_made__lte=F("rows_asked")), name="supervision_export_allowed"),
        ]
        indexes = [models.Index(fields=["asked_by", "-id"], name="supervision_export_mine"),
                   models.Index(fields=["due_at"], name="supervision_export_open", condition=Q(state__in=["AWAITING", "MAKING"]))]


class ExportFile(models.Model):
    """What a list held when its file was made, sealed; for whoever asked for it, and for some days."""

    export = models.OneToOneField(Export, on_delete=models.PROTECT, related_name="+", primary_key=True)
    account = models.BigIntegerField()
    authorities = ArrayField(models.BigIntegerField())
    sealed = models.BinaryField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "supervision_export_file"
        indexes = [models.Index(fields=["made_at"], name="supervision_export_file_age")]
