"""Write the checksum of each shipped target into its file: `python benchmarks/checksums.py`.

For when such a file was edited by hand, and meant to be.  `archlint measure` writes its own.
"""

from __future__ import annotations

import re

import tomli

from archlint.cost.target import checksum_of
from archlint.cost.target_files import SHIPPED, TargetFiles, list_targets
from archlint.whole_file import write_whole


def write_checksum(files: TargetFiles) -> None:
    """Bring the line of the checksum up to date with the rows and the rest of the file."""
    text, (table,) = files.file.read_text(encoding="utf-8"), files.tables
    line = f'checksum = "{checksum_of(tomli.loads(text), table.read())}"'
    text, lines = re.subn("^checksum = .*$", line, text, flags=re.MULTILINE)
    assert lines == 1, f"{files.file}: there is no line for the checksum"
    write_whole(files.file, text.encode())


if __name__ == "__main__":
    for each in list_targets(SHIPPED).values():
        write_checksum(each)
