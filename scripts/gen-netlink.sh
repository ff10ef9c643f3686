#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Generate the netlink files from Documentation/netlink/specs/vmi.yaml with the
# kernel's own generator, found in ../shared/ynl or in a linux-source package of
# 6.12 or newer (installed when neither is there and apt has one):
#
#	gen-netlink.sh		write them
#	gen-netlink.sh --check	fail when those there differ
set -euo pipefail

src=$(cd "$(dirname "$0")/.." && pwd)
spec=Documentation/netlink/specs/vmi.yaml
cache=$src/build/ynl

die() {
	printf 'gen-netlink: %s\n' "$1" >&2
	exit 1
}

newest_source() {
	find /usr/src -maxdepth 1 -name 'linux-source-*.tar.xz' | sort -V | tail -n 1
}

new_enough() {
	local version=${1##*linux-source-}
	version=${version%.tar.xz}
	[ -n "$1" ] && [ "$(printf '%s\n' 6.12 "$version" | sort -V | head -n 1)" = 6.12 ]
}

install_source() {
	local package
	[ "$(id -u)" -eq 0 ] || return 1
	package=$(apt-cache search --names-only '^linux-source-[0-9.]+$' | sed 's/ .*//' | sort -V | tail -n 1)
	new_enough "$package" || return 1
	printf 'gen-netlink: installing %s\n' "$package" >&2
	DEBIAN_FRONTEND=noninteractive apt-get -q=2 install --no-install-recommends -y \
		"$package" >/dev/null 2>&1
}

# print the generator's path; what it needs of a package is unpacked once
generator() {
	local tarball found
	for dir in "$src/../shared/ynl" "$cache"; do
		found=$(find "$dir/tools/net/ynl" -name ynl_gen_c.py 2>/dev/null | head -n 1)
		if [ -n "$found" ]; then
			echo "$found"
			return
		fi
	done
	tarball=$(newest_source)
	if ! new_enough "$tarball"; then
		install_source || return 1
		tarball=$(newest_source)
	fi
	new_enough "$tarball" || return 1
	rm -rf "$cache"
	mkdir -p "$cache"
	tar -xf "$tarball" -C "$cache" --strip-components=1 --wildcards \
		'*/tools/net/ynl' '*/Documentation/netlink'
	find "$cache/tools/net/ynl" -name ynl_gen_c.py | head -n 1
}

gen=$(generator) || die 'no generator: neither ../shared/ynl nor a linux-source package of 6.12 or newer'
[ -n "$gen" ] || die 'no generator in the package found'

# The generator looks for MAINTAINERS above the spec, and for the schemas beside
# it: both are given it in a folder of its own.
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
root=${gen%/tools/net/ynl/*}
mkdir -p "$dir/Documentation/netlink/specs"
cp "$root"/Documentation/netlink/*.yaml "$dir/Documentation/netlink/"
cp "$src/$spec" "$dir/$spec"
: >"$dir/MAINTAINERS"

one() {
	local to=$1
	shift
	(cd "$dir" && timeout 60 /usr/bin/python3 "$gen" --spec "$spec" "$@") >"$dir/$(basename "$to")" ||
		die "the generator failed for $to"
	sed -i 's,<uapi/linux/vmi\.h>,<linux/vmi.h>,' "$dir/$(basename "$to")"
	if [ "$mode" = check ]; then
		diff -u "$src/$to" "$dir/$(basename "$to")" >&2 ||
			die "$to is not what $spec generates: run \"make gen\""
	elif ! cmp -s "$src/$to" "$dir/$(basename "$to")"; then
		cp "$dir/$(basename "$to")" "$src/$to"
		printf '  GEN     %s\n' "$to"
	fi
}

mode="write"
[ "${1:-}" != --check ] || mode=check
one kmod/nl_gen.c --mode kernel --source
one kmod/nl_gen.h --mode kernel --header
one uapi/linux/vmi.h --mode uapi --header
