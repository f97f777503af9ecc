"""Files that are zip archives: whether they may be unpacked."""

from __future__ import annotations

import zipfile
from io import BytesIO

from retain.errors import SourceError


def check_unpacked(data: bytes, source: str, suffix: str, max_bytes: int) -> frozenset[str]:
    """The names of the parts; zipfile reads no more of a part than its declared size.

    Raises:
        SourceError: The file is damaged, or its parts say that they are too large.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise SourceError(
            source,
            f"is damaged, protected by a password, or no {suffix} at all: "
            "open it in the program that wrote it and save it again",
        ) from error
    n_bytes = sum(part.file_size for part in parts)
    if n_bytes > max_bytes:
        raise SourceError(
            source,
            f"unpacks to {n_bytes} bytes, more than the limit of {max_bytes}: split it, "
            "or raise the limit with RETAIN_MAX_BYTES",
        )
    return frozenset(part.filename for part in parts)
