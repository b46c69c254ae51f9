"""What we say of ourselves: accessibility, open data."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tongban.catalogue import queries as catalogue
from tongban.catalogue.types import Counts, FourLists, HandlingForm, ServiceLevel
from tongban.portal.places import local_page
from tongban.web.gate import anyone


@anyone
def accessibility(request: HttpRequest) -> HttpResponse:
    """The statement of accessibility."""
    return local_page(request, "portal/accessibility.html")


@anyone
def open_data(request: HttpRequest) -> HttpResponse:
    """What data is open, where, and on what terms."""
    counts = catalogue.counts()
    return local_page(request, "portal/open_data.html", total=counts.total, online=_levels(counts),
                      lists=_lists(counts), ways=_ways(counts))


def _levels(counts: Counts) -> list[dict[str, str]]:
    """How many services reach each level of service (CAT-16)."""
    words = {
        ServiceLevel.WHOLLY_ONLINE: _("Wholly online, without a visit (level IV)"),
        ServiceLevel.ONLINE_APPLICATION: _("Applied for online, one visit at most (level III)"),
        ServiceLevel.DOWNLOAD: _("Forms and advice online (level II)"),
        ServiceLevel.INFORMATION: _("Information online (level I)"),
    }
    return [_share(label, counts.service_levels.get(level, 0), counts.total) for level, label in words.items()]


def _lists(counts: Counts) -> list[dict[str, str]]:
    """How many services stand in each of the four lists (CAT-47)."""
    words = {
        FourLists.RECEIVED_AND_DONE: _("Done on the spot"), FourLists.SAME_DAY: _("Done the same working day"),
        FourLists.TIME_LIMITED: _("Done within the promised time"),
        FourLists.AGENCY: _("Examined here and passed on to a higher authority"),
    }
    return [_share(label, counts.four_lists.get(each, 0), counts.total) for each, label in words.items()]


def _ways(counts: Counts) -> list[dict[str, str]]:
    """How many services one can handle on a phone, and how many with one visit at most (MOB-11, HALL-03)."""
    once = sum(count for visits, count in counts.visits.items() if int(visits) <= 1)
    return [_share(_("Can be handled on a phone"), counts.handling_forms.get(HandlingForm.MOBILE, 0), counts.total),
            _share(_("One visit at most"), once, counts.total)]


def _share(label: str, count: int, total: int) -> dict[str, str]:
    return {"label": label, "value": _("{count} of {total} ({share}%)").format(
        count=count, total=total, share=100 * count // total if total else 0)}
