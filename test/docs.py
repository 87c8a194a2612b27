"""make docs: puts what shopd prints of itself into the documents where it belongs.

docs.py <shopd>. Tests see to it that they are up to date.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACES = (("README.md", "settings"), ("docs/api.md", "routes"), ("docs/api.md", "problems"),
          ("docs/notifications.md", "events"))


def main(shopd):
    for document, name in PLACES:
        path = ROOT / document
        place = re.compile(rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)", re.S)
        shown = subprocess.run([Path(shopd).resolve(), f"--{name}"], check=True,
                               stdout=subprocess.PIPE, text=True).stdout
        after, count = place.subn(lambda found, text=shown: found[1] + text + found[2],
                                  path.read_text())
        if count != 1:
            return f"{document}: there must be one place for the {name}"
        path.write_text(after)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
