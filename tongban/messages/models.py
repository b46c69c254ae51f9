"""Messages and what became of their delivery."""

from django.db import models


class Message(models.Model):
    """One message to one party, in both languages."""

    party = models.BigIntegerField()
    title = models.JSONField()
    body = models.JSONField()
    about = models.CharField(max_length=80, blank=True)
    link = models.CharField(max_length=120, blank=True)
    recipient = models.CharField(max_length=60, blank=True, db_default="")
    sent_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "messages_message"
        indexes = [models.Index(fields=["party", "-id"], name="messages_message_party")]


class Delivery(models.Model):
    """One try to bring a message to someone outside the platform."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="+")
    party = models.BigIntegerField()
    channel = models.CharField(max_length=10)
    state = models.CharField(max_length=10)
    at = models.DateTimeField()

    class Meta:
        db_table = "messages_delivery"
        constraints = [models.UniqueConstraint(fields=["message", "channel"], name="messages_delivery_once")]
