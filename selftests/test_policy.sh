#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Policy of ports with a real guest: guards are not in its way and stop it when it turns
# bad, impairments and limits are felt, counters tell why, all of it changed while it runs.
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/env.sh
. "$(dirname "$0")/env.sh"
# shellcheck source=selftests/guest.sh
. "$(dirname "$0")/guest.sh"

guards='"source-mac"|"source-ip"|"arp-spoof"|"nd-spoof"|"rogue-|"storm-limit"'

port_of() {
	vmictl -j port list --vm "$1" | field id
}

# REASON: how many frames of web were dropped for it
drops() {
	local text
	text=$(vmictl -j port show "$port")
	value_in "$1" "$text" || echo 0
}

pings() {
	ping -n -c "${2:-3}" -W 10 -i 0.3 "$1" >"$work/ping" 2>&1 || { cat "$work/ping"; return 1; }
}

starts() {
	net_add pol --subnet 192.0.2.0/24 || return
	guest_start web --net pol,ip=192.0.2.10,guard=all,rx-impair=delay=60ms:jitter=10ms || return
	guest_ready web || return
	port=$(port_of web)
	[ "$(attr web ip)" = 192.0.2.10 ]
}

# DHCP, ARP, IPv6 neighbour discovery and whatever else a kernel says when it comes up
honest_guest_passes() {
	local ll
	pings 192.0.2.10 || return
	ll=$(in_guest web "ip -6 -o addr show dev eth0 scope link" | sed -n 's/.* inet6 \([^/ ]*\).*/\1/p')
	[ -n "$ll" ] || return
	pings "$ll%vmi-pol" || return
	vmictl -j port show "$port" >"$work/out" || return
	! grep -oE "$guards" "$work/out"
}

# of the definition; the delay is that of the way to the guest
delay_is_felt() {
	local text least
	text=$(vmictl -j port show "$port")
	[[ $text == *'"rx-impair":{"loss-ppm":0,"delay-us":60000,"jitter-us":10000,"reorder-ppm":0}'* ]] ||
		{ echo "$text"; return 1; }
	pings 192.0.2.10 5 || return
	least=$(sed -n 's#.* = \([0-9]*\)\.[0-9]*/.*#\1#p' "$work/ping")
	[ "$least" -ge 50 ] || { cat "$work/ping"; return 1; }
}

loss_is_felt() {
	vmictl -q port set "$port" --rx-impair loss=100% || return
	! ping -n -c 2 -W 1 -i 0.2 192.0.2.10 >/dev/null || return
	[ "$(drops impair-loss)" -ge 2 ] || return
	vmictl -q port set "$port" --rx-impair none && pings 192.0.2.10
}

# another IPv4 address: neither does its ARP pass, nor what it sends
spoofing_is_stopped() {
	local before
	in_guest web 'ip addr add 192.0.2.66/24 dev eth0' || return
	! ping -n -c 2 -W 1 -i 0.2 192.0.2.66 >/dev/null || return
	[ "$(drops arp-spoof)" -ge 1 ] || return
	before=$(drops source-ip)
	in_guest web 'ping -c 2 -W 1 -I 192.0.2.66 192.0.2.1 >/dev/null; true' || return
	[ "$(drops source-ip)" -gt "$before" ] || return
	vmictl -q port set "$port" --guard -arp,-ip || return
	pings 192.0.2.66 || return
	vmictl -q port set "$port" --guard default || return
	[[ $(vmictl -j port show "$port") == *'"guard-own":false'* ]] || return
	in_guest web 'ip addr del 192.0.2.66/24 dev eth0' && pings 192.0.2.10
}

# 100 kB/s both ways: what is sent is slowed down, not lost
limit_is_felt() {
	local begin=${EPOCHREALTIME/./} ms
	vmictl -q port set "$port" --tx-limit bytes=100000,burst=2000 || return
	vmictl port show "$port" | grep -qE '^tx-limit +bytes=100000,burst=2000$' || return
	pings 192.0.2.10 2 || return
	begin=${EPOCHREALTIME/./}
	ping -n -s 1400 -c 100 -i 0.002 -W 20 192.0.2.10 >"$work/ping" || { cat "$work/ping"; return 1; }
	ms=$(((${EPOCHREALTIME/./} - begin) / 1000))
	# 100 answers of 1442 bytes
	[ "$ms" -ge 1300 ] || { echo "$ms ms"; return 1; }
	grep -q ' 0% packet loss' "$work/ping" || { tail -n 3 "$work/ping"; vmictl port show "$port"; return 1; }
	vmictl -q port set "$port" --tx-limit none && pings 192.0.2.10
}

counters_tell() {
	local text
	vmictl net stats pol >"$work/out" || return
	says "$work/out" '^NET +PORT +VM +RX +RX-BYTES +TX +TX-BYTES +DROPS$' "^pol +all +" \
		"^pol +$port +web +[1-9]" "^pol +$port +web +arp-spoof +[1-9]" '^pol +all +impair-loss +[1-9]' ||
		return
	text=$(vmictl -j net stats pol)
	[[ $text == *'"net":"pol"'*'"impair-loss":'*'"ports":['*'"vm":"web"'* ]] || { echo "$text"; return 1; }
}

# a network's counters keep those of a port that is gone
counters_stay() {
	local before after
	before=$(vmictl -j net stats pol | field tx-packets)
	vmictl -q kill web && vmictl -q delete web || return
	after=$(vmictl -j net stats pol | field tx-packets)
	echo "$before, then $after"
	[ "$before" -gt 0 ] && [ "$after" -ge "$before" ]
}

plan 8
if ! starts >"$work/start" 2>&1; then
	note "$(cat "$work/start")"
	not_ok 'a guest with a policy of its own starts'
	finish
fi
ok 'a guest with a policy of its own starts'
check 'guards are not in the way of an honest guest' honest_guest_passes
check 'delay' delay_is_felt
check 'loss, until it ends' loss_is_felt
check 'a foreign address is stopped, and passes unguarded' spoofing_is_stopped
check 'a limit slows down and loses nothing' limit_is_felt
check 'counters tell why' counters_tell
check 'counters of a network stay' counters_stay
finish
