"""Tables of reviews. What was said stays as said: triggers of migration 0002 refuse every change but erasing words."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from tongban.authorities.models import Authority
from tongban.identity.models import Account, Party
from tongban.reviews.types import RectificationState


class Invitation(models.Model):
    """One finished case asks for one review; of the token in its link only the hash is kept."""

    token_hash = models.CharField(max_length=64, unique=True)
    case_number = models.CharField(max_length=50, unique=True)
    item_code = models.CharField(max_length=31)
    item_name = models.JSONField()
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "reviews_invitation"
        indexes = [models.Index(fields=["authority", "invited_at"], name="reviews_invitation_period")]


class Review(models.Model):
    """What was said: one per invitation. `public_text` is `text` with numbers blotted out."""

    invitation = models.OneToOneField(Invitation, on_delete=models.PROTECT, related_name="+")
    case_number = models.CharField(max_length=50)
    item_code = models.CharField(max_length=31)
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    grade = models.SmallIntegerField()
    options = ArrayField(models.CharField(max_length=10))
    options_version = models.SmallIntegerField()
    text = models.TextField(blank=True)
    public_text = models.TextField(blank=True)
    text_salt = models.CharField(max_length=32)
    signed_in = models.BooleanField()
    channel = models.CharField(max_length=8)
    at = models.DateTimeField()
    follow_up = models.TextField(blank=True)
    public_follow_up = models.TextField(blank=True)
    follow_up_salt = models.CharField(max_length=32, blank=True)
    follow_up_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "reviews_review"
        constraints = [models.CheckConstraint(condition=Q(grade__range=(1, 5)), name="reviews_review_grade")]
        indexes = [
            models.Index(fields=["item_code", "-id"], name="reviews_review_item"),
            models.Index(fields=["authority", "-id"], name="reviews_review_authority"),
        ]


class Rectification(models.Model):
    """What the authority does about a poor review; `overdue_of` is the due day whose passing was announced.

    Events keep the hashes of reasons and answer, salted with what stands beside them here.
    """

    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="+")
    case_number = models.CharField(max_length=50)
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10)
    opened_on = models.DateField()
    due_on = models.DateField()
    assigned_to = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    finding = models.CharField(max_length=9, blank=True)
    finding_reason = models.TextField(blank=True)
    finding_salt = models.CharField(max_length=32, blank=True)
    remedy = models.CharField(max_length=9, blank=True)
    remedy_text = models.TextField(blank=True)
    remedy_salt = models.CharField(max_length=32, blank=True)
    extended = models.BooleanField(default=False)
    extension_reason = models.TextField(blank=True)
    extension_salt = models.CharField(max_length=32, blank=True)
    answer = models.TextField(blank=True)
    answer_salt = models.CharField(max_length=32, blank=True)
    answered_at = models.DateTimeField(null=True)
    in_time = models.BooleanField(null=True)
    overdue_of = models.DateField(null=True)
    revisit_grade = models.SmallIntegerField(null=True)
    moved_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "reviews_rectification"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[str(state) for state in RectificationState]),
                                   name="reviews_rectification_state"),
            models.CheckConstraint(condition=Q(finding__in=["", "TRUE", "MISTAKEN", "MALICIOUS"]),
                                   name="reviews_rectification_finding"),
            models.CheckConstraint(condition=Q(remedy__in=["", "IMMEDIATE", "LIMITED", "EXPLAINED"]),
                                   name="reviews_rectification_remedy"),
            models.CheckConstraint(condition=~Q(finding__in=["MISTAKEN", "MALICIOUS"]) | ~Q(finding_reason=""),
                                   name="reviews_rectification_reason"),
            models.CheckConstraint(condition=Q(remedy="") | ~Q(remedy_text=""), name="reviews_rectification_done"),
            models.CheckConstraint(condition=Q(extended=False) | ~Q(extension_reason=""),
                                   name="reviews_rectification_extension"),
            models.CheckConstraint(condition=Q(state__in=["RECEIVED", "ASSIGNED", "VERIFIED", "RECTIFYING"])
                                   | (~Q(answer="") & Q(answered_at__isnull=False) & Q(in_time__isnull=False)),
                                   name="reviews_rectification_answered"),
            models.CheckConstraint(condition=Q(revisit_grade__isnull=True) | Q(revisit_grade__range=(1, 5)),
                                   name="reviews_rectification_revisit"),
        ]
        indexes = [
            models.Index(fields=["due_on", "id"], name="reviews_rectification_due",
                         condition=Q(state__in=["RECEIVED", "ASSIGNED", "VERIFIED", "RECTIFYING"])),
            models.Index(fields=["authority", "-id"], name="reviews_rectification_list"),
        ]


class RectificationStep(models.Model):
    """The history of a rectification; written by the database itself with every move."""

    rectification = models.ForeignKey(Rectification, on_delete=models.PROTECT, related_name="+")
    authority = models.BigIntegerField()
    party = models.BigIntegerField()
    before = models.CharField(max_length=10, blank=True)
    after = models.CharField(max_length=10)
    at = models.DateTimeField()
    by = models.BigIntegerField(null=True)

    class Meta:
        db_table = "reviews_step"
        indexes = [models.Index(fields=["rectification", "id"], name="reviews_step_order")]
