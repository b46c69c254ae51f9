"""National codes: every vector of the specification, and what a single wrong character does."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.requirements import requirement
from tongban.kernel import codes
from tongban.kernel.codes import CodeNotValid

USCCS = ["11100000000013338W", "11511301008778183N", "12441500196720244T", "91370406L24894136J"]
IMPLEMENTATION = "12441500196720244T3442199806003"
TYPE_CODE = "11100000000013338W032"
IDENTIFIER = "1.2.156.3005.2.11100000000013338W032.11511301008778183N.00000000000020260001.001.V"

usccs = st.builds(
    codes.make_uscc,
    st.sampled_from("159"),
    st.sampled_from("1239"),
    st.from_regex(r"[0-9]{6}", fullmatch=True),
    st.text(codes.ALPHABET, min_size=8, max_size=8),
).filter(codes.is_uscc)
basics = st.builds(
    codes.make_basic_code,
    st.sampled_from(["00", *sorted(codes.PROVINCES)]),
    st.sampled_from(["01", "07", "20", "21"]),
    st.from_regex(r"[0-9]{2}[0-9]{2}[1-9]", fullmatch=True),
    st.from_regex(r"[0-9]{3}", fullmatch=True),
)
implementations = st.builds(codes.implementation_code, usccs, st.integers(1, 7), basics)
serials = st.from_regex(r"[0-9A-Z]{1,20}", fullmatch=True)


def wrong_by_one_character(text: str, alphabet: str) -> list[str]:
    return [text[:i] + c + text[i + 1 :] for i in range(len(text)) for c in alphabet if c != text[i]]


@requirement("IDN-07")
def test_the_textbook_id_number_is_accepted_and_each_wrong_digit_is_noticed() -> None:
    assert codes.is_id_number("11010519491231002X")
    assert not any(map(codes.is_id_number, wrong_by_one_character("11010519491231002X", "0123456789X")))


@requirement("IDN-07")
@pytest.mark.parametrize(
    "text", ["", "11010519491231002x", "11010519491331002", "１1010519491231002X", "110105194912310020", "a" * 18]
)
def test_what_is_no_id_number_is_refused(text: str) -> None:
    assert not codes.is_id_number(text)


@requirement("IDN-07")
def test_an_id_number_with_a_birthday_that_never_was_is_refused_though_its_check_is_right() -> None:
    body = "11010519490230002"
    assert not codes.is_id_number(body + codes.id_check_character(body))


@requirement("IDN-08")
@pytest.mark.parametrize("uscc", USCCS)
def test_published_credit_codes_are_accepted_and_each_wrong_character_is_noticed(uscc: str) -> None:
    assert codes.is_uscc(uscc)
    assert not any(map(codes.is_uscc, wrong_by_one_character(uscc, codes.ALPHABET)))


@requirement("IDN-08")
@pytest.mark.parametrize("letter", "IOZSV")
def test_the_letters_a_credit_code_does_without_are_refused(letter: str) -> None:
    assert not codes.is_uscc(letter + USCCS[0][1:])


@requirement("IDN-09")
@pytest.mark.parametrize("uscc", USCCS)
def test_the_organisation_code_inside_a_credit_code_has_its_own_check(uscc: str) -> None:
    inner = codes.organisation_code(uscc)
    assert codes.is_organisation_code(inner)
    assert not any(map(codes.is_organisation_code, wrong_by_one_character(inner, "0123456789")))


@requirement("IDN-09")
def test_a_remainder_of_ten_is_written_x_and_of_eleven_zero() -> None:
    assert codes.organisation_check_character("00000000") == "0"
    assert codes.organisation_check_character("40000000") == "X"


@requirement("CAT-02")
@given(basics)
def test_a_basic_code_has_twelve_characters_and_reads_back(code: str) -> None:
    parts = codes.parse_basic_code(code)
    assert len(code) == 12
    assert codes.make_basic_code(parts.division, parts.item_type, parts.main_item, parts.sub_item) == code


@requirement("CAT-02")
@pytest.mark.parametrize(
    "code",
    [
        "",
        "44219980600",
        "4421998060030",
        "99219980600" + "3",
        "44019900A003",
        "440199000003",
        "44219980600A",
        "442I99806003",
    ],
)
def test_a_basic_code_of_the_wrong_structure_is_refused(code: str) -> None:
    with pytest.raises(CodeNotValid):
        codes.parse_basic_code(code)


@requirement("CAT-02")
def test_only_public_services_may_have_a_business_class_in_letters() -> None:
    assert codes.make_basic_code("44", "20", "99A06", "003") == "442099A06003"
    for item_type, main_item in (("01", "99A06"), ("20", "99I06")):
        with pytest.raises(CodeNotValid):
            codes.make_basic_code("44", item_type, main_item, "003")


@requirement("CAT-03")
def test_the_published_implementation_code_is_composed_and_read() -> None:
    assert codes.implementation_code("12441500196720244T", 3, "442199806003") == IMPLEMENTATION
    parts = codes.parse_implementation_code(IMPLEMENTATION)
    assert (parts.uscc, parts.level, parts.basic) == ("12441500196720244T", 3, "442199806003")


@requirement("CAT-03")
@pytest.mark.parametrize(
    ("uscc", "level", "basic"),
    [
        ("12441500196720244A", 3, "442199806003"),
        ("12441500196720244T", 0, "442199806003"),
        ("12441500196720244T", 8, "442199806003"),
        ("12441500196720244T", 10, "442199806003"),
        ("12441500196720244T", 3, "44219980600"),
    ],
)
def test_an_implementation_code_needs_a_real_body_and_a_level_from_one_to_seven(
    uscc: str, level: int, basic: str
) -> None:
    with pytest.raises(CodeNotValid):
        codes.implementation_code(uscc, level, basic)


def test_a_handling_item_is_numbered_from_01_to_99() -> None:
    assert codes.parse_handling_item_code(IMPLEMENTATION + "01") == (IMPLEMENTATION, 1)
    assert codes.parse_handling_item_code(IMPLEMENTATION + "99") == (IMPLEMENTATION, 99)
    for end in ("00", "1", "001", "A1"):
        with pytest.raises(CodeNotValid):
            codes.parse_handling_item_code(IMPLEMENTATION + end)


@requirement("CASE-01")
@pytest.mark.parametrize(
    ("n", "text"),
    [(1, "0001"), (9999, "9999"), (10000, "A000"), (10999, "A999"), (18000, "J000"), (30000, "Y000"), (30999, "Y999")],
)
def test_after_9999_the_first_place_runs_from_a_to_y(n: int, text: str) -> None:
    assert codes.sequence_text(n) == text
    assert codes.sequence_number(text) == n


@requirement("CASE-01")
def test_every_sequence_of_a_day_is_different_and_in_order_of_its_text() -> None:
    texts = [codes.sequence_text(n) for n in range(1, codes.LAST_SEQUENCE + 1)]
    assert texts == sorted(set(texts))
    assert not set("IOSVZ") & set("".join(texts))


@requirement("CASE-01")
@pytest.mark.parametrize("n", [0, -1, 31000])
def test_a_day_has_no_sequence_outside_its_range(n: int) -> None:
    with pytest.raises(CodeNotValid):
        codes.sequence_text(n)


@requirement("CASE-01")
@given(implementations, st.dates(), st.integers(1, codes.LAST_SEQUENCE))
def test_a_case_number_has_43_characters_and_reads_back(implementation: str, day: date, n: int) -> None:
    number = codes.case_number(implementation, day, n)
    parts = codes.parse_case_number(number)
    assert len(number) == 43
    assert (parts.implementation, parts.day, parts.sequence) == (implementation, day, n)


@requirement("CASE-01")
@pytest.mark.parametrize("end", ["202602300001", "202603090000", "20260309000", "2026030900011", "20260309I001"])
def test_a_case_number_with_no_such_day_or_sequence_is_refused(end: str) -> None:
    with pytest.raises(CodeNotValid):
        codes.parse_case_number(IMPLEMENTATION + end)


@requirement("LIC-02")
def test_a_licence_type_is_a_credit_code_and_three_digits() -> None:
    assert codes.licence_type_code("11100000000013338W", 32) == TYPE_CODE
    assert codes.is_licence_type_code(TYPE_CODE)
    for text in (TYPE_CODE[:-3] + "000", TYPE_CODE[:-1], "11100000000013338A032"):
        assert not codes.is_licence_type_code(text)


@requirement("LIC-04")
def test_the_published_check_characters_come_out() -> None:
    assert codes.licence_check_character("A12425GABC1234002") == "M"
    assert codes.licence_check_character("11100000000013338W03211511301008778183N00000000000020260001001") == "V"


@requirement("LIC-04")
@given(serials, st.data())
def test_one_wrong_character_or_two_swapped_neighbours_change_the_check(serial: str, data: st.DataObject) -> None:
    check = codes.licence_check_character(serial)
    i = data.draw(st.integers(0, len(serial) - 1))
    other = data.draw(st.sampled_from(codes._MOD36).filter(lambda c: c != serial[i]))
    assert codes.licence_check_character(serial[:i] + other + serial[i + 1 :]) != check


@requirement("LIC-03", "LIC-04")
def test_the_full_identifier_of_the_specification_is_composed() -> None:
    identifier = codes.licence_identifier(TYPE_CODE, "11511301008778183N", "00000000000020260001", 1)
    assert identifier == IDENTIFIER
    assert codes.is_licence_identifier(IDENTIFIER)


@requirement("LIC-03")
def test_no_other_character_may_stand_in_an_identifier() -> None:
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ."
    assert not any(map(codes.is_licence_identifier, wrong_by_one_character(IDENTIFIER, alphabet)))


@requirement("LIC-03")
@given(usccs, usccs, serials, st.integers(1, 998))
def test_an_identifier_reads_back_and_its_stem_outlives_versions(a: str, b: str, serial: str, version: int) -> None:
    first, second = (codes.licence_identifier(a + "001", b, serial, v) for v in (version, version + 1))
    parts = codes.parse_licence_identifier(first)
    assert (parts.type_code, parts.issuer, parts.serial, parts.version) == (a + "001", b, serial, version)
    assert parts.stem == codes.parse_licence_identifier(second).stem
    assert first != second
    assert first.startswith(parts.stem + ".")


@requirement("LIC-03")
@pytest.mark.parametrize(
    ("serial", "version"), [("", 1), ("A" * 21, 1), ("a1", 1), ("A-1", 1), ("A1", 0), ("A1", 1000)]
)
def test_an_identifier_is_not_made_of_a_bad_serial_or_version(serial: str, version: int) -> None:
    with pytest.raises(CodeNotValid):
        codes.licence_identifier(TYPE_CODE, USCCS[0], serial, version)


def test_the_short_form_with_the_other_root_is_read_on_import_only() -> None:
    check = codes.licence_check_character(TYPE_CODE + "AB12" + "002")
    short = f"1.2.156.3003.2.{TYPE_CODE}.AB12.002.{check}"
    assert not codes.is_licence_identifier(short)
    parts = codes.parse_imported_licence_identifier(short)
    assert (parts.issuer, parts.serial, parts.version) == ("", "AB12", 2)
    assert codes.parse_imported_licence_identifier(IDENTIFIER) == codes.parse_licence_identifier(IDENTIFIER)
    with pytest.raises(CodeNotValid):
        codes.parse_imported_licence_identifier(short[:-1] + ("A" if check != "A" else "B"))


@requirement("SEC-08")
@pytest.mark.parametrize(("name", "masked"), [("张三", "张*"), ("欧阳小满", "欧***"), ("张", "张*"), ("", "")])
def test_a_name_keeps_its_first_character(name: str, masked: str) -> None:
    assert codes.mask_name(name) == masked


@requirement("SEC-08")
def test_an_id_number_keeps_six_and_four_and_a_phone_three_and_four() -> None:
    assert codes.mask_id("11010519491231002X") == "110105********002X"
    assert codes.mask_phone("13812345678") == "138****5678"


@requirement("SEC-08")
@given(st.text(max_size=12))
def test_a_number_too_short_to_hide_three_characters_is_hidden_whole(text: str) -> None:
    assert codes.mask_id(text) == "*" * len(text)


@requirement("SEC-08")
@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("浙江省杭州市西湖区文三路1号", "浙江省杭州市西湖区"),
        ("北京市朝阳区建国路88号", "北京市朝阳区"),
        ("山东省济南市市中区经七路", "山东省济南市市中区"),
        ("江苏省苏州市昆山市玉山镇", "江苏省苏州市昆山市"),
        ("新疆维吾尔自治区阿勒泰地区富蕴县", "新疆维吾尔自治区阿勒泰地区富蕴县"),
        ("云南省临沧市双江拉祜族佤族布朗族傣族自治县勐勐镇", "云南省临沧市双江拉祜族佤族布朗族傣族自治县"),
        ("内蒙古自治区呼伦贝尔市鄂伦春自治旗阿里河镇", "内蒙古自治区呼伦贝尔市鄂伦春自治旗"),
        ("广东省东莞市南城街道鸿福小区3栋", "广东省东莞市"),
        ("东莞市万江小区8栋", "东莞市"),
        ("朝阳区大望路超市", "朝阳区"),
        ("幸福路12号", ""),
        ("12 High Street", ""),
    ],
)
def test_an_address_is_kept_down_to_its_county(address: str, kept: str) -> None:
    assert codes.mask_address(address) == kept + "***"


def test_what_people_type_is_read_as_the_standards_write_it() -> None:
    assert codes.normalise_code(" １１０１０５ 1949-1231 002ｘ ") == "11010519491231002X"
