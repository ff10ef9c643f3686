#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A real guest with two NICs: networks are edited and it sees nothing, a port is moved and
# it sees its cable go, and all of it is drawn.
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/env.sh
. "$(dirname "$0")/env.sh"
# shellcheck source=selftests/guest.sh
. "$(dirname "$0")/guest.sh"

# no name of an interface of an honest person
# shellcheck disable=SC1003
hostile='x"<&>\y'

starts() {
	net_add nic1 --subnet 192.0.2.0/24 || return
	net_add nic2 --subnet 198.51.100.0/24 --ifname "$hostile" || return
	net_add nic3 --subnet 203.0.113.0/24 --mtu 1400 || return
	guest_start web --net nic1,ip=192.0.2.10 --net nic2,ip=198.51.100.10 || return
	guest_ready web
}

pings() {
	ping -n -c 2 -W 10 -i 0.3 "$1" >"$work/ping" 2>&1 || { cat "$work/ping"; return 1; }
}

both_have_addresses() {
	[ "$(vmictl -q port list --vm web | wc -l)" -ge 2 ] || return
	in_guest web 'ip link set eth1 up && udhcpc -i eth1 -s /etc/udhcpc -q -n -t 10 -T 1' || return
	pings 192.0.2.10 && pings 198.51.100.10
}

# how often the links have changed: a line for each NIC. Every look costs seconds in emulation.
changes() {
	in_guest web 'cat /sys/class/net/eth[01]/carrier_changes'
}

edits_are_no_event() {
	changes >"$work/before" || return
	vmictl -q net set nic1 --mtu 9000 --range 192.0.2.20-192.0.2.30 --lease 600 || return
	vmictl -q net set nic1 --guard -arp --storm-limit 2000 || return
	vmictl -q port set web:0 --tx-limit rate=10gbit --guard -nd || return
	vmictl -q port set web:0 --tx-limit none --guard default || return
	[ "$(cat /sys/class/net/vmi-nic1/mtu)" = 9000 ] || return
	pings 192.0.2.10 || return
	changes >"$work/after" && diff "$work/before" "$work/after" || return
	refused 1 'can only grow' net set nic1 --mtu 1500
}

# of eth0, down and up; eth1 has seen nothing
link_came_back() {
	local before now
	mapfile -t before <"$work/before"
	changes >"$work/after" && mapfile -t now <"$work/after" || return
	[ "${now[0]}" -ge $((before[0] + 2)) ] && [ "${now[1]}" = "${before[1]}" ]
}

move_is_felt() {
	vmictl port move web:0 nic3 --ip 203.0.113.77 >"$work/out" || return
	says "$work/out" '^port [0-9]+ is on nic3 with address 203.0.113.77$' \
		'^the definition of web is as it was' || return
	wait_for 60 link_came_back || { cat "$work/before" "$work/after"; return 1; }
	in_guest web 'udhcpc -i eth0 -s /etc/udhcpc -q -n -t 10 -T 1' || return
	pings 203.0.113.77 && pings 198.51.100.10 || return
	! ping -n -c 1 -W 1 192.0.2.10 >/dev/null
}

graph_is_xml() {
	vmictl net graph >"$work/graph.svg" || return
	vmictl net graph nic3 --dot >"$work/graph.dot" || return
	says "$work/graph.dot" '"net nic3" -- "vm web"' || return
	! grep -q 'nic2' "$work/graph.dot" || return
	python3 - "$work/graph.svg" "$hostile" <<-'PY'
	import sys
	import xml.etree.ElementTree as ET
	svg = "{http://www.w3.org/2000/svg}"
	root = ET.parse(sys.argv[1]).getroot()
	texts = [t.text for t in root.iter(svg + "text")]
	print(texts)
	assert root.tag == svg + "svg"
	for text in ("web", "nic1", "nic2", "nic3", sys.argv[2], "203.0.113.77", "host-only"):
	    assert text in texts, text
	assert len([g for g in root.iter(svg + "g") if g.get("class") == "edge"]) == 5
	PY
}

graph_needs_dot() {
	PATH=/nonexistent refused 1 'install graphviz' net graph
}

plan 6
if ! starts >"$work/start" 2>&1; then
	note "$(cat "$work/start")"
	not_ok 'a guest with two NICs starts'
	finish
fi
ok 'a guest with two NICs starts'
check 'each NIC has the address of its network' both_have_addresses
check 'a guest does not notice that its network is edited' edits_are_no_event
check 'a port moves to another network, and the other one does not notice' move_is_felt
check 'the drawing is XML, with hostile names as they are' graph_is_xml
check 'without graphviz there is one sentence' graph_needs_dot
finish
