#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Real guests of both stock kernels: devices, console, lease, memory and lifecycle,
# asserted from inside and from outside.
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/env.sh
. "$(dirname "$0")/env.sh"
# shellcheck source=selftests/guest.sh
. "$(dirname "$0")/guest.sh"
# shellcheck source=selftests/look.sh
. "$(dirname "$0")/look.sh"

# about as little as the stock kernel boots in
small_mib=112

starts() {
	net_add lab --subnet 192.0.2.0/24 &&
		guest_start small --kernel "$GUEST_KERNEL" --memory "$small_mib" --net lab || return
	# a name is made up, and all else has its default
	vmictl run --kernel "$GUEST_CLOUD_KERNEL" --initrd "$GUEST_CLOUD_INITRD" --net lab >"$work/name" || return
	made_vm "$(cat "$work/name")"
	guest_ready small && guest_ready "$(cat "$work/name")"
}

reach_each_other() {
	in_guest small "ping -c 2 -W 10 $(attr "$cloud" ip)" && in_guest "$cloud" 'ping -c 2 -W 10 192.0.2.1' &&
		ping -c 2 -W 10 "$(attr small ip)" >/dev/null || return
	vmictl -j lease lab >"$work/leases" && vmictl -j fdb lab >"$work/fdb" || return
	python3 - "$work/leases" "$work/fdb" "$cloud" <<-'PY'
	import json, sys
	leases, fdb = (json.load(open(p)) for p in sys.argv[1:3])
	names = {"small", sys.argv[3]}
	assert {l["vm"] for l in leases} == names, leases
	assert len({l["ip"] for l in leases}) == len({l["mac"] for l in leases}) == 2, leases
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
	printf 'echo $((50+3)); sleep 1000\r' >&8
	terminal_says '^53' || return
	# shellcheck disable=SC2016
	printf '\003echo $((60+4))\r' >&8
	terminal_says '^64' || return
	printf '\035' >&8
	gone() {
		! kill -0 "$pid" 2>/dev/null
	}
	wait_for 20 gone || { echo 'still connected'; return 1; }
	exec 8>&-
	wait "$pid" && is small state running
}

# --- from outside

raw_file() {
	ls -l /proc/vmi >"$work/raws"
	says "$work/raws" "^-r-------- .* $((small_mib << 20)) .* small.raw\$" || return
	cmp <(head -c 100000 /proc/vmi/small.raw | tail -c +65537) <(vmictl read small 0x10000 34464 --raw) &&
		cmp <(vmictl read small $((small_mib << 20)) --raw) <(head -c 256 /dev/zero) &&
		refused 1 'there is no memory' read small 0xfffffffffffff000 --raw
}

shown() {
	local args n=0
	vmictl list >"$work/list"
	says "$work/list" "^small +running +1 +$small_mib MiB +192\.0\.2\.[0-9]+ +lab +[0-9]+ " \
		"^$cloud +running +1 +256 MiB +192" || return
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
	vmictl pause small && is small state paused || return
	refused 1 'small is paused: it cannot be paused' pause small || return
	# none of its vCPUs runs any more
	before=$(vcpu_ticks small)
	! ping -c 1 -W 1 "$(attr small ip)" >/dev/null || { echo 'it answers'; return 1; }
	[ "$(vcpu_ticks small)" -le $((before + 2)) ] || { echo "it used $(vcpu_ticks small), $before ticks"; return 1; }
	# it can be looked into all the same
	vmictl read small 0x1000 16 >/dev/null || return
	vmictl resume small && is small state running || return
	refused 1 'small is running: it cannot be resumed' resume small || return
	wait_for 30 ping -c 1 -W 1 "$(attr small ip)" && in_guest small true
}

vcpu_ticks() {
	awk '{ print $14 + $15 }' "/proc/$(attr "$1" pid)/stat"
}

# by the button, and waited for; one that was not defined goes with its log
button() {
	vmictl stop "$cloud" >"$work/out" && says "$work/out" "^$cloud has stopped" &&
		refused 3 'no VM' show "$cloud" && [ ! -e "$VMI_RUN_DIR/$cloud.log" ]
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

deletes() {
	vmictl stop small | grep -q 'does not run' && vmictl -q delete small && [ -z "$(vmictl -q list)" ] &&
		[ -z "$(ls -A "$VMI_RUN_DIR")" ] && [ -z "$(ls -A /proc/vmi)" ] && vmictl -q net del lab &&
		! pgrep -ax vmi-vmm
}

plan 16
check 'a guest with little memory and one by "run" alone boot' starts
cloud=$(cat "$work/name")
check 'the generic kernel, 1 vCPU, little memory' finds small 1 "$GUEST_KERNEL" "$small_mib"
check 'the cloud kernel, 1 vCPU, the defaults' finds "$cloud" 1 "$GUEST_CLOUD_KERNEL" 256
check 'guests and host reach each other, leases and addresses are known' reach_each_other
check 'a cable unplugged is seen by the guest' link_is_seen
check 'the console on a terminal, and its escape key' console_escape
check 'list, show and all JSON of running guests' shown
check 'the banner of the generic kernel is in its memory' banner_is_found small "$GUEST_KERNEL"
check 'the banner of the cloud kernel is in its memory' banner_is_found "$cloud" "$GUEST_CLOUD_KERNEL"
check 'NAME.raw has a true size and the same memory' raw_file
check 'pause and resume' pauses
check 'the power button' button
check 'reset from outside' resets
check 'reboot from inside' reboots
check 'power-off from inside' powers_off
check 'delete leaves nothing behind' deletes
finish
