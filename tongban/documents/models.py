"""What is known of a stored file; the bytes lie sealed in the store."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from tongban.documents.types import PASSED, Flaw


class Document(models.Model):
    """A stored file: who brought it, what it is by its content, never by its name.

    `authorities` may read it beside the party; `made` marks what the house wrote itself, once for each content. The store
    holds ciphertext under the hash `stored`; `key` opens it and is itself sealed under the key of the party. `gate` is what was
    found on its way inside, and written there only.
    """

    party = models.BigIntegerField()
    authorities = ArrayField(models.BigIntegerField(), default=list)
    sha256 = models.CharField(max_length=64)
    stored = models.CharField(max_length=64)
    key = models.TextField()
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=80)
    size = models.BigIntegerField()
    pages = models.IntegerField(default=0)
    scanner = models.CharField(max_length=40, blank=True)
    made = models.BooleanField(default=False)
    gate = models.CharField(max_length=20, blank=True, db_default="")
    kept_at = models.DateTimeField()

    class Meta:
        db_table = "documents_document"
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0), name="documents_document_not_empty"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$") & Q(stored__regex=r"^[0-9a-f]{64}$"),
                                   name="documents_document_hash"),
            models.CheckConstraint(
                condition=Q(media_type__in=["application/pdf", "image/jpeg", "image/png", "application/ofd"]),
                name="documents_document_type"),
            models.CheckConstraint(condition=Q(gate__in=["", PASSED, *Flaw]) & (Q(made=False) | Q(gate="")),
                                   name="documents_document_gate"),
            models.UniqueConstraint(fields=["party", "sha256"], condition=Q(made=True),
                                    name="documents_document_made_once"),
        ]
        indexes = [models.Index(fields=["party", "-id"], name="documents_document_party")]
