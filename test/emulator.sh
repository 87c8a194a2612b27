#!/bin/sh
# emulator.sh <binary>: installs the DynamoDB emulator inside the checkout, and sees that it runs.
#
# npm takes the version and the checksum from config/emulator/package-lock.json, and the registry,
# proxies and certificates from the user's own configuration. It writes to .local/ only.
set -eu

binary=$1
folder=.local/emulator

if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
	echo "emulator: no pinned build of dynoxide for $(uname -s) on $(uname -m)." >&2
	echo "emulator: install dynoxide 1.2.1 yourself and name it: make ... SHOPD_EMULATOR=/path/to/dynoxide" >&2
	exit 1
fi

echo "emulator: installing dynoxide into $folder"
rm -rf "$folder"
mkdir -p "$folder"
cp config/emulator/package.json config/emulator/package-lock.json "$folder/"
if ! (cd "$folder" && npm ci --cache ../npm-cache --ignore-scripts --no-audit --no-fund \
	--no-update-notifier --no-progress --loglevel=error); then
	echo "emulator: npm could not install it, for the reason above." >&2
	exit 1
fi

wanted=$(sed -n 's/.*"@dynoxide\/linux-x64": "\(.*\)".*/\1/p' config/emulator/package.json)
found=$("$binary" --version)
if [ "$found" != "dynoxide $wanted" ]; then
	echo "emulator: $binary says '$found', not 'dynoxide $wanted'." >&2
	exit 1
fi
touch "$binary" # npm gives it a date long past, and make compares dates
