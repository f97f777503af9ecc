"""PowerPoint files: a section for each slide, with its notes, by markitdown."""

from __future__ import annotations

import re
import warnings
from io import BytesIO

from retain.sources.decoding import valid_unicode
from retain.sources.formats.base import Converted, Sample
from retain.sources.formats.libraries import library
from retain.sources.formats.packed import check_unpacked

_TITLED_SLIDE = re.compile(r"^<!-- Slide number: \d+ -->\n(?=# )", re.MULTILINE)
_SLIDE = re.compile(r"^<!-- Slide number: (\d+) -->$", re.MULTILINE)
_PICTURE = re.compile(r"^!\[[^\]\n]{0,500}\]\([^)\n]{0,500}\)\n?", re.MULTILINE)


class Pptx:
    """PowerPoint files."""

    name = "pptx"
    suffixes = frozenset({".pptx"})
    extra = "docs"

    def detect(self, sample: Sample) -> bool | None:
        return None

    def convert(self, data: bytes, source: str, max_bytes: int) -> Converted:
        check_unpacked(data, source, ".pptx", max_bytes)
        markitdown = library("markitdown", source)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = markitdown.converters.PptxConverter().convert(
                BytesIO(data), markitdown.StreamInfo(extension=".pptx")
            )
        text = _SLIDE.sub(r"# Slide \1\n", _TITLED_SLIDE.sub("", made.markdown))
        text, pictures = _PICTURE.subn("", text)
        text = valid_unicode(text).replace("\f", "\n\n").replace("\v", "\n")
        return Converted(text, passed_over={"pictures": pictures} if pictures else {})
