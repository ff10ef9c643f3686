#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Fuzz the views of a guest's operating system: views.sh [ROUNDS [SEED]]. Boots the
# stock guest in plain QEMU, saves its memory, and mutilates that.
set -euo pipefail

cd "$(dirname "$0")/../.."
rounds=${1:-1000} seed=${2:-$RANDOM}
release=$(scripts/stock-kernel.sh)
dir=$(mktemp -d)
qemu=

cleanup() {
	[ -z "$qemu" ] || kill "$qemu" 2>/dev/null || true
	rm -rf "$dir"
}
trap cleanup EXIT

ready() {
	local end=$((SECONDS + 120))
	until grep -aq 'guest: ready' "$dir/console" 2>/dev/null; do
		if [ "$SECONDS" -ge "$end" ] || ! kill -0 "$qemu" 2>/dev/null; then
			echo 'views.sh: the guest does not boot' >&2
			return 1
		fi
		sleep 0.1
	done
}

make -s -C selftests/fuzz
selftests/vm/mkguest.sh "$release" "build/vm/guest-$release.cpio.gz"
# memory is a file, so that there is nothing to save but a copy of it
qemu-system-x86_64 -accel tcg -cpu max -smp 2 -m 192 -nodefaults -display none -no-reboot \
	-object "memory-backend-file,id=ram,size=192M,mem-path=$dir/ram,share=on" \
	-machine memory-backend=ram -serial "file:$dir/console" \
	-kernel "/boot/vmlinuz-$release" -initrd "build/vm/guest-$release.cpio.gz" \
	-append 'console=ttyS0' </dev/null &
qemu=$!
ready
kill "$qemu"
wait "$qemu" || true
qemu=
echo "# seed $seed"
build/fuzz/fuzz_views "$dir/ram" "$rounds" "$seed"
