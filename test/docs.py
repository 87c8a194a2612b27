"""make docs: puts the table of settings, as shopd prints it, into the README.

docs.py <shopd>. A test sees to it that the table is up to date.
"""

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"
TABLE = re.compile(r"(<!-- settings:begin -->\n).*?(<!-- settings:end -->)", re.S)


def main(shopd):
    shown = subprocess.run([Path(shopd).resolve(), "--settings"], check=True, stdout=subprocess.PIPE,
                           text=True).stdout
    after, count = TABLE.subn(lambda found: found[1] + shown + found[2], README.read_text())
    if count != 1:
        return "README.md: there must be one place for the table of settings"
    README.write_text(after)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
