"""Values as people write them: what is plain is understood, what is not is never made up."""

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.requirements import requirement
from tongban.catalogue.errors import ListNotReadable
from tongban.catalogue.rules.reading import (
    read_area,
    read_basic_code,
    read_body,
    read_code,
    read_count,
    read_fee,
    read_file,
    read_form,
    read_hours,
    read_limit,
    read_material,
    read_phones,
    read_record,
    read_visits,
)
from tongban.catalogue.types.listings import (
    ReadCharge,
    ReadCode,
    ReadFee,
    ReadHours,
    ReadLimit,
    ReadMaterial,
    ReadPhone,
)

WRITTEN = (
    (read_limit, "1个工作日", (ReadLimit(count=1, unit="WORKDAY"),)),
    (read_limit, "即时办理", (ReadLimit(count=0, unit="WORKDAY"),)),
    (read_limit, "转入8个工作日；转出7个工作日",
     (ReadLimit(count=8, unit="WORKDAY", label="转入"), ReadLimit(count=7, unit="WORKDAY", label="转出"))),
    (read_limit, "20个工作日", (ReadLimit(count=20, unit="WORKDAY"),)),
    (read_limit, "30个工作日", (ReadLimit(count=30, unit="WORKDAY"),)),
    (read_limit, "25个工作日", (ReadLimit(count=25, unit="WORKDAY"),)),
    (read_limit, "60个工作日", (ReadLimit(count=60, unit="WORKDAY"),)),
    (read_limit, "40个工作日", (ReadLimit(count=40, unit="WORKDAY"),)),
    (read_limit, "5个工作日", (ReadLimit(count=5, unit="WORKDAY"),)),
    (read_limit, "即办", (ReadLimit(count=0, unit="WORKDAY"),)),
    (read_limit, "3个工作日", (ReadLimit(count=3, unit="WORKDAY"),)),
    (read_limit, "2个工作日", (ReadLimit(count=2, unit="WORKDAY"),)),
    (read_limit, "15个工作日", (ReadLimit(count=15, unit="WORKDAY"),)),
    (read_limit, "10个工作日", (ReadLimit(count=10, unit="WORKDAY"),)),
    (read_limit, "3个工作日（现场审核时间除外）", (ReadLimit(count=3, unit="WORKDAY", note="现场审核时间除外"),)),
    (read_limit, "4个工作日", (ReadLimit(count=4, unit="WORKDAY"),)),
    (read_limit, "13个工作日", (ReadLimit(count=13, unit="WORKDAY"),)),
    (read_limit, "20日", (ReadLimit(count=20, unit="DAY"),)),
    (read_limit, "3日", (ReadLimit(count=3, unit="DAY"),)),
    (read_fee, "不收费", ReadFee(charged=False)),
    (read_fee, "住宅类不动产登记80元/件；非住宅类不动产登记550元/件",
     ReadFee(charged=True, charges=(ReadCharge(fen=8000, per=("件",), label="住宅类不动产登记"), ReadCharge(fen=55000,
     per=("件",), label="非住宅类不动产登记")))),
    (read_fee, ("施工占道（人行道）0.3元/平方米/天；施工占道（车行道）0.5元/平方米/天；"
     "经营占道（设置摊点）0.5元/平方米/天；施工占道（繁华地段）1元/平方米/天"),
     ReadFee(charged=True, charges=(ReadCharge(fen=30, per=("平方米", "天"), label="施工占道（人行道）"), ReadCharge(fen=50,
     per=("平方米", "天"), label="施工占道（车行道）"), ReadCharge(fen=50, per=("平方米", "天"), label="经营占道（设置摊点）"),
     ReadCharge(fen=100, per=("平方米", "天"), label="施工占道（繁华地段）")))),
    (read_fee, "免费", ReadFee(charged=False)),
    (read_visits, "只跑一次", 1),
    (read_visits, "0次", 0),
    (read_visits, "0", 0),
    (read_visits, "不需要跑动", 0),
    (read_visits, "1", 1),
    (read_hours, "法定工作日，夏季（7月1日—9月30日）9:00—12:00、13:30—17:30；冬季（10月1日—次年6月30日）9:00—12:00、13:00—17:00",
     (ReadHours(spans=(("09:00", "12:00"), ("13:30", "17:30")), days="WORKDAYS", season="夏季", since="07-01",
     until="09-30"), ReadHours(spans=(("09:00", "12:00"), ("13:00", "17:00")), days="WORKDAYS", season="冬季",
     since="10-01", until="06-30"))),
    (read_hours, "工作日10月1日-4月30日 8:30-12:00、14:00-17:30；5月1日-9月30日 8:30-12:00、14:30-18:00",
     (ReadHours(spans=(("08:30", "12:00"), ("14:00", "17:30")), days="WORKDAYS", since="10-01", until="04-30"),
     ReadHours(spans=(("08:30", "12:00"), ("14:30", "18:00")), days="WORKDAYS", since="05-01", until="09-30"))),
    (read_hours, "周一至周四9:00-12:00、13:00-17:00；周五9:00-12:00、13:00-15:00",
     (ReadHours(spans=(("09:00", "12:00"), ("13:00", "17:00")), days="1-4"), ReadHours(spans=(("09:00", "12:00"),
     ("13:00", "15:00")), days="5"))),
    (read_hours, "周一至周五 8:00—11:30，14:30—17:30",
     (ReadHours(spans=(("08:00", "11:30"), ("14:30", "17:30")), days="1-5"),)),
    (read_hours, "工作日：夏季9:00-12:00、15:00-17:30；冬季9:00-12:00、14:30-17:00",
     (ReadHours(spans=(("09:00", "12:00"), ("15:00", "17:30")), days="WORKDAYS", season="夏季"),
     ReadHours(spans=(("09:00", "12:00"), ("14:30", "17:00")), days="WORKDAYS", season="冬季"))),
    (read_hours, "5-9月工作日8:30-12:00、14:00-18:00；10-4月工作日8:30-12:00、13:30-17:30",
     (ReadHours(spans=(("08:30", "12:00"), ("14:00", "18:00")), days="WORKDAYS", since="05-01", until="09-30"),
     ReadHours(spans=(("08:30", "12:00"), ("13:30", "17:30")), days="WORKDAYS", since="10-01", until="04-30"))),
    (read_hours, "星期一至星期五09:00至12:00，13:00至17:00（法定节假日除外）",
     (ReadHours(spans=(("09:00", "12:00"), ("13:00", "17:00")), days="1-5", except_holidays=True),)),
    (read_hours, "春季9:00-12:00、13:30-17:00；夏季9:00-12:00、14:00-17:00",
     (ReadHours(spans=(("09:00", "12:00"), ("13:30", "17:00")), season="春季"), ReadHours(spans=(("09:00",
     "12:00"), ("14:00", "17:00")), season="夏季"))),
    (read_hours, "周一至周五 8:00-12:00，14:00-18:00（法定节假日除外）",
     (ReadHours(spans=(("08:00", "12:00"), ("14:00", "18:00")), days="1-5", except_holidays=True),)),
    (read_hours, "全年周一至周五 10:00~14:00，16:00~20:00，法定节假日除外",
     (ReadHours(spans=(("10:00", "14:00"), ("16:00", "20:00")), days="1-5", except_holidays=True),)),
    (read_hours, "周一至周五，法定节假日除外。夏季8:00-12:00、15:00-18:00；冬季8:00-12:00、14:30-17:30",
     (ReadHours(spans=(("08:00", "12:00"), ("15:00", "18:00")), days="1-5", season="夏季", except_holidays=True),
     ReadHours(spans=(("08:00", "12:00"), ("14:30", "17:30")), days="1-5", season="冬季", except_holidays=True))),
    (read_hours, "星期一至星期五 夏季（7-9月）8:30~12:00、15:00~18:00；春秋冬季（10-6月）8:30~11:30、13:30~17:30（节假日除外）",
     (ReadHours(spans=(("08:30", "12:00"), ("15:00", "18:00")), days="1-5", season="夏季", since="07-01",
     until="09-30", except_holidays=True), ReadHours(spans=(("08:30", "11:30"), ("13:30", "17:30")), days="1-5",
     season="春秋冬季", since="10-01", until="06-30", except_holidays=True))),
    (read_hours, "工作日9:00—12:00，13:30—17:30",
     (ReadHours(spans=(("09:00", "12:00"), ("13:30", "17:30")), days="WORKDAYS"),)),
    (read_phones, "87524298", (ReadPhone(number="87524298"),)),
    (read_phones, "0743-3227272", (ReadPhone(number="0743-3227272"),)),
    (read_phones, "0743-12342", (ReadPhone(number="0743-12342"),)),
    (read_phones, "0316-7861579", (ReadPhone(number="0316-7861579"),)),
    (read_phones, "监督电话0316-7868512；举报电话0316-12345",
     (ReadPhone(number="0316-7868512", label="监督电话"), ReadPhone(number="0316-12345", label="举报电话"))),
    (read_phones, "市区020-87656275；番禺020-84881099；花都020-86969331；增城020-82729239；从化020-87963237",
     (ReadPhone(number="020-87656275", label="市区"), ReadPhone(number="020-84881099", label="番禺"),
     ReadPhone(number="020-86969331", label="花都"), ReadPhone(number="020-82729239", label="增城"),
     ReadPhone(number="020-87963237", label="从化"))),
    (read_phones, "86689466", (ReadPhone(number="86689466"),)),
    (read_phones, "15737965569", (ReadPhone(number="15737965569"),)),
    (read_phones, "67916566", (ReadPhone(number="67916566"),)),
    (read_phones, "0543-5308803", (ReadPhone(number="0543-5308803"),)),
    (read_phones, "020-38920920", (ReadPhone(number="020-38920920"),)),
    (read_phones, "0773-8820110", (ReadPhone(number="0773-8820110"),)),
    (read_phones, "0773-8880928、12318", (ReadPhone(number="0773-8880928"), ReadPhone(number="12318"))),
    (read_phones, "0553-4820217", (ReadPhone(number="0553-4820217"),)),
    (read_phones, "61007458", (ReadPhone(number="61007458"),)),
    (read_phones, "0391-3568416", (ReadPhone(number="0391-3568416"),)),
    (read_phones, "0371-62122555", (ReadPhone(number="0371-62122555"),)),
    (read_phones, "0916-2109064", (ReadPhone(number="0916-2109064"),)),
    (read_phones, "0439-3235006", (ReadPhone(number="0439-3235006"),)),
    (read_phones, "0439-3223687", (ReadPhone(number="0439-3223687"),)),
    (read_phones, "0913-2933932", (ReadPhone(number="0913-2933932"),)),
    (read_phones, "0998-6309065", (ReadPhone(number="0998-6309065"),)),
    (read_phones, "0998-6291037", (ReadPhone(number="0998-6291037"),)),
    (read_phones, "0371-62126876", (ReadPhone(number="0371-62126876"),)),
    (read_phones, "0518-87796625", (ReadPhone(number="0518-87796625"),)),
    (read_phones, "029-86926512", (ReadPhone(number="029-86926512"),)),
    (read_phones, "029-86926599", (ReadPhone(number="029-86926599"),)),
    (read_code, "11440100696927671X3442011817001",
     ReadCode(kind="IMPLEMENTATION", code="11440100696927671X3442011817001", body="11440100696927671X", level=3,
     basic="442011817001")),
    (read_code, "11321281014422781F500011702500001",
     ReadCode(kind="HANDLING", code="11321281014422781F500011702500001", body="11321281014422781F", level=5,
     basic="000117025000", number=1)),
    (read_code, "11370883004324117N4370125012000",
     ReadCode(kind="IMPLEMENTATION", code="11370883004324117N4370125012000", body="11370883004324117N", level=4,
     basic="370125012000")),
    (read_code, "610500000000338625198A002", None),
    (read_basic_code, "000117025000", "000117025000"),
    (read_basic_code, "3702810103609", None),
    (read_basic_code, "JN370883AJ370125012000", None),
    (read_basic_code, "XK15001000", "XK15001000"),
    (read_basic_code, "220600-WW-FW-XK-002", None),
    (read_basic_code, "3711020103610", None),
    (read_basic_code, "XK21011000", "XK21011000"),
    (read_basic_code, "000164213003", "000164213003"),
    (read_basic_code, "11440600007039653A3440116006001", None),
    (read_form, "原件、复印件（核对原件、与原件相符）", ReadMaterial(name="", kinds=("ORIGINAL", "COPY"), to_show=True)),
    (read_form, "核对原件", ReadMaterial(name="", kinds=("ORIGINAL",), to_show=True)),
    (read_form, "验原件", ReadMaterial(name="", kinds=("ORIGINAL",), to_show=True)),
    (read_form, "原件", ReadMaterial(name="", kinds=("ORIGINAL",))),
    (read_form, "复印件", ReadMaterial(name="", kinds=("COPY",))),
    (read_form, "纸质", ReadMaterial(name="", kinds=("PAPER",))),
    (read_form, "原件1份、复印件2份", ReadMaterial(name="", originals=1, copies=2, kinds=("ORIGINAL", "COPY"))),
    (read_form, "原件/扫描件", ReadMaterial(name="", kinds=("ORIGINAL", "SCAN"), either=True)),
    (read_form, "复印件/原件", ReadMaterial(name="", kinds=("COPY", "ORIGINAL"), either=True)),
    (read_form, "复印件（比对原件）", ReadMaterial(name="", kinds=("COPY",), to_show=True)),
    (read_form, "纸质原件", ReadMaterial(name="", kinds=("ORIGINAL",))),
    (read_form, "纸质和电子版", ReadMaterial(name="", kinds=("PAPER", "ELECTRONIC"))),
)
"""Every spelling of these values in the collected guides, with what it means; None: nobody can say."""

READERS = (read_limit, read_fee, read_visits, read_hours, read_phones, read_code, read_basic_code, read_body, read_area,
           read_form, read_count)
PIECES = st.sampled_from([
    "3", "20", "十五", "两", "个", "工作日", "日", "月", "法定", "承诺", "不超过", "约", "（", "）", "(", ")", "；", "、", "元", "/", "本",
    "每", "0.5", "夏季", "周一", "至", "-", "9:00", "17:30", "25:99", "13月", "2月30日", "-9月", "节假日除外", "020-", "87524298",
    "1234", "原件", "复印件", "1份", "不收费", "即办", " ", "\n", "无", "见附件", "0", "½", "٣", "１"])
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=9).map("".join))


@pytest.mark.parametrize(("read", "written", "meant"), WRITTEN)
def test_what_the_guides_write_is_understood_as_it_is_meant(read, written, meant):
    assert read(written) == meant


def test_there_are_at_least_eighty_real_spellings():
    assert len(WRITTEN) >= 80


@pytest.mark.parametrize(("written", "meant"), [
    ("法定20个工作日", ReadLimit(count=20, unit="WORKDAY")), ("法定 20 个工作日", ReadLimit(count=20, unit="WORKDAY")),
    ("承诺时限：十五个工作日", ReadLimit(count=15, unit="WORKDAY")), ("30自然日", ReadLimit(count=30, unit="CALENDAR_DAY")),
    ("２个月", ReadLimit(count=2, unit="MONTH")), ("48小时内", ReadLimit(count=48, unit="HOUR")),
    ("两年", ReadLimit(count=2, unit="YEAR")), ("二十五日", ReadLimit(count=25, unit="DAY")),
])
def test_other_ways_to_write_one_limit(written, meant):
    assert read_limit(written) == (meant,)


@pytest.mark.parametrize(("written", "meant"), [
    ("10元/本", ReadFee(charged=True, charges=(ReadCharge(fen=1000, per=("本",)),))),
    ("每本10.5元", ReadFee(charged=True, charges=(ReadCharge(fen=1050, per=("本",)),))),
    ("工本费 8 元/证", ReadFee(charged=True, charges=(ReadCharge(fen=800, per=("证",), label="工本费"),))),
    ("收费", ReadFee(charged=True)),
])
def test_other_ways_to_write_a_fee(written, meant):
    assert read_fee(written) == meant


@pytest.mark.parametrize(("read", "written"), [
    (read_limit, "约3日"), (read_limit, "3-5个工作日"), (read_limit, "1.5个工作日"), (read_limit, "半天"), (read_limit, "尽快"),
    (read_limit, "3个工作日左右"), (read_limit, "转入8个工作日；其余另行通知"), (read_limit, "第3个工作日"),
    (read_fee, "10-20元/本"), (read_fee, "不超过10元/本"), (read_fee, "约10元"), (read_fee, "10元起"), (read_fee, "按物价局文件执行"),
    (read_fee, "10.555元"), (read_fee, "1万元"), (read_fee, "不收费；工本费见附件"), (read_fee, "最高300元/件"),
    (read_visits, "多次"), (read_visits, "1-2"), (read_hours, "9:00-17:00，周三下午学习不办公"), (read_hours, "17:00-9:00"),
    (read_hours, "9:00-12:70"), (read_hours, "周五至周一9:00-12:00"), (read_hours, "上班时间"), (read_hours, "工作日"),
    (read_hours, "2月30日-3月1日9:00-12:00"), (read_hours, "9:00-12:00、11:00-14:00"), (read_phones, "见公告"),
    (read_phones, "123"), (read_phones, "86689466转张科长"), (read_form, "原件1份、原件2份"), (read_form, "按要求提供"),
    (read_count, "若干"), (read_code, "11440100696927672X3442011817001"), (read_basic_code, "000117025A00"),
    (read_body, "1151130000877869M"), (read_area, "5116"), (read_area, "051160200000"),
])
def test_what_is_not_plain_is_not_understood(read, written):
    assert read(written) is None


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
@given(text=TEXTS)
def test_no_text_breaks_a_reader(read, text):
    read(text)


@given(text=TEXTS)
def test_no_figure_is_made_up(text):
    plain = unicodedata.normalize("NFKC", text)
    for each in read_limit(text) or ():
        written = {int(figure) for figure in re.findall("[0-9]+", plain)}
        assert each.count == 0 or each.count in written or re.search("[一二两三四五六七八九十]", text)
    for each in read_phones(text) or ():
        assert re.sub("[^0-9]", "", each.number) in re.sub("[^0-9]", "", plain)
    for charge in (fee.charges if (fee := read_fee(text)) else ()):
        assert charge.fen in {round(float(each) * 100) for each in re.findall(r"[0-9]+(?:\.[0-9]+)?", plain)}


def test_paper_with_a_count_that_contradicts_its_form_is_reported():
    made, unread = read_material({"name": "身份证", "form": "原件1份、复印件2份", "copies": "9"})
    assert (made.originals, made.copies, unread) == (1, 2, ("copies",))
    made, unread = read_material({"name": "身份证", "form": "复印件", "copies": "若干"})
    assert (made.copies, made.kinds, unread) == (0, ("COPY",), ("copies",))


def test_the_count_of_a_paper_goes_where_its_form_says():
    assert read_material({"name": "a", "form": "原件", "copies": "2"})[0].originals == 2
    assert read_material({"name": "a", "form": "复印件", "copies": "3份"})[0].copies == 3
    assert read_material({"name": "a", "form": "", "copies": "1"})[0].pieces == 1
    assert read_material({"name": "a", "form": "原件/扫描件", "copies": "1"})[0].pieces == 1


@requirement("CAT-04")
def test_the_code_of_a_business_handling_item_names_its_item_and_number():
    found = read_code("11321281014422781F500011702500001")
    assert (found.kind, found.basic, found.number, found.level) == ("HANDLING", "000117025000", 1, 5)


def test_fields_that_contradict_each_other_are_both_not_believed():
    record = read_record({"item_name": "甲", "task_type": "行政许可", "task_type_code": "20"}, number=1, key="a")
    assert record.listing.power_type is None
    assert [each.about for each in record.unread] == ["power_type"]
    code = "511A19016001-511602000000-000-11511301008778183N-1-00"
    record = read_record({"implement_code": code, "area_code": "510000000000"}, number=1, key="a")
    assert record.listing.area == "" and record.listing.code.area == "511602000000"
    assert [each.value for each in record.unread] == ["510000000000 / 511602000000"]
    record = read_record({"task_type": "公共服务", "basic_code": "000117025000"}, number=1, key="a")
    assert record.listing.basic_code == "" and [each.about for each in record.unread] == ["basic_code"]


def test_fields_nobody_knows_are_reported_and_kept():
    record = read_record({"name": "甲", "颜色": "红", "空": ""}, number=1, key="a")
    assert [(each.field, each.value) for each in record.unread] == [("颜色", "红")]
    assert record.empty == ("空",)
    assert json.loads(record.raw) == {"name": "甲", "颜色": "红", "空": ""}


@given(st.lists(st.dictionaries(
    st.one_of(st.text(max_size=8), st.sampled_from(["name", "id", "materials", "fee_standard", "legal_basis", "region"])),
    st.recursive(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXTS),
                 lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
                 max_leaves=6), max_size=5), max_size=4))
def test_any_list_keeps_every_field_of_every_record(written):
    try:
        content = json.dumps(written, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    records = read_file(content, name="any.json")
    assert [json.loads(each.raw) for each in records] == written
    assert [each.number for each in records] == list(range(1, len(written) + 1))


@given(st.binary(max_size=200), st.sampled_from(["any.csv", "any.json"]))
def test_any_bytes_are_read_or_refused(content, name):
    try:
        read_file(content, name=name)
    except ListNotReadable as refused:
        assert refused.facts["why"]


def test_a_line_longer_or_shorter_than_its_heading_loses_nothing():
    longer, shorter = read_file("name,department\n甲,乙,丙\n丁".encode(), name="x.csv")
    assert json.loads(longer.raw) == {"name": "甲", "department": "乙", "column 3": "丙"}
    assert [each.value for each in longer.unread] == ["丙"]
    assert json.loads(shorter.raw) == {"name": "丁", "columns missing": "1"}


def test_records_that_share_their_key_are_told_apart_by_content():
    records = read_file('[{"id":"1","name":"甲"},{"id":"1","name":"乙"},{"name":"丙"}]'.encode(), name="x.json")
    assert len({each.key for each in records}) == 3
    assert [each.key == each.digest for each in records] == [True, True, True]


def test_a_list_saved_by_an_office_program_is_read_and_other_bytes_are_refused_in_plain_words():
    found, = read_file("name,department\n放风筝备案,示例局".encode("gb18030"), name="x.csv")
    assert (found.listing.name, found.listing.department) == ("放风筝备案", "示例局")
    with pytest.raises(ListNotReadable, match="save it as UTF-8"):
        read_file(b"name\n\xff\xff\xff", name="x.csv")


def test_a_line_that_ends_too_early_is_taken_in_and_reported():
    found, = read_file("name,department,level\n放风筝备案".encode(), name="x.csv")
    assert ("columns missing", "2") in {(each.field, each.value) for each in found.unread}
