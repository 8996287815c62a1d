"""What can be checked of a Chinese line against an English sentence: terms, directions, negations, order."""

# ruff: noqa: RUF001 -- dashes, quotes and Chinese punctuation are what is matched here

import re
from collections.abc import Mapping
from typing import Final

from triage.core.grounding_names import find_names
from triage.core.grounding_owners import find_wrong_owner
from triage.core.grounding_quantities import read_quantities
from triage.core.grounding_words import direction_of, read_words

_TERMS: Final[Mapping[str, str]] = {
    "准确率": r"accura|exact.match", "精确率": r"precision", "召回率": r"recall", "点击率": r"click|CTR",
    "转化率": r"conversion|CVR",
    "成功率": r"success|resolve|solv|complet|pass", "错误率": r"error", "延迟": r"laten|delay", "成本": r"cost|cheap|"
    r"expens|"
    r"price",
    "速度": r"speed|fast|slow|accelerat|throughput|times", "加速": r"speed|fast|accelerat", "吞吐": r"throughput",
    "幻觉": r"hallucinat", "偏见": r"bias", "公平": r"fair", "安全": r"safe|secur", "隐私": r"privac|private",
    "数据集": r"data", "基准": r"benchmark|test|suite", "基线": r"baseline|existing|previous|prior",
    "任务": r"task|problem",
    "模型": r"model|LLM|transformer|network|LM|policy", "推荐": r"recommend", "检索": r"retriev|search|RAG",
    "排序": r"rank|order", "智能体": r"agent",
    "强化学习": r"reinforcement|RL", "大语言模型": r"language model|LLM", "用户": r"user|customer|people",
    "线上": r"online|A/B|"
    r"live|production",
    "代码": r"code|coding|program|software", "推理": r"reason|infer", "训练": r"train", "微调": r"fine.?tun",
    "翻译": r"translat",
    "对齐": r"align", "参数": r"parameter", "内存": r"memory", "能耗": r"energy|power", "人类": r"human|people|expert",
    "首个": r"first", "首次": r"first", "最先进": r"state.of.the.art|SOTA", "最佳": r"best|state.of.the.art|optimal|"
    r"highest",
    "最好": r"best", "最优": r"best|optimal|state",
    "所有": r"\ball\b|every|each|any\b", "全部": r"\ball\b|every|entire|full", "总是": r"always", "始终": r"always|"
    r"consistent", "唯一": r"only|sole|unique", "完全": r"full|complete|entire|perfect|total",
    "证明": r"prove|proof|show|demonstrat", "保证": r"guarante|ensur", "因为": r"because|due|cause",
    "导致": r"cause|lead|"
    r"result|due", "显著": r"significan|substantial|sharp|marked|large",
    "大多数": r"most|majority", "多数": r"most|majority", "平均": r"average|mean|macro", "一致": r"consisten|agree",
}  # fmt: skip
_TOPIC_TERMS: Final = "数据集 任务 模型 推荐 检索 智能体 强化学习 大语言模型 用户 代码 推理 训练 安全 隐私"
_TOPICS: Final = frozenset(_TOPIC_TERMS.split())
_UP = re.compile(r"提[升高]|增[加长强]|改[善进]|上升|优于|超过|胜过|超越|高于|高出|高达|更[高好快多强]|加速|翻倍|扩大")
_DOWN = re.compile(r"降低|减少|下降|削[减弱]|缩[短小]|低于|不及|劣于|恶化|损害|更[低差慢少]|减慢|退化|低 ?\d")
_NOT = re.compile(
    r"(?:[^\s区特]?不(?!仅|同|断|到|足|少于|超过|低于)|没有|没|无法|无需|未能|并非|未(?!来|知)|无(?!损|监督))"
)
_HANZI = re.compile(r"[\u3400-\u9fff]$")
_ONE = 1
_VERBAL_NOT = re.compile(
    r"\b(?:not(?! only)|cannot|never|no longer|fails?|failed|unable|hardly|rarely|barely|neither)\b|n't\b",
    re.IGNORECASE,
)
_ANY_NOT = re.compile(
    r"\b(?:no|not|never|without|cannot|none|un\w{4,}|in(?:ability|sufficient)|fails?|free|less)\b|\bunreliable",
    re.IGNORECASE,
)


def find_unsupported_chinese(line: str, cited: str, paper: str) -> str | None:
    """What is wrong with a Chinese line whose numbers and names were found; None when nothing is seen to be.

    Words cannot be compared, so a line must hold at least two things that can: numbers, names, terms of the field.
    """
    terms = [term for term in _TERMS if term in line]
    told = [term for term in terms if re.search(_TERMS[term], cited, re.IGNORECASE)]
    for term in terms:
        is_topic = term in _TOPICS and re.search(_TERMS[term], paper, re.IGNORECASE)
        if term not in told and not is_topic and not any(term in other for other in told):
            return f"“{term}” is not in the sentence it cites"
    names = [name for name in find_names(line, is_chinese=True) if name.casefold() in cited.casefold()]
    if len(read_quantities(line)) + len(names) + len(told) <= _ONE:
        return "too little of it can be compared with the sentence it cites"
    words = read_words(cited)
    signs = {direction_of(word) for word in words}
    if (_UP.search(line) and 1 not in signs) or (_DOWN.search(line) and -1 not in signs):
        return "the sentence it cites goes another way"
    denied = bool(_NOT.search(line))
    if (denied and not _ANY_NOT.search(cited)) or (not denied and _VERBAL_NOT.search(cited)):
        return "it denies what the sentence it cites does not, or the other way round"
    return find_wrong_owner(
        [word for word in read_words(line) if word.text in "，。；、和与" or not _HANZI.match(word.text)], words
    )
