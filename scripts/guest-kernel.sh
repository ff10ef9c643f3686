#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Stock kernels that this machine does not run, for guests: the newest of a series
# that a later suite of the distribution has, unpacked and not installed.
#
#	guest-kernel.sh SERIES...	"6.12" or "7": print build/kernels/RELEASE of each
#
# There are then vmlinuz and lib/modules/RELEASE in it.
set -euo pipefail

cd "$(dirname "$0")/.."
# shellcheck source=scripts/suite.sh
. scripts/suite.sh

die() {
	printf 'guest-kernel: %s\n' "$1" >&2
	exit 1
}

suites() {
	local next
	next=$(suite_next "$(suite_codename)") || next=$(suite_codename)
	printf '%s\n' "$next" "$next-backports"
}

# one that was unpacked before
known() {
	find build/kernels -mindepth 1 -maxdepth 1 -name "$1.*" ! -name '*.new' 2>/dev/null |
		sort -V | tail -n 1
}

# a kernel is one package, or an image and its modules apart
unpack() {
	local release=$1 tree=$2 literal parts deb
	literal=${release//./[.]}
	literal=${literal//+/[+]}
	mapfile -t parts < <(suite_find "^linux-(image|binary|modules|base)-$literal\$")
	suite_fetch "${parts[@]}" || return
	for deb in "$suite_dir"/linux-*.deb; do
		dpkg -x "$deb" "$tree" || return
	done
}

fetch() {
	local series=$1 suite release tree=$work/tree to
	for suite in $(suites); do
		suite_open "$suite" "$work" "$log" || continue
		release=$(suite_find "^linux-image-${series//./[.]}[.][0-9.]+[^-]*-amd64\$" | tail -n 1)
		release=${release#linux-image-}
		[ -n "$release" ] || continue
		printf 'guest-kernel: fetching %s\n' "$release" >&2
		rm -rf "$tree" "$work"/linux-*.deb
		unpack "$release" "$tree" || continue
		to=build/kernels/$release
		mkdir -p "$to.new/lib/modules"
		mv "$(find "$tree" -name 'vmlinuz*' -type f | head -n 1)" "$to.new/vmlinuz"
		mv "$(find "$tree" -type d -path "*lib/modules/$release")" "$to.new/lib/modules/"
		depmod -b "$to.new" "$release" 2>/dev/null
		mv "$to.new" "$to"
		echo "$to"
		return
	done
	cat "$log" >&2
	die "no suite has a kernel $series that can be fetched"
}

[ $# -gt 0 ] || { sed -n '7s/^#\t*//p' "$0" >&2; exit 2; }
mkdir -p build/kernels
exec 8>build/kernels.lock
flock 8
work=$(mktemp -d)
log=$(mktemp)
trap 'rm -rf "$work" "$log"' EXIT
for series in "$@"; do
	dir=$(known "$series")
	[ -n "$dir" ] || dir=$(fetch "$series") || exit 1
	echo "$dir"
done
