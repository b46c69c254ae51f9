"""Parts as they are heard, without the look: nothing empty, nothing run together, no two links with the same words."""

from lxml import html

from tests.design.drawing import part
from tests.requirements import requirement


def heard(file, call, **names):
    return html.fromstring(f"<div>{part(file, call, **names)}</div>")


def words(element):
    return " ".join(element.text_content().split())


def test_what_has_nothing_to_say_is_not_there():
    material = heard("lists", "{{ it.materials([{'name': 'Plan', 'tag': 'Attached'}]) }}")
    assert material.xpath("//p") == []
    coming = heard("lists", "{{ it.timeline([{'what': 'Your turn', 'at': '', 'state': 'now'}]) }}")
    assert coming.xpath("//time | //*[@class='meta']") == []


@requirement("POR-11")
def test_links_to_several_things_of_one_name_say_which():
    links = heard("lists", "{{ it.link_list([{'title': 'Permit', 'href': '#1', 'about': '0007'}]) }}")
    rows = heard("lists", "{{ it.queue([{'title': 'Zhang', 'href': '#1', 'tag': '', 'text': '', 'at': '', 'number': '0007'}]) }}")
    button = heard("actions", "{{ it.link_button('Carry on', '#1', about='Permit') }}")
    assert [words(each.xpath("//a")[0]) for each in (links, rows, button)] == ["Permit 0007", "Zhang 0007", "Carry on Permit"]


@requirement("POR-11")
def test_numbers_are_not_heard_without_what_they_count():
    tabs = heard("navigation", "{{ it.tabs([{'label': 'Messages', 'href': '#', 'count': 12}], 'My space') }}")
    assert words(tabs.xpath("//a")[0]) == "Messages 12"
    figure = heard("figures", "{{ it.figure('Cases open', '50', href='#') }}")
    assert words(figure.xpath("//a")[0]) == "Cases open 50"
    receipt = heard("sheets", "{{ it.receipt('Receipt', '1-2', []) }}")
    assert "Case number 1-2" in words(receipt)


def test_a_search_is_named_once():
    box = heard("navigation", "{{ it.search_box('#', label='What do you need to do?') }}")
    assert box.xpath("//@aria-label") == ["What do you need to do?"]
