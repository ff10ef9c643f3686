#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Make an initramfs for a guest: busybox, the drivers of what vmi-vmm emulates, and
# guest-init, which brings the network up and gives a shell on the console.
#
#	mkguest.sh KERNELREL OUT [FILE[:PATH]...]
#	mkguest.sh --stock	those of the newest stock kernels, in build/vm/, and the vmlinux
#				of the generic one
#	mkguest.sh --newer	those of kernels that later suites have, likewise
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
src=$(cd "$here/../.." && pwd)
modules='virtio_pci virtio_net button evdev'

mkguest() {
	local release=$1 out=$2
	shift 2
	"$here/mkinitramfs.sh" "$release" "$out" "$here/guest-init" "$modules" \
		"$here/guest-udhcpc:etc/udhcpc" "$@"
}

if [ "${1:-}" = --stock ]; then
	for kind in '' cloud; do
		release=$("$src/scripts/stock-kernel.sh" $kind)
		mkguest "$release" "$src/build/vm/guest-$release.cpio.gz"
		[ -z "$kind" ] || continue
		[ "$src/build/vm/vmlinux-$release" -nt "/boot/vmlinuz-$release" ] ||
			"$src/scripts/vmlinux.sh" "/boot/vmlinuz-$release" "$src/build/vm/vmlinux-$release"
	done
elif [ "${1:-}" = --newer ]; then
	cd "$src"
	for dir in $(scripts/guest-kernel.sh 6.12 7); do
		release=${dir##*/}
		MODULES_ROOT=$src/$dir mkguest "$release" "build/vm/guest-$release.cpio.gz"
	done
elif [ $# -ge 2 ]; then
	mkguest "$@"
else
	sed -n '7,10s/^#\t*//p' "$0" >&2
	exit 2
fi
