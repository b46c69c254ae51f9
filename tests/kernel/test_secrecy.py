"""A mark of secrecy is found however it is written, and no ordinary word is taken for one."""

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.requirements import requirement
from tongban.kernel import secrecy
from tongban.kernel.secrecy import KINDS, MARKS, Kind, mark_in, mark_in_name, mark_inside, without_marks

STATE = [
    "绝密★1年", "绝密★长期", "机密★20年", "秘密★10年", "秘密★6个月", "机密★三年", "绝密★30年", "绝密★", "机密★", "秘密★",
    "机密★启用前", "绝密★考试前", "机密★2030年1月1日", "秘密★解密条件另行通知", "机密级★5年", "机密★５年", "机密★ 5 年",
    "机 密 ★ 5 年", "机\u3000密\u3000★\u30005\u3000年", "机\u00a0密★5年", "机\t密\t★\t5年", "机\u200b密\u200b★5年", "机\ufeff密★5年",
    "機密★5年", "絕密★長期", "祕密★十年", "絶密★1年", "祕 密 ★ 1 年", "秘密☆5年", "机密⭐5年", "机密★\ufe0f5年", "机密✰5年",
    "机密*5年", "机密＊5年", "绝密*长期", "秘密*6个月", "机\n密\n★\n5\n年", "机密\n★5年", "机密\n★\n5年", "甲方文件机密\n★5年\n",
    "机密", "绝密", "秘密", "機密", "祕密", "绝 密", "机\u3000密", "机密级", "秘密级", "机密 特急", "特急 机密", "绝密 加急",
    "000123\n机密★1年\n特急", "000123 机密", "№000007 秘密", "份号：000012 绝密", "密级：机密", "密级:秘密", "秘密等级：绝密",
    "密级和保密期限：机密★5年", "【机密】", "（秘密）", "[绝密]", "〔机密〕", "《机密》",
    "第一行\n第二行\n机密\n关于某事的报告", "某某市文件\n某发〔2026〕1号\n秘密\n关于某事的通知",
    "附件二\n本表由某局填写 机密★5年 请妥善处理", "这是第一段。机密★1年 以下为摘录。", "一、基本情况（机密★3年）内容如下",
]
WORK = [
    "工作秘密", "工作祕密", "（工作秘密）", "【工作秘密】", "工 作 秘 密", "工作秘密★3年", "工作秘密★长期", "工作秘密*1年", "内部★1年",
    "內部★長期", "内部资料 注意保存", "内部资料，注意保存", "内部资料\n注意保存", "内部资料 妥善保管", "内部文件 注意保管",
    "内部事项 注意保管",
    "內部資料 注意保存", "内 部 资 料 注 意 保 存", "内部资料 请注意保管", "内部资料 严格保密", "内部使用 注意保管", "内部传阅 妥善保管",
    "内部资料 请勿外传", "内部使用，不得外传", "内部文件 严禁外传", "内部资料 禁止扩散", "内部参考 不得转发", "此件为内部资料，请勿外传。",
    "工作秘密，不得外传", "工作秘密 注意保管", "内部刊物 注意保存\n2026年第3期", "第一行\n第二行\n内部资料 不得外传\n正文",
]
ORDINARY = [
    "商业秘密", "商业秘密保护承诺书", "保密协议", "保密义务", "通信秘密", "技术秘密", "个人秘密", "国家秘密", "不涉及国家秘密",
    "本单位承诺保守商业秘密。", "公民的通信自由和通信秘密受法律的保护。", "涉及国家秘密的除外。", "保守国家秘密法",
    "中华人民共和国保守国家秘密法",
    "行政机关不得公开涉及国家秘密、商业秘密、个人隐私的政府信息。", "国家秘密的密级分为绝密、机密、秘密三级。", "机密文件柜生产线",
    "秘密花园餐饮有限公司",
    "绝密飞行主题餐厅", "保密委员会", "保密局", "机密性、完整性、可用性", "机密计算实验室", "密级：公开", "密级：无", "密级：内部",
    "密级", "秘",
    "商业秘密★★★", "商业秘密★5年", "普通商密★5年", "核心商密★长期", "不涉及国家秘密\n★3.1 投标人须具备资质",
    "不得泄露国家秘密\n★10年以上从业经验者优先",
    "本项目无国家秘密内容\n★ 重要条款", "五星★★★★★好评", "★ 保密要求：签订保密协议", "★ 不得泄露秘密", "机密室钥匙领用登记",
    "工作秘密范围由各单位规定",
    "工作人员不得泄露工作秘密。", "公务员应当保守国家秘密和工作秘密", "工作秘密管理暂行办法", "内部资料", "内部文件", "内部装修施工图",
    "建筑内部装修防火",
    "公司内部资料注意保管好", "乙方对公司的内部资料注意保存与归档", "乙方对公司内部资料不得外传，违者承担责任。",
    "本单位内部文件妥善保管在档案室", "内部控制制度",
    "内部使用面积 120 平方米", "内部道路 严禁停车", "内部停车场 禁止通行", "请妥善保管本回执", "注意保存", "妥善保管营业执照正副本",
    "不得外传",
    "商业\n秘密", "技术\n秘密", "通信\n秘密\n保护", "企业商业\n秘密\n清单", "关于商业秘密的\n若干规定", "保护国家秘密是每个公民的义务",
    "是否属于秘密：否",
    "我不想公开的秘密太多了", "秘密*必填项", "机密*", "密码★提示", "紧密★合作", "精密*10台", "严密★5年质保", "亲密★1年纪念",
    "周密★3个月计划", "致密砖*10块",
    "严密*5年", "secret ★ 5 years", "CONFIDENTIAL", "", " ", "★", "密", "绝", "机械密封★3年质保", "秘书处密切联系★2年", "数据保密★承诺",
    "绝对机要 密封条*2年",
    "严守工作秘密，严格保密纪律", "不泄露工作秘密，妥善保管文件", "3、内部资料严格保密；", "重要内部文件妥善保管。",
    "此卡仅供内部使用，请妥善保管",
]
PAGE = """高陵市行政审批服务局文件
关于办理食品经营许可有关事项的通知
各镇（街道）人民政府（办事处），各有关单位：
为进一步优化营商环境，规范食品经营许可工作，根据《中华人民共和国食品安全法》和《食品经营许可和备案管理办法》，
现就有关事项通知如下。工作人员对知悉的商业秘密和个人隐私负有保密义务，不得泄露国家秘密、工作秘密。
一、申请人应当提交的材料：（一）食品经营许可申请书；（二）营业执照复印件；（三）设备布局和操作流程文件。
二、办理时限：自受理之日起 10 个工作日内作出决定。联系电话：029-86912222。
内部装修应当符合消防要求，内部管理制度应当上墙公示。
2026年3月2日"""


@requirement("SEC-14")
@pytest.mark.parametrize("text", STATE)
def test_a_mark_of_a_state_secret_is_found(text):
    assert KINDS[mark_in(text)] is Kind.STATE


@requirement("SEC-14")
@pytest.mark.parametrize("text", WORK)
def test_a_mark_of_a_secret_of_work_is_found(text):
    assert KINDS[mark_in(text)] is Kind.WORK


@requirement("SEC-14")
@pytest.mark.parametrize("text", [*ORDINARY, PAGE])
def test_an_ordinary_word_is_no_mark(text):
    assert mark_in(text) == ""


def test_there_are_enough_samples_to_tell_them_apart():
    assert min(len(set(STATE)), len({*STATE, *WORK}) // 2, len(set(ORDINARY))) >= 50 and len(set(STATE)) >= 60 <= len(set(ORDINARY))


GAPS = st.text(" \t\u3000\u00a0\u2003\u200b\u2060\ufeff\u00ad", max_size=3)
STARRED = st.tuples(
    st.sampled_from(["绝密", "机密", "秘密", "絕密", "機密", "祕密", "工作秘密"]), st.sampled_from("★☆⭐✰"),
    st.sampled_from(["", "1年", "１０年", "长期", "6个月", "三年", "启用前"]))
OWN_LINE = ["内部资料注意保存", "内部文件妥善保管", "工作秘密★3年", "内部使用不得外传", "內部資料注意保存"]


def spaced(data, mark):
    return "".join(each + data.draw(GAPS) for each in mark)


@requirement("SEC-14")
@given(data=st.data(), mark=STARRED.map("".join), at=st.integers(0, len(PAGE)))
@hypothesis_settings(max_examples=400, deadline=None)
def test_a_starred_mark_is_found_at_any_place_of_a_page_however_it_is_spaced(data, mark, at):
    before, after = PAGE[:at], PAGE[at:]
    if before.rstrip().endswith(("商业", "技术", "经营", "企业", "公司", "通信", "个人", "客户", "工作")):
        before += "。"
    assert mark_in(before + spaced(data, mark) + " " + after)


@requirement("SEC-14")
@given(data=st.data(), mark=st.sampled_from(OWN_LINE), line=st.integers(0, 9))
@hypothesis_settings(max_examples=200, deadline=None)
def test_any_mark_on_a_line_of_its_own_is_found_however_it_is_spaced(data, mark, line):
    lines = PAGE.split("\n")
    lines.insert(line, spaced(data, mark))
    assert mark_in("\n".join(lines))


@requirement("SEC-14")
@given(data=st.data(), grade=st.sampled_from(["绝密", "機密", "祕密"]), line=st.integers(0, 10))
def test_a_grade_alone_counts_among_the_first_lines_of_a_page_only(data, grade, line):
    lines = ["普通的一行文字。"] * 12
    lines.insert(line, spaced(data, grade))
    assert (mark_in("\n".join(lines)) == "state-head") is (line < MARKS.head_lines)


@requirement("SEC-14")
@pytest.mark.parametrize(("name", "kind"), [
    ("机密★1年.pdf", "STATE"), ("机密.pdf", "STATE"), ("关于某事的通知（秘密）.pdf", "STATE"), ("【绝密】方案.docx", "STATE"),
    ("機密-方案.pdf", "STATE"),
    ("某局_机密_2026.pdf", "STATE"), ("某局 秘密★5年.jpg", "STATE"), ("C:\\files\\绝密.pdf", "STATE"), ("工作秘密.pdf", "WORK"),
    ("内部资料 注意保存.pdf", "WORK"), ("内部资料_不得外传.pdf", "WORK"), ("商业秘密保护承诺书.pdf", ""), ("秘密花园营业执照.pdf", ""),
    ("保密协议.pdf", ""),
    ("商业秘密.pdf", ""), ("国家秘密培训证书.pdf", ""), ("内部装修.pdf", ""), ("IMG_0001.jpg", ""), ("身份证.jpg", ""),
])
def test_the_name_of_a_file_is_read_as_names_are_written(name, kind):
    assert KINDS.get(mark_in_name(name), "") == kind


@requirement("SEC-14")
def test_a_mark_is_found_in_the_answers_of_a_form_however_deep():
    assert mark_inside({"rows": [{"name": "甲"}, {"name": ["乙", "机密★5年"]}]}) == "state-star"
    assert mark_inside({"rows": [{"name": "商业秘密"}], "count": 3, "agreed": True, "none": None}) == ""


@requirement("SEC-14")
def test_only_what_bears_a_mark_is_taken_out_and_what_stood_in_its_field_comes_back():
    marked = "机密★5年"
    typed = {"rows": [{"name": "甲", "note": marked}, {"name": "乙"}], "lines": ["一", marked, "三"],
             "shop": {"name": marked, "area": 4}, "name": marked, "count": 3, "agreed": False}
    left = {"rows": [{"name": "甲"}, {"name": "乙"}], "lines": ["一", "三"], "shop": {"area": 4}, "count": 3, "agreed": False}
    assert without_marks(typed) == left
    former = {"name": "老店", "shop": {"name": "分店", "gone": "x"}, "lines": ["一", "二"], "rows": [{"note": "丁"}], "other": "x"}
    assert without_marks(typed, former) == left | {"name": "老店", "shop": {"name": "分店", "area": 4}}


def test_every_mark_names_its_source_and_no_code_is_used_twice():
    codes = [each.code for each in MARKS.marks]
    assert len(codes) == len(set(codes)) and MARKS.version >= 1
    assert all(len(each.source) > 10 for each in MARKS.marks)
    assert {mark_in(text) for text in (*STATE, *WORK)} | {"state-name"} == set(codes), "a mark without a sample"


def test_a_text_of_millions_of_characters_is_read_in_time():
    assert secrecy.mark_in("国家秘密和商业秘密，内部资料。绝" * 60_000 + "机密★1年") == "state-star"
