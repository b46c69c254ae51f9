"""The first administrators, and staff waiting to be confirmed."""

from django.db import models

from tongban.authorities.models import Authority
from tongban.identity.models.accounts import Account


class Founder(models.Model):
    """One of the three named people who make the first administrators; the last round counts."""

    round = models.BigIntegerField()
    duty = models.CharField(max_length=8)
    login = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    secret_hash = models.CharField(max_length=64)
    password = models.CharField(max_length=128, blank=True)
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_founder"
        constraints = [models.UniqueConstraint(fields=["round", "duty"], name="identity_founder_duty"),
                       models.UniqueConstraint(fields=["round", "login"], name="identity_founder_login"),
                       models.UniqueConstraint(fields=["round", "name"], name="identity_founder_name")]


class Administrator(models.Model):
    """An account with one of the three separated duties; the key is the account, so none holds two."""

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.PROTECT, related_name="+")
    duty = models.CharField(max_length=8)

    class Meta:
        db_table = "identity_administrator"
        constraints = [models.CheckConstraint(condition=models.Q(duty__in=["SYSTEM", "SECURITY", "AUDIT"]),
                                              name="identity_administrator_duty")]


class Proposal(models.Model):
    """A post for a member of staff, proposed by the system administrator for the security administrator to confirm."""

    login = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    id_number = models.TextField(blank=True)
    role = models.CharField(max_length=20)
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    proposed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "identity_proposal"
