"""Checks who includes whom: docs/architecture.md, "Layers". Silent when all is well."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')

# What each layer may include beside itself.
MAY_INCLUDE = {
    "base": set(),
    "io": {"base"},
    "aws": {"io", "base"},
    "domain": {"base"},
    "repo": {"aws", "domain", "base"},
    "notify": {"repo", "aws", "io", "domain", "base"},
    "http": {"io", "base"},
    "api": {"http", "repo", "notify", "domain", "base"},
}
EVERYTHING = set(MAY_INCLUDE)
MAY_INCLUDE["daemon"] = EVERYTHING
MAY_INCLUDE["main"] = EVERYTHING | {"daemon"}

# The homes of libraries: whoever needs one goes through them. The first pattern that fits counts.
LIBRARY_HOMES = (
    (r"curl/", r"src/io/\w+\.c"),
    (r"cjose/", r"src/http/jwks\.c"),
    (r"openssl/ssl\.h", r"src/io/\w+\.c"),
    (r"openssl/", r"src/base/digest\.c"),
    (r"gnutls/", r"src/http/\w*tls\w*\.c"),
    (r"microhttpd\.h", r"(src|include)/http/\w+\.[ch]"),
)


def layer_of(path):
    """src/io/loop.c and include/io/loop.h are io; src/main.c is main."""
    return path.parts[1] if len(path.parts) > 2 else "main"


def mistake_in_layer(path, name):
    layer, target = layer_of(path), name.split("/")[0]
    if "/" not in name:  # a private header, beside the file
        return None if (ROOT / path.parent / name).exists() else f"{name} is not beside it"
    if not (ROOT / "include" / name).exists():
        return f"there is no include/{name}"
    if target != layer and target not in MAY_INCLUDE[layer]:
        return f"{layer} must not include {name}"
    return None


def mistake_in_library(path, name):
    for library, home in LIBRARY_HOMES:
        if re.match(library, name):
            return None if re.fullmatch(home, str(path)) else f"<{name}> belongs into {home}"
    return None


def mistakes_in(path):
    """Yields lines in a compiler's form."""
    if layer_of(path) not in MAY_INCLUDE:
        yield f"{path}:1: there is no layer {layer_of(path)}"
        return
    for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
        if found := INCLUDE.match(line):
            own, library = found.groups()
            mistake = mistake_in_layer(path, own) if own else mistake_in_library(path, library)
            if mistake:
                yield f"{path}:{number}: {mistake}"
    if path.suffix == ".c" and layer_of(path) != "main":
        headers = ROOT / "include" / path.parts[1] / f"{path.stem}.h", (ROOT / path).with_suffix(".h")
        if not any(header.exists() for header in headers):
            yield f"{path}:1: it has no header include/{path.parts[1]}/{path.stem}.h"


def main():
    files = sorted(path.relative_to(ROOT) for folder in ("src", "include")
                   for path in (ROOT / folder).rglob("*.[ch]"))
    mistakes = [line for path in files for line in mistakes_in(path)]
    print("".join(f"{line}\n" for line in mistakes), end="", file=sys.stderr)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
