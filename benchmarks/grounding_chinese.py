"""Chinese lines with something planted, from templates written by hand."""

# ruff: noqa: RUF001 -- Chinese punctuation is what is written here

from random import Random
from typing import Final

from benchmarks.grounding_rewrites import Line
from triage.core.grounding_names import find_names
from triage.core.grounding_quantities import read_quantities

_NUMBER: Final = (
    "{name} 将性能提升 {number}。", "{name} 的准确率达到 {number}。", "{name} 相比基线提高 {number}。",
    "{name} 将延迟降低 {number}。",
    "实验表明 {name} 的召回率为 {number}。", "{name} 在线上实验中提升点击率 {number}。", ("{name} 的成本减少了 "
    "{number}。"),
    "在多个数据集上，{name} 平均提升 {number}。", "{name} 的成功率只有 {number}。", "{name} 比最强基线高出 {number}。",
)  # fmt: skip
_NAME: Final = (
    "在 {foreign} 上，{name} 优于所有基线。", "{name} 超过了 {foreign}。", "{name} 基于 {foreign} 构建，效果更好。",
    "{foreign} 的表现优于 {name}。",
    "{name} 在 {foreign} 基准上取得最佳结果。",
)  # fmt: skip
_CLAIM: Final = (
    "{name} 首次保证了所有任务的安全性。", "{name} 完全消除了幻觉问题。", "{name} 并不能提升任何性能。",
    "{name} 证明人类总是优于模型。",
    "{name} 的推理速度最快，内存最低。",
)  # fmt: skip


def write_chinese(line: Line, rng: Random) -> str | None:
    """A false line in Chinese about the paper: a wrong number, a foreign name or a claim of nobody's."""
    head, colon, _ = line.title.partition(":")
    names = find_names(line.text, is_chinese=False)
    name = head if colon and len(head.split()) == 1 else names[0] if names else "该方法"
    known = {quantity.value for quantity in read_quantities(" ".join((line.title, *line.sentences)))}
    number = next(text for text in iter(lambda: f"{rng.uniform(1, 99):.1f}", "") if text not in known)
    template = rng.choice((*_NUMBER, *_NAME, *_CLAIM))
    return template.format(
        name=name, number=f"{number}%", foreign=rng.choice(["SASRec", "MMLU-Pro", "GPT-5", "MovieLens", "BERT4Rec"])
    )
