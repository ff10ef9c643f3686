#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Take the vmlinux out of a bzImage, for guests that are not to unpack it themselves:
#
#	vmlinux.sh BZIMAGE OUT
#
# Documentation/arch/x86/boot.rst: setup_sects, payload_offset and payload_length.
set -euo pipefail

die() {
	printf 'vmlinux: %s\n' "$1" >&2
	exit 1
}

# OFFSET BYTES: a number of the header
number() {
	od -An -v -t "u$2" -j "$1" -N "$2" "$image" | tr -d ' '
}

[ $# -eq 2 ] || { sed -n '6s/^#\t*//p' "$0" >&2; exit 2; }
image=$1 out=$2
[ -r "$image" ] || die "cannot read $image"
[ "$(od -An -c -j $((0x202)) -N 4 "$image" | tr -d ' ')" = HdrS ] ||
	die "$image is no bzImage"
sectors=$(number $((0x1f1)) 1)
at=$(((sectors ? sectors : 4) * 512 + 512 + $(number $((0x248)) 4)))
# the last four bytes are the unpacked size
length=$(($(number $((0x24c)) 4) - 4))
case $(od -An -v -t x1 -j "$at" -N 4 "$image" | tr -d ' ') in
fd377a58) unpack='xz -dc' ;;
28b52ffd) unpack='zstd -dcq' ;;
1f8b*) unpack='gzip -dc' ;;
02214c18) unpack='lz4 -dc' ;;
*) die "$image is packed in a way that is not known" ;;
esac
mkdir -p "$(dirname "$out")"
tail -c "+$((at + 1))" "$image" | head -c "$length" | $unpack >"$out.new" || [ -s "$out.new" ] ||
	die "cannot unpack $image with ${unpack%% *}"
[ "$(head -c 4 "$out.new" | tail -c 3)" = ELF ] || die "there is no vmlinux in $image"
mv "$out.new" "$out"
