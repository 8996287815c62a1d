"""Whether a takeaway written in Chinese may be shown, and numbers as both languages write them."""

# ruff: noqa: RUF001 -- Chinese punctuation is what is written here

import pytest
from fakes.grounding_case import reason

from triage.core.grounding_quantities import read_quantities

ALLOWED_CHINESE = [
    (3, "KiteRec 的召回率比 SASRec 高出 12.5%。"),
    (3, "在三个数据集上，KiteRec 的召回率比 SASRec 提升 12.5%。"),
    (3, "KiteRec 的 NDCG 比 SASRec 高出 3.2 个百分点以上。"),
    (4, "KiteRec 将延迟从 80 ms 降低到 20 ms，加速最高 4 倍。"),
    (5, "KiteRec 比 SASRec 和 BERT4Rec 的召回率分别提升 12.5% 和 9.1%。"),
    (6, "120 万个物品中有 3000 个可能无法被展示，也不能帮助新用户。"),
]
STOPPED_CHINESE = [
    (3, "KiteRec 的召回率比 SASRec 高出 13.5%。", "13.5%"),
    (3, "KiteRec 的召回率比 SASRec 高出 12.5 个百分点。", "another unit"),
    (3, "KiteRec 的召回率比 SASRec 提升两倍。", "两倍"),
    (3, "KiteRec 的精确率比 SASRec 高出 12.5%。", "精确率"),
    (3, "KiteRec 的召回率比 BERT4Rec 高出 12.5%。", "BERT4Rec"),
    (3, "KiteRec 的召回率比 GPT-5 高出 12.5%。", "GPT-5"),
    (3, "KiteRec 的召回率比 SASRec 降低 12.5%。", "another way"),
    (3, "KiteRec 的召回率并没有比 SASRec 高出 12.5%。", "denies"),
    (3, "KiteRec 首次将召回率提升 12.5%。", "首次"),
    (3, "KiteRec 在所有数据集上提升召回率 12.5%。", "所有"),
    (4, "KiteRec 将延迟降低到 20 ms，加速 4 倍。", "up to"),
    (5, "KiteRec 比 SASRec 和 BERT4Rec 的召回率分别提升 9.1% 和 12.5%。", "not told of"),
    (6, "12 万个物品中有 3000 个不能被展示。", "12 万"),
    (3, "该方法效果很好，非常值得一读。", "too little"),
    (3, "KiteRec outperforms SASRec by 12.5% in recall.", "not in Chinese"),
]


@pytest.mark.parametrize(("sentence", "text"), ALLOWED_CHINESE)
def test_allows_true_chinese_lines(sentence: int, text: str) -> None:
    """Numbers, names and terms of the field found in the cited sentence carry a Chinese line."""
    assert reason(text, sentence, "zh") is None


@pytest.mark.parametrize(("sentence", "text", "why"), STOPPED_CHINESE)
def test_stops_wrong_chinese_lines(sentence: int, text: str, why: str) -> None:
    """Numbers, units, names, hedges, directions and negations are checked across the languages."""
    found = reason(text, sentence, "zh")
    assert found is not None
    assert why in found


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("39.95%", [("39.95", "%")]), ("39.95 percent", [("39.95", "%")]), ("百分之39.95", [("39.95", "%")]),
        ("3,000", [("3000", "")]), ("3K", [("3000", "")]), ("3千", [("3000", "")]), ("1.2M", [("1200000", "")]),
        ("1.2 million", [("1200000", "")]), ("120万", [("1200000", "")]), ("1.2亿", [("120000000", "")]),
        ("twice", [("2", "times")]), ("two", [("2", "")]), ("两倍", [("2", "times")]), ("翻倍", [("2", "times")]),
        ("a factor of two", [("2", "times")]), ("4x and 5×", [("4", "times"), ("5", "times")]), ("2.5-fold", [("2.5",
        "times")]),
        ("3 pp", [("3", "points")]), ("3 个百分点", [("3", "points")]), ("14.3 AUC points", [("14.3", "points")]),
        ("2.4, 8.7, and 2.9 points", [("2.4", "points"), ("8.7", "points"), ("2.9", "points")]),
        ("55.8-67.8%", [("55.8", "%"), ("67.8", "%")]), ("twenty-one", [("21", "")]), ("三分之一",
        [("0.3333333333333333333333", "")]),
        ("GPT-4, Qwen3-4B, nDCG@5, F1, pass@1, 3D, 5ting", []), ("Llama-3.3-70B", []), ("zero-shot", []),
    ],
)  # fmt: skip
def test_reads_numbers_in_both_languages(text: str, read: list[tuple[str, str]]) -> None:
    """Values are exact and come with their unit; digits in names are no numbers."""
    assert [(quantity.value, quantity.unit) for quantity in read_quantities(text)] == read
