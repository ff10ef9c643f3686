#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Real guests: both stock kernels, one and four vCPUs, little memory and much; their
# devices, console, lease and lifecycle, asserted from inside and from outside.
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/env.sh
. "$(dirname "$0")/env.sh"
# shellcheck source=selftests/guest.sh
. "$(dirname "$0")/guest.sh"

# as small as the kernel allows, which says in its header how much it needs
starts() {
	net_add lab --subnet 192.0.2.0/24 || return
	guest_define small --memory 64 --net lab || return
	vmictl start small 2>"$work/err" || small_mib=$(sed -n 's/.*at least \([0-9]*\) MiB.*/\1/p' "$work/err")
	guest_define small --replace --memory "$small_mib" --net lab && vmictl -q start small || return
	echo "$small_mib" >"$work/small_mib"
	# a name is made up, and all else has its default
	vmictl run --kernel "$GUEST_CLOUD_KERNEL" --initrd "$GUEST_CLOUD_INITRD" --net lab >"$work/name"
	made_vm "$(cat "$work/name")"
	guest_ready small && guest_ready "$(cat "$work/name")"
}

# four vCPUs each, on as many real ones as there are
starts_smp() {
	guest_start big --memory 5G --cpus 4 --net lab,ip=192.0.2.77 || return
	guest_start smp --kernel "$GUEST_CLOUD_KERNEL" --initrd "$GUEST_CLOUD_INITRD" --cpus 4 \
		--append 'console=ttyS0 reboot=t' --net lab || return
	guest_ready big && guest_ready smp
}

# --- from inside

# the capabilities of a PCI function, from its bytes: "id:control" and vendor types
capabilities() {
	local byte at i=0 config=()
	read -ra config
	at=$((16#${config[0x34]}))
	while [ "$at" -ne 0 ] && [ $((i++)) -lt 48 ]; do
		byte=${config[at]}
		case $byte in
		09) echo "virtio:${config[at + 3]}" ;;
		*) echo "$byte:${config[at + 3]}${config[at + 2]}" ;;
		esac
		at=$((16#${config[at + 1]}))
	done
}

# shellcheck disable=SC2016 # for the guest
look='cd $(readlink -f /sys/class/net/eth0/device/..); echo online $(cat /sys/devices/system/cpu/online);
	echo cpus $(grep -c ^processor /proc/cpuinfo); echo release $(uname -r);
	echo ip $(cat /run/address); echo mac $(cat /sys/class/net/eth0/address);
	echo pci $(cat vendor device); echo irqs $(cat msi_irqs/*); grep virtio0- /proc/interrupts;
	grep MemTotal /proc/meminfo; echo config $(od -An -v -tx1 config); cd /'
look=${look//$'\n\t'/ }

# NAME CPUS RELEASE MEMORY_MIB: what the guest finds
finds() {
	local name=$1 cpus=$2 release=$3 mib=$4 last=$(($2 - 1)) total
	in_guest "$name" "$look" >"$work/found" || { cat "$work/found"; return 1; }
	[ "$cpus" -gt 1 ] && last=0-$last
	says "$work/found" "^online $last\$" "^cpus $cpus\$" "^release $release\$" \
		"^ip $(attr "$name" ip)\$" "^mac $(attr "$name" mac)\$" '^pci 0x1af4 0x1041$' || return
	# a vector for each queue and one for the configuration, all of them MSI-X
	says "$work/found" 'PCI-MSI.*virtio0-config' 'PCI-MSI.*virtio0-input.0' \
		'PCI-MSI.*virtio0-output.0' '^irqs msix msix msix$' || return
	sed -n 's/^config //p' "$work/found" | capabilities >"$work/caps"
	says "$work/caps" '^11:[89a-f]' '^virtio:01' '^virtio:02' '^virtio:03' '^virtio:04' || return
	total=$(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' "$work/found")
	if [ "$total" -gt $((mib * 1024)) ] || [ "$total" -lt $((mib * 1024 * 9 / 10 - 50000)) ]; then
		echo "memory: $total kB of $mib MiB"
		return 1
	fi
}

release_of() {
	echo "${1#*vmlinuz-}"
}

reach_each_other() {
	in_guest small "ping -c 2 -W 10 $(attr big ip)" && in_guest smp "ping -c 2 -W 10 $(attr small ip)" &&
		in_guest big 'ping -c 2 -W 10 192.0.2.1' && ping -c 2 -W 10 "$(attr "$cloud" ip)" >/dev/null || return
	vmictl -j lease lab >"$work/leases" && vmictl -j fdb lab >"$work/fdb" || return
	python3 - "$work/leases" "$work/fdb" "$cloud" <<-'PY'
	import json, sys
	leases, fdb = (json.load(open(p)) for p in sys.argv[1:3])
	names = {"small", "big", "smp", sys.argv[3]}
	assert {l["vm"] for l in leases} == names, leases
	assert len({l["ip"] for l in leases}) == len({l["mac"] for l in leases}) == 4, leases
	assert [l["ip"] for l in leases if l["vm"] == "big"] == ["192.0.2.77"], leases
	assert {e["vm"] for e in fdb if "vm" in e} == names, fdb
	PY
}

link_is_seen() {
	local carrier='cat /sys/class/net/eth0/carrier'
	carrier_is() {
		[ "$(in_guest small "$carrier")" = "$1" ]
	}
	vmictl -q link small 0 down && wait_for 20 carrier_is 0 || return
	vmictl show small | grep -q ' down' || return
	! in_guest small 'ping -c 1 -W 1 192.0.2.1' >/dev/null || return
	vmictl -q link small 0 up && wait_for 20 carrier_is 1 &&
		in_guest small 'ping -c 2 -W 10 192.0.2.1'
}

# --- the console

terminal_says() {
	wait_for 60 grep -aqE -- "$1" "$work/terminal" || { cat -v "$work/terminal"; return 1; }
}

console_escape() {
	local pid
	mkfifo "$work/keys"
	script -qefc "'$VMICTL' console small" "$work/terminal" <"$work/keys" >/dev/null 2>&1 &
	pid=$!
	exec 8>"$work/keys"
	terminal_says 'Connected to small; Ctrl-\] leaves' || return
	# shellcheck disable=SC2016
	printf 'echo $((40+2))\r' >&8
	terminal_says '^42' || return
	# the interrupt key is the guest's, the escape key is not
	# shellcheck disable=SC2016
	printf 'sleep 1000\r\003echo $((50+3))\r' >&8
	terminal_says '^53' || return
	printf '\035' >&8
	gone() {
		! kill -0 "$pid" 2>/dev/null
	}
	wait_for 20 gone || { echo 'still connected'; return 1; }
	exec 8>&-
	wait "$pid" && is small state running
}

# --- its memory, from outside

# NAME RELEASE
banner_is_found() {
	local code
	code=$(in_guest "$1" "grep 'Kernel code' /proc/iomem" | sed -n 's/^ *\([0-9a-f]*\)-.*/\1/p')
	[ -n "$code" ] || { echo 'no address'; return 1; }
	vmictl read "$1" "0x$code" 64 | grep -qE '^[0-9a-f]+ ' || return
	[ "$(vmictl read "$1" "0x$code:64M" --raw | grep -aom1 "Linux version $2 " | head -n 1)" = \
		"Linux version $2 " ]
}

raw_file() {
	ls -l /proc/vmi >"$work/raws"
	says "$work/raws" "^-r-------- .* $((small_mib << 20)) .* small.raw\$" " $((6 << 30)) .* big.raw\$" || return
	# what lies beyond 4 GiB, what is in the hole, and what is nowhere
	in_guest big "grep 'System RAM' /proc/iomem" >"$work/iomem"
	says "$work/iomem" '^0*100000000-17fffffff' || return
	vmictl read big 0x17ffff000 4K --raw >"$work/page" && [ "$(stat -c %s "$work/page")" -eq 4096 ] &&
		refused 1 'there is no memory' read big 0xc0000000 --raw &&
		refused 1 'there is no memory' read big 0x180000000 --raw &&
		cmp -n 4096 "$work/page" <(dd if=/proc/vmi/big.raw bs=4096 skip=$((0x17ffff)) count=1 2>/dev/null)
}

# a guest that uses memory beyond the hole: its page cache
beyond_the_hole() {
	in_guest big 'mount -t tmpfs -o size=4g t /mnt && dd if=/dev/zero of=/mnt/f bs=1M count=300 &&
		sha256sum /mnt/f | cut -c 1-16 && rm /mnt/f' >"$work/sum" || { cat "$work/sum"; return 1; }
	says "$work/sum" "^$(head -c 300M /dev/zero | sha256sum | cut -c 1-16)\$"
}

# --- what people see of them

shown() {
	local args n=0
	vmictl list >"$work/list"
	says "$work/list" "^small +running +1 +$small_mib MiB +192\.0\.2\.[0-9]+ +lab +[0-9]+ " \
		'^big +running +4 +5 GiB +192\.0\.2\.77 +lab +[0-9]+ ' "^$cloud +running +1 +256 MiB " || return
	vmictl show small >"$work/show"
	says "$work/show" '^state +running, request$' '^console +/' ' up +[1-9][0-9]* \(.*\) +[1-9]' || return
	while read -r args; do
		n=$((n + 1))
		# shellcheck disable=SC2086
		vmictl -j $args >"$work/json.$n" || return
	done <<-LIST
	list
	show small
	show $cloud
	net show lab
	net list
	port list --vm small
	lease
	fdb lab
	read small 0x1000 4096
	LIST
	python3 - "$work" <<-'PY'
	import glob, json, sys
	files = glob.glob(sys.argv[1] + "/json.[0-9]*")
	assert len(files) == 9
	for path in files:
	    json.load(open(path))
	vm, = [v for v in json.load(open(sys.argv[1] + "/json.1")) if v["name"] == "small"]
	port = vm["ports"][0]
	assert port["active"] and port["link"] == "up" and "fault" not in port, port
	assert port["stats"]["rx-packets"] > 0 and port["stats"]["tx-packets"] > 0, port
	PY
}

# --- lifecycle

pauses() {
	local before
	vmictl pause smp && is smp state paused || return
	refused 1 'smp is paused: it cannot be paused' pause smp || return
	# none of its vCPUs runs any more
	before=$(vcpu_ticks smp)
	! ping -c 1 -W 1 "$(attr smp ip)" >/dev/null || { echo 'it answers'; return 1; }
	[ "$(vcpu_ticks smp)" -le $((before + 2)) ] || { echo "it used $(vcpu_ticks smp), $before ticks"; return 1; }
	# it can be looked into all the same
	vmictl read smp 0x1000 16 >/dev/null || return
	vmictl resume smp && is smp state running || return
	refused 1 'smp is running: it cannot be resumed' resume smp || return
	wait_for 30 ping -c 1 -W 1 "$(attr smp ip)" && in_guest smp true
}

vcpu_ticks() {
	awk '{ print $14 + $15 }' "/proc/$(attr "$1" pid)/stat"
}

resets() {
	local pid
	pid=$(attr small pid)
	vmictl reset small && guest_ready small 2 && is small state running && is small pid "$pid" &&
		in_guest small 'ping -c 2 -W 10 192.0.2.1'
}

reboots() {
	local pid
	pid=$(attr small pid)
	in_guest small 'reboot -f' >/dev/null
	guest_ready small 3 && is small state running && is small reason guest-reset &&
		is small pid "$pid" && in_guest small 'ping -c 2 -W 10 192.0.2.1'
}

powers_off() {
	local pid
	pid=$(attr small pid)
	in_guest small 'poweroff -f' >/dev/null
	wait_for 30 is small state stopped && is small reason guest-poweroff &&
		wait_for 10 test ! -e "/proc/$pid" && [ ! -e /proc/vmi/small.raw ] &&
		[ ! -e "$VMI_RUN_DIR/small.console" ] && refused 1 'does not run' read small 0
}

# the button, and a wait for the guest
button() {
	vmictl stop big && is big state stopped && is big reason guest-poweroff || return
	# one that was not defined goes with its log
	vmictl stop "$cloud" >"$work/out" && says "$work/out" 'has stopped' &&
		refused 3 'no VM' show "$cloud" && [ ! -e "$VMI_RUN_DIR/$cloud.log" ] || return
	vmictl stop big | grep -q 'does not run'
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

deletes() {
	vmictl -q delete small big smp && [ -z "$(vmictl -q list)" ] && [ -z "$(ls -A "$VMI_RUN_DIR")" ] &&
		[ -z "$(ls -A /proc/vmi)" ] && vmictl -q net del lab && ! pgrep -x vmi-vmm
}

plan 22
check 'a guest of as little memory as its kernel needs, and one by "run" alone boot' starts
cloud=$(cat "$work/name")
small_mib=$(cat "$work/small_mib")
note "small has $small_mib MiB"
check 'the generic kernel, 1 vCPU, the least memory' finds small 1 "$(release_of "$GUEST_KERNEL")" "$small_mib"
check 'the cloud kernel, 1 vCPU, the defaults' finds "$cloud" 1 "$(release_of "$GUEST_CLOUD_KERNEL")" 256
check 'two guests of 4 vCPUs boot' starts_smp
check 'the generic kernel, 4 vCPUs, 5 GiB' finds big 4 "$(release_of "$GUEST_KERNEL")" 5120
check 'the cloud kernel, 4 vCPUs' finds smp 4 "$(release_of "$GUEST_CLOUD_KERNEL")" 256
check 'guests and host reach each other, leases and addresses are known' reach_each_other
check 'a cable unplugged is seen by the guest' link_is_seen
check 'the console on a terminal, and its escape key' console_escape
check 'list, show and all JSON of running guests' shown
check 'the banner of the generic kernel is in its memory' banner_is_found small "$(release_of "$GUEST_KERNEL")"
check 'the banner of the cloud kernel is in its memory' banner_is_found "$cloud" "$(release_of "$GUEST_CLOUD_KERNEL")"
check 'NAME.raw has a true size, and memory beyond 4 GiB' raw_file
check 'a guest uses more memory than lies below the hole' beyond_the_hole
check 'pause and resume' pauses
check 'reset from outside' resets
check 'reboot from inside' reboots
check 'power-off from inside' powers_off
check 'the power button' button
check 'a triple fault is a crash' triple_fault
check 'one that crashed can be started again, and killed' starts_again
check 'delete leaves nothing behind' deletes
finish
