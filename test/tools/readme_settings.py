"""Puts the table of settings that shopd prints into the README: make docs."""
import pathlib
import re
import subprocess
import sys

readme = pathlib.Path("README.md")
table = subprocess.run([sys.argv[1], "--settings"], check=True, capture_output=True, text=True).stdout
text = re.sub(r"(<!-- settings:begin -->\n).*?(<!-- settings:end -->)",
              lambda found: found.group(1) + table + found.group(2), readme.read_text(), flags=re.S)
readme.write_text(text)
