#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Guests started and stopped again and again, and VMMs killed at random moments under
# traffic: nothing may be left of them.
#
#	CYCLES	starts of a guest that boots and is stopped (200 for the full claim)
#	KILLS	VMMs killed (50 for the full claim)
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/env.sh
. "$(dirname "$0")/env.sh"
# shellcheck source=selftests/guest.sh
. "$(dirname "$0")/guest.sh"

cycles=${CYCLES:-4}
kills=${KILLS:-5}

# --- what the kernel holds

# as it is when nothing waits to be freed: kB of each kind, objects of each slab cache
# and how many of them a slab has
weigh() {
	local cache skip=
	sync
	# Areas of vmalloc that were given back wait for a change of protection, as there is
	# when a module comes.
	{ modprobe -q dummy numdummies=0 && modprobe -q -r dummy; } || skip=vmap_area
	echo 3 >/proc/sys/vm/drop_caches
	for cache in /sys/kernel/slab/*/shrink; do
		echo 1 >"$cache"
	done 2>/dev/null
	awk '/^(SUnreclaim|KernelStack|PageTables|Percpu|VmallocUsed|AnonPages|Shmem|Mlocked|MemAvailable):/ {
		print $1, $2 }' /proc/meminfo
	awk -v skip="$skip" 'NR > 2 && $1 != skip { print $1, $2, $5 }' /proc/slabinfo
}

# what has grown, and what of it is too much for a measurement of two moments
growth() {
	awk -v cycles="$1" '
		NR == FNR { before[$1] = $2; next }
		$1 in before {
			grown = $1 == "MemAvailable:" ? before[$1] - $2 : $2 - before[$1]
			# fewer than one for each cycle is none of ours, and a CPU may hold slabs
			limit = 4 * $3 > 50 ? 4 * $3 : 50
			if (cycles > limit)
				limit = cycles
			if ($1 ~ /:$/)
				limit = $1 ~ /MemAvailable|AnonPages/ ? 8192 : 1024
			if (grown > 0)
				line = line " " $1 (grown >= limit ? "!" : "") "+" grown
			if (grown >= limit)
				bad = 1
		}
		END { print line; exit bad }
	' "$work/before" "$work/after"
}

flat() {
	weigh >"$work/after"
	growth "$1" >"$work/grown"
}

is_flat() {
	wait_for 60 flat "$1"
	local status=$?
	cat "$work/grown"
	return "$status"
}

# --- cycles

# two at a time, as there are two CPUs; each boots, has an address and is stopped
cycle() {
	vmictl -q start left right && guest_ready left && guest_ready right &&
		grep -aq '^guest: ready 192' "$VMI_RUN_DIR/left.log" && vmictl -q stop left right &&
		is left state stopped && is right reason guest-poweroff && ! pgrep -ax vmi-vmm
}

cycles_run() {
	local i
	for ((i = 0; i < cycles; i += 2)); do
		cycle || { echo "in cycle $i"; return 1; }
	done
}

# those that end before the guest has come far
short_cycles() {
	local i
	for ((i = 0; i < 2 * cycles; i++)); do
		if ! vmictl -q start left || ! vmictl -q kill left; then
			echo "in cycle $i"
			return 1
		fi
	done
}

# --- kills

# Guests that send to each other as much as they can, from the moment they have an
# address: the kernel unpacks one archive after the other.
traffic_initrd() {
	mkdir -p "$work/rc/etc" || return
	cat >"$work/rc/etc/rc" <<-'RC'
	peer=192.0.2.11
	[ "$(cat /run/address)" != 192.0.2.11 ] || peer=192.0.2.12
	while :; do nc -l -p 7000 >/dev/null 2>&1; done &
	while :; do nc $peer 7000 </dev/zero >/dev/null 2>&1 || sleep 1; done &
	RC
	(cd "$work/rc" && find . | cpio --quiet -o -H newc) | gzip | cat "$GUEST_INITRD" - >"$work/initrd"
}

# NAME: bytes that its port has received
received() {
	vmictl -j port list --vm "$1" | field rx-bytes
}

flows() {
	[ "$(received left)" -gt "$1" ] && [ "$(received right)" -gt "$2" ]
}

traffic_flows() {
	wait_for "$ready_limit_s" flows $(($(received left) + 1000000)) $(($(received right) + 1000000)) ||
		{ vmictl port list; return 1; }
}

traffic_starts() {
	traffic_initrd && guest_define left --replace --initrd "$work/initrd" --net lab,ip=192.0.2.11 &&
		guest_define right --replace --initrd "$work/initrd" --net lab,ip=192.0.2.12 &&
		vmictl -q start left right && guest_ready left && guest_ready right || return
	traffic_flows
}

# Every second time both are in traffic; else the one that was killed last boots while
# its peer sends to it.
kill_one() {
	local victim=$1 pid
	[ $(($2 % 2)) -eq 0 ] || { guest_ready "$victim" && traffic_flows; } || return
	sleep "$((RANDOM % 3)).$((RANDOM % 1000))"
	pid=$(attr "$victim" pid)
	kill -KILL "$pid"
	wait_for 30 test ! -d "/proc/$pid" && is "$victim" state crashed && is "$victim" reason vmm-died &&
		[ ! -e "/proc/vmi/$victim.raw" ] && vmictl -q start "$victim"
}

kills_run() {
	local i name flood=()
	for name in 11 12; do
		ping -f -q "192.0.2.$name" >/dev/null 2>&1 &
		flood+=($!)
	done
	for ((i = 0; i < kills; i++)); do
		name=left
		[ $((RANDOM % 2)) -eq 0 ] || name=right
		kill_one "$name" "$i" || { echo "kill $i, of $name"; break; }
	done
	kill "${flood[@]}"
	wait "${flood[@]}"
	[ "$i" -eq "$kills" ]
}

# those who live on have been served all the time
still_served() {
	guest_ready left && guest_ready right && traffic_flows &&
		wait_for 60 ping -c 1 -W 1 192.0.2.11 && wait_for 60 ping -c 1 -W 1 192.0.2.12
}

# --- the end

rmmod_is_refused() {
	local err
	! err=$(rmmod vmi 2>&1) || return
	grep -q 'in use' <<<"$err" || { echo "$err"; return 1; }
	is left state running && is right state running || return
	vmictl -q kill left right || return
	# VMs without a VMM and networks hold it as well
	! rmmod vmi 2>/dev/null && vmictl -q delete left right && ! rmmod vmi 2>/dev/null &&
		vmictl -q net del lab
}

nothing_left() {
	! pgrep -ax vmi-vmm && [ -z "$(ls -A /proc/vmi)" ] && [ "$(vmictl -j port list)" = '[]' ] &&
		[ -z "$(ls -A "$VMI_RUN_DIR")" ] && [ "$(awk '$1 == "vmi" { print $3 }' /proc/modules)" -eq 0 ] &&
		rmmod vmi
}

kernel_is_silent() {
	! dmesg | sed "1,/$mark/d" | grep -E 'WARNING:|BUG|Oops|Call Trace|refcount|leaked|nobody cared'
}

mark=vmi-stress-$$
echo "<6>$mark" >/dev/kmsg
net_add lab --subnet 192.0.2.0/24
guest_define left --net lab
guest_define right --net lab --cpus 2
plan 10
check 'a cycle to warm up' cycle
weigh >"$work/before"
check "$cycles cycles of start, boot and stop" cycles_run
check "$((2 * cycles)) cycles of start and kill" short_cycles
check 'slab and page counts are flat' is_flat $((3 * cycles))
note "grown:$(cat "$work/grown")"
check 'two guests send to each other' traffic_starts
check "$kills VMMs killed at random moments under traffic" kills_run
check 'traffic goes on' still_served
check 'rmmod is refused while there is something' rmmod_is_refused
check 'nothing is left, and the module goes' nothing_left
check 'the kernel has said nothing' kernel_is_silent
finish
