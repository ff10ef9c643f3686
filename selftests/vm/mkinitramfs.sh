#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Make an initramfs of busybox, an init and kernel modules:
#
#	mkinitramfs.sh KERNELREL|none OUT INIT "MODULE..." [FILE[:PATH]...]
#
# The modules come with what they depend on, in the order to load them, named in
# /modules/order. A FILE goes to PATH, by default its own, below the root. Modules are
# those of this machine, or below MODULES_ROOT.
set -euo pipefail

[ $# -ge 4 ] || { echo "usage: $0 KERNELREL|none OUT INIT MODULES [FILE[:PATH]...]" >&2; exit 2; }
rel=$1 out=$2 init=$3 modules=$4
shift 4
root=${MODULES_ROOT:-}

die() {
	printf 'mkinitramfs: %s\n' "$1" >&2
	exit 1
}

busybox=$(command -v busybox) || die 'no busybox'
[ "$rel" = none ] || [ -d "$root/lib/modules/$rel" ] || die "no modules of kernel $rel"

# up to date when nothing that goes in is newer
fresh() {
	local f
	[ -e "$out" ] || return 1
	for f in "$0" "$init" "$busybox" "$@"; do
		[ ! "${f%%:*}" -nt "$out" ] || return 1
	done
	[ "$rel" = none ] || [ ! "$root/lib/modules/$rel/modules.dep" -nt "$out" ]
}

mkdir -p "$(dirname "$out")"
exec 8>"$out.lock"
flock 8
fresh "$@" && exit 0

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir"/{bin,dev,etc,modules,mnt,proc,root,run,sys,tmp,var}
ln -s bin "$dir/sbin"
cp "$busybox" "$dir/bin/busybox"
"$busybox" --list | while read -r applet; do
	[ "$applet" = busybox ] || ln -s busybox "$dir/bin/$applet"
done
install -m 755 "$init" "$dir/init"

: >"$dir/modules/order"
if [ "$rel" != none ]; then
	for module in $modules; do
		modprobe -d "$root/" -S "$rel" --show-depends "$module" >"$dir/modules/depends" 2>/dev/null ||
			die "kernel $rel has no $module"
		while read -r verb path _; do
			[ "$verb" = insmod ] || continue
			name=$(basename "${path%.ko*}").ko
			[ ! -e "$dir/modules/$name" ] || continue
			case $path in
			*.xz) xz -dc "$path" >"$dir/modules/$name" ;;
			*.zst) zstd -qdc "$path" >"$dir/modules/$name" ;;
			*.gz) gzip -dc "$path" >"$dir/modules/$name" ;;
			*) cp "$path" "$dir/modules/$name" ;;
			esac
			echo "$name" >>"$dir/modules/order"
		done <"$dir/modules/depends"
	done
	rm -f "$dir/modules/depends"
fi

for file in "$@"; do
	to=$dir/${file#*:}
	mkdir -p "$(dirname "$to")"
	cp -a "${file%%:*}" "$to"
done

(cd "$dir" && find . -print0 | sort -z |
	cpio --null --create --format=newc --owner=0:0 --reproducible --quiet) |
	gzip -1n >"$out.new"
mv "$out.new" "$out"
