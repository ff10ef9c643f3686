#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Build vmi.ko against a kernel's headers, in a folder of that kernel's own, and
# print the module's path:
#
#	build-module.sh HEADERS [DIR [MAKE-ARGUMENT...]]
#
# The folder, build/RELEASE unless DIR says another, holds links to the sources, so
# that the objects of two kernels never mix.
set -euo pipefail

src=$(cd "$(dirname "$0")/.." && pwd)
headers=$1
release=$("$src/scripts/kernel-release.sh" "$headers" 2>/dev/null) ||
	{ echo "build-module: no kernel headers in $headers" >&2; exit 1; }
dir=${2:-$src/build/$release}
shift $(($# < 2 ? $# : 2))

mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
exec 8>"$dir/lock"
flock 8
for sub in kmod uapi; do
	cp -rsf "$src/$sub" "$dir/"
	find "$dir/$sub" -xtype l -delete
done
ln -sf "$src/Kbuild" "$dir/Kbuild"

make -s -C "$headers" M="$dir" "$@" modules >"$dir/log" 2>&1 8>&- || {
	cat "$dir/log" >&2
	exit 1
}
# one notice of every build with a distribution's headers is not ours
grep -v 'Skipping BTF generation' "$dir/log" >&2 || true
echo "$dir/vmi.ko"
