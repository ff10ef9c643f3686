#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Guests with four vCPUs, and with memory beyond the hole below 4 GiB; a triple fault.
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/env.sh
. "$(dirname "$0")/env.sh"
# shellcheck source=selftests/guest.sh
. "$(dirname "$0")/guest.sh"
# shellcheck source=selftests/look.sh
. "$(dirname "$0")/look.sh"

starts_big() {
	net_add lab --subnet 192.0.2.0/24 &&
		guest_start big --kernel "$GUEST_KERNEL" --memory 5G --cpus 4 --net lab,ip=192.0.2.77 &&
		guest_ready big
}

# where its memory is, and what lies in the hole and beyond the end
raw_file() {
	ls -l /proc/vmi >"$work/raws"
	says "$work/raws" "^-r-------- .* $((6 << 30)) .* big.raw\$" || return
	in_guest big "grep 'System RAM' /proc/iomem" >"$work/iomem"
	says "$work/iomem" '^0*100000000-17fffffff' || return
	vmictl read big 0x17ffff000 4K --raw >"$work/page" && [ "$(stat -c %s "$work/page")" -eq 4096 ] &&
		cmp "$work/page" <(dd if=/proc/vmi/big.raw bs=4096 skip=$((0x17ffff)) count=1 2>/dev/null) &&
		cmp <(vmictl read big 0xc0000000 --raw) <(head -c 256 /dev/zero) &&
		cmp <(vmictl read big 0x180000000 --raw) <(head -c 256 /dev/zero)
}

# a guest that uses memory beyond the hole: its page cache
beyond_the_hole() {
	in_guest big 'mount -t tmpfs -o size=4g t /mnt && dd if=/dev/zero of=/mnt/f bs=1M count=64 &&
		sha256sum /mnt/f | cut -c 1-16 && rm /mnt/f' >"$work/sum" || { cat "$work/sum"; return 1; }
	says "$work/sum" "^$(head -c 64M /dev/zero | sha256sum | cut -c 1-16)\$"
}

button() {
	vmictl -q stop big && is big state stopped && is big reason guest-poweroff
}

starts_smp() {
	guest_start smp --kernel "$GUEST_CLOUD_KERNEL" --initrd "$GUEST_CLOUD_INITRD" --cpus 4 \
		--append 'console=ttyS0 quiet reboot=t' --net lab && guest_ready smp
}

# all vCPUs stop, and all go on
pauses() {
	vmictl -q pause smp && is smp state paused && vmictl -q resume smp && is smp state running &&
		in_guest smp 'taskset 1 true && taskset 2 true && taskset 4 true && taskset 8 true'
}

# reboot=t makes the guest reboot by a triple fault
triple_fault() {
	in_guest smp 'reboot -f' >/dev/null
	wait_for 60 is smp state crashed && is smp reason triple-fault || return
	vmictl list >"$work/list"
	says "$work/list" '^smp +crashed .*triple-fault' || return
	[ "$(vmictl -j port list --vm smp | field active)" = false ]
}

starts_again() {
	vmictl -q start smp && is smp state running && vmictl -q kill smp && is smp state stopped &&
		is smp reason killed
}

plan 10
check 'the generic kernel boots with 4 vCPUs and 5 GiB' starts_big
check 'all of them are there' finds big 4 "$GUEST_KERNEL" 5120
check 'NAME.raw has a true size, memory beyond 4 GiB and none in the hole' raw_file
check 'the guest uses its memory' beyond_the_hole
check 'the power button' button
check 'the cloud kernel boots with 4 vCPUs' starts_smp
check 'all of them are there' finds smp 4 "$GUEST_CLOUD_KERNEL" 256
check 'pause and resume' pauses
check 'a triple fault is a crash' triple_fault
check 'one that crashed can be started again, and killed' starts_again
finish
