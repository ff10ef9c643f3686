#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Print the path of a QEMU that emulates a test host well. Where the installed one does
# not, a later suite's is unpacked into build/qemu with all that it needs, and not
# installed. See "The emulator" in Documentation/testing.rst.
set -euo pipefail

cd "$(dirname "$0")/.."
# shellcheck source=scripts/suite.sh
. scripts/suite.sh

# the first whose SVM loses no interrupt
version_min=10.2
name=qemu-system-x86_64

good() {
	local version
	version=$("$1" --version 2>/dev/null | sed -n '1s/.* version \([0-9.]*\).*/\1/p')
	[ -n "$version" ] && printf '%s\n' "$version_min" "$version" | sort -CV
}

unpack() {
	local base
	base=$(suite_next "$(suite_codename)") || base=$(suite_codename)
	suite_open "$base $base-backports" "$work" "$log" && suite_unpack qemu-system-x86 "$work/root" || return
	# its own libraries, found by its own loader
	cat >"$work/root/$name" <<-'WRAPPER'
	#!/bin/sh
	root=${0%/*}
	lib=$root/usr/lib/x86_64-linux-gnu
	exec "$root/usr/lib64/ld-linux-x86-64.so.2" --library-path "$lib" \
		"$root/usr/bin/qemu-system-x86_64" -L "$root/usr/share/qemu" \
		-L "$root/usr/share/seabios" "$@"
	WRAPPER
	chmod 755 "$work/root/$name"
	good "$work/root/$name" || { echo "the $name of $base-backports is too old" >>"$log"; return 1; }
	rm -rf build/qemu
	mv "$work/root" build/qemu
}

if good "$name"; then
	command -v "$name"
	exit
fi
mkdir -p build
exec 8>build/qemu.lock
flock 8
if ! good "build/qemu/$name"; then
	printf 'qemu: the installed one is older than %s, fetching a later one\n' "$version_min" >&2
	work=$(mktemp -d -p "$PWD/build") log=$(mktemp)
	trap 'rm -rf "$work" "$log"' EXIT
	if ! unpack; then
		cat "$log" >&2
		printf 'qemu: using the installed one, with which hosts hang now and then\n' >&2
		command -v "$name"
		exit
	fi
fi
echo "$PWD/build/qemu/$name"
