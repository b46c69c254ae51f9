"""What is known of a stored file; the bytes lie in the store under their hash."""

from django.db import models
from django.db.models import Q


class Document(models.Model):
    """A stored file: who brought it, what it is by its content, never by its name."""

    party = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=80)
    size = models.BigIntegerField()
    kept_at = models.DateTimeField()

    class Meta:
        db_table = "documents_document"
        constraints = [models.CheckConstraint(condition=Q(size__gt=0), name="documents_document_not_empty")]
        indexes = [models.Index(fields=["party", "-id"], name="documents_document_party")]
