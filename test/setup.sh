#!/bin/sh
# setup.sh <package>...: sees to it that these Debian packages are installed.
#
# When all are there, and that is the ordinary case, it only asks dpkg and changes nothing. Otherwise
# it says what is missing and installs it: as root, or by sudo; with neither it prints the command
# for somebody who may, and fails.
set -eu

# Those of the packages that are not installed.
missing() {
	dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
		awk -v wanted="$*" '
			$2 == "installed" { there[$1] = 1 }
			END {
				count = split(wanted, name, " ")
				for (i = 1; i <= count; i++)
					if (!(name[i] in there))
						printf "%s ", name[i]
			}'
}

# sudo drops the environment; what apt needs to reach its mirrors comes along. RUNLEVEL=1: a service
# that a package brings along (nginx) is not started.
apt() {
	set -- apt-get "$@"
	for name in http_proxy https_proxy all_proxy no_proxy; do
		eval "value=\${$name:-}"
		[ -z "$value" ] || set -- "$name=$value" "$@"
	done
	if ! $sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 "$@" >>"$log" 2>&1 9>&-; then
		tail -n 20 "$log" >&2
		echo "setup: apt-get has failed; more is in $log" >&2
		exit 1
	fi
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	echo "setup: this is no Debian; it is up to you that these are installed: $*" >&2
	exit 0
fi
[ -n "$(missing "$@")" ] || exit 0

# Two targets at once would meet at apt's lock: the second waits here and looks again.
mkdir -p .local
exec 9>.local/setup.lock
flock 9
packages=$(missing "$@")
[ -n "$packages" ] || exit 0

if [ "$(id -u)" = 0 ]; then
	sudo=
elif command -v sudo >/dev/null; then
	sudo=sudo
else
	echo "setup: Debian packages are missing, and this is neither root nor is there sudo. As root:" >&2
	echo "    apt-get update && apt-get install -y --no-install-recommends $packages" >&2
	exit 1
fi

log=.local/setup.log
: >"$log"
echo "setup: installing Debian packages: $packages"
echo "setup: this may take a minute or two; what apt-get says goes to $log"
nginx=$(pidof -s nginx || :)
apt update
# shellcheck disable=SC2086 # a list of names
apt install -y --no-install-recommends $packages

packages=$(missing "$@")
if [ -n "$packages" ]; then
	echo "setup: still missing after the installation: $packages" >&2
	exit 1
fi
if [ -z "$nginx" ] && pidof -s nginx >/dev/null; then
	echo "setup: the installation has started the service nginx, which is not needed;" >&2
	echo "setup: it is stopped by: ${sudo:+sudo }service nginx stop" >&2
fi
