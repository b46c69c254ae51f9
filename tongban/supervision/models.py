"""Tables of supervision: when to look at a case again, signals, their history, orders."""

from django.db import models
from django.db.models import Q

from tongban.authorities.models import Authority
from tongban.identity.models import Account
from tongban.supervision.types import Family, Kind, Rule, SignalState


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
