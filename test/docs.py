"""make docs: puts the tables of settings and of routes, as shopd prints them, where they belong.

docs.py <shopd>. Tests see to it that the tables are up to date.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TABLES = (("settings", ROOT / "README.md"), ("routes", ROOT / "docs" / "api.md"))


def put(shopd, name, document):
    table = re.compile(rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)", re.S)
    shown = subprocess.run([Path(shopd).resolve(), f"--{name}"], check=True, stdout=subprocess.PIPE,
                           text=True).stdout
    after, count = table.subn(lambda found: found[1] + shown + found[2], document.read_text())
    if count != 1:
        return f"{document.name}: there must be one place for the table of {name}"
    document.write_text(after)
    return 0


def main(shopd):
    return next(filter(None, (put(shopd, name, document) for name, document in TABLES)), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
