"""Letters of many scripts: which fonts draw them here, and what to say of those that none draws."""

import logging
import re
import unicodedata
import warnings
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

from cxlib.catalogue import tell

FIRST = "DejaVu Sans"
"""Comes with matplotlib; draws Latin, Greek, Cyrillic, Arabic, Hebrew (upright), Georgian, Armenian."""

SCRIPTS = {
    "Korean": ("\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3", "fonts-noto-cjk"),
    "Japanese": ("\u3040-\u30ff\u31f0-\u31ff", "fonts-noto-cjk"),
    "Chinese": ("\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff", "fonts-noto-cjk"),
    "Arabic": ("\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff", "fonts-noto-core"),
    "Hebrew": ("\u0590-\u05ff", "fonts-noto-core"),
    "Thai": ("\u0e00-\u0e7f", "fonts-noto-core"),
    "Devanagari": ("\u0900-\u097f", "fonts-noto-core"),
    "emoji": ("\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff", "fonts-symbola"),
}
"""Name, letters as a regular expression's range, and the package of Debian that draws them."""

FALLBACKS = [
    *("Noto Sans CJK KR", "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans KR", "Noto Sans JP", "Noto Sans SC"),
    *("Malgun Gothic", "Apple SD Gothic Neo", "NanumGothic", "Yu Gothic", "Hiragino Sans", "IPAexGothic"),
    *("Microsoft YaHei", "PingFang SC", "Heiti SC", "WenQuanYi Zen Hei"),
    *("Noto Sans Arabic", "Geeza Pro", "Noto Sans Hebrew", "Arial Hebrew", "Noto Sans Thai", "Thonburi", "Tahoma"),
    *("Noto Sans Devanagari", "Nirmala UI", "Kohinoor Devanagari", "Noto Sans Bengali", "Noto Sans Tamil"),
    *("Noto Sans Telugu", "Noto Sans Gujarati", "Noto Sans Gurmukhi", "Noto Sans Kannada", "Noto Sans Malayalam"),
    *("Noto Sans Sinhala", "Noto Sans Lao", "Noto Sans Myanmar", "Noto Sans Khmer", "Noto Sans Ethiopic"),
    "Noto Sans Symbols2",
    *("Noto Emoji", "Symbola", "Segoe UI Symbol", "Apple Symbols", "Arial Unicode MS"),
]
"""Families of Linux, Windows and macOS, in the order in which a letter looks for its font; none is in colour."""

NEW_FONT = re.compile(rf"({'|'.join(family.replace(' ', '') for family in FALLBACKS)}|NotoSansCJK)-(Regular|Bold)$")


@cache
def families() -> tuple[str, ...]:
    """The font of every chart and the fallbacks this machine has, also those installed since matplotlib last looked."""
    known = {font.fname for font in font_manager.fontManager.ttflist}
    for path in sorted(font_manager.findSystemFonts()):
        if path not in known and NEW_FONT.match(Path(path).stem):
            font_manager.fontManager.addfont(path)
    there = set(font_manager.get_font_names())
    return (FIRST, *(family for family in FALLBACKS if family in there))


def hush_fonts() -> None:
    """Letters without a font are no warning on the screen: `missing_scripts` says it once, in words."""
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from font", category=UserWarning)


def missing_scripts(texts: Iterable[object]) -> list[str]:
    """A sentence a script whose letters no font of this machine draws in the charts; none where all are drawn.

    Blanks among the texts, and what is no text, are passed over.
    """
    letters = sorted({letter for text in texts if isinstance(text, str) for letter in text if letter > "\x7f"})
    scripts = dict.fromkeys(script_of(letter) for letter in letters if not is_drawn(letter, families()))
    return [say_missing(script) for script in sorted(scripts)]


def say_missing(script: str) -> str:
    """What to do where the letters of a script cannot be drawn."""
    package = SCRIPTS.get(script, ("", "fonts-noto-core"))[1]
    if script == "emoji":
        return tell(
            "Emoji cannot be drawn in the charts of this machine, a box stands for each: install a font in black "
            "(Debian: {package}), then run again.", package=package,
        )  # fmt: skip
    return tell(
        "Names in {script} cannot be drawn in the charts of this machine: install the fonts (Debian: {package}), "
        "then run again.", script=tell(script), package=package,
    )  # fmt: skip


def script_of(letter: str) -> str:
    """The script a letter belongs to.

    >>> script_of("결"), script_of("ひ"), script_of("付"), script_of("🎉"), script_of("අ")
    ('Korean', 'Japanese', 'Chinese', 'emoji', 'Sinhala')
    """
    for script, (letters, _) in SCRIPTS.items():
        if re.match(f"[{letters}]", letter):
            return script
    return unicodedata.name(letter, "another script").split()[0].capitalize()


@cache
def is_drawn(letter: str, fonts: tuple[str, ...]) -> bool:
    """Whether one of the fonts has the letter, or it is one that is never seen."""
    unseen = unicodedata.category(letter) in ("Cc", "Cf", "Mn", "Zs")
    return unseen or any(font_of(family).get_char_index(ord(letter)) for family in fonts)


@cache
def font_of(family: str) -> FT2Font:
    """A family's upright font, opened once."""
    return font_manager.get_font(font_manager.findfont(family))
