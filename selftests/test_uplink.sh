#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The uplink of a bridged network comes and goes: carrier, removal under traffic, other
# names and namespaces, a bond, the default route.
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/lan.sh
. "$(dirname "$0")/lan.sh"

flood=

end() {
	[ -z "$flood" ] || kill "$flood"
	kill "$monitor"
	lan_down
	ip link del bond0 2>/dev/null
	modprobe -q -r bonding 2>/dev/null
	ip link del up1 2>/dev/null
	ip link del dummy9 2>/dev/null
	ip link del dummy8 2>/dev/null
	ip netns del other 2>/dev/null
	vmictl -q net del lan 2>/dev/null
	vmictl -q net del second 2>/dev/null
	vmictl -q net del theirs 2>/dev/null
}
trap end EXIT

reached() {
	reach a=192.0.2.1 host=192.0.2.11
}

# STATE CARRIER
becomes() {
	wait_for 10 uplink_is lan "$1" && carrier_is a "$2"
}

# TEXT: an event said so
said() {
	wait_for 5 grep -qF -- "$1" "$tmp/events"
}

# LINK PLUGGED: what the port shows
plugged_is() {
	local port
	port=$(vmictl -j port list --vm a)
	[ "$(json_value link <<<"$port") $(json_value plugged <<<"$port")" = "$1 $2" ]
}

carrier_lost() {
	ip -n lan link set lan0 down
	becomes down 0 && plugged_is down true && said 'uplink up0: down'
}

carrier_back() {
	ip -n lan link set lan0 up
	becomes up 1 && reached && plugged_is up true
}

switched_off() {
	ip link set up0 down
	becomes down 0 || return 1
	ip link set up0 up
	becomes up 1 && reached
}

# a cable that was pulled stays so, whatever the uplink does
stays_unplugged() {
	vmictl -q link a 0 down
	carrier_is a 0 && plugged_is down false || return 1
	ip -n lan link set lan0 down
	wait_for 10 uplink_is lan down
	ip -n lan link set lan0 up
	wait_for 10 uplink_is lan up
	carrier_is a 0 && plugged_is down false || return 1
	vmictl -q link a 0 up
	carrier_is a 1 && reached
}

renamed() {
	ip link set up0 down
	ip link set up0 name wan0
	ip link set wan0 up
	[ "$(net_value lan uplink)" = wan0 ] && becomes up 1 && reached || return 1
	ip link set wan0 down
	ip link set wan0 name up0
	ip link set up0 up
	becomes up 1 && reached
}

readdressed() {
	ip link set up0 address 02:00:00:00:00:77
	reached && vmictl fdb lan | grep -q 02:00:00:00:00:77
}

# the host takes a guest's address: the guest's entry outlives that
readdressed_to_guest() {
	local mac
	mac=$(guest_mac a)
	ip link set up0 address "$mac"
	ip link set up0 address 02:00:00:00:00:77
	vmictl fdb lan | grep -q "$mac" && reached
}

flood_on() {
	"$nsdo" flood a=192.0.2.1 lan=192.0.2.11 host=192.0.2.11 &
	flood=$!
}

flood_off() {
	kill "$flood"
	wait "$flood" 2>/dev/null
	flood=
}

# COMMAND...: there is traffic meanwhile
under_traffic() {
	local status=0 before
	before=$(vmictl -j net show lan | json_value tx-packets)
	flood_on
	wait_for 5 flows "$before" || status=1
	"$@" || status=1
	flood_off
	return "$status"
}

flows() {
	[ "$(vmictl -j net show lan | json_value tx-packets)" -gt $(($1 + 20)) ]
}

removed_once() {
	ip link del up0
	becomes gone 0
}

removed() {
	local i
	for i in 1 2 3; do
		under_traffic removed_once || { echo "round $i"; return 1; }
		vmictl net show lan | grep -q 'gone' || return 1
		lan_wire
		if ! becomes up 1 || ! reached; then
			echo "round $i"
			return 1
		fi
	done
	said 'uplink up0: gone, it was removed'
}

# guests come and go while others send
ports_once() {
	local i
	for i in 1 2 3; do
		guest_up b lan && guest_addr b 12 || return 1
		# the LAN may know the address as the one before had it
		ip -n lan neigh flush dev lan0
		reach b=192.0.2.11 lan=192.0.2.12 || return 1
		guest_down b
	done
}

ports_removed() {
	under_traffic ports_once && [ "$(vmictl -j net show lan | json_value ports)" = 1 ]
}

port_while_gone() {
	ip link del up0
	becomes gone 0 && guest_up b lan && carrier_is b 0 || return 1
	lan_wire
	becomes up 1 && carrier_is b 1 && guest_addr b 12 &&
	bridge fdb show dev up0 | grep -q "$(guest_mac b) self" && reach b=192.0.2.1 b=192.0.2.11
	local status=$?
	guest_down b
	return "$status"
}

moved_once() {
	ip link set up0 netns other
	becomes gone 0
}

moved() {
	under_traffic moved_once && said 'uplink up0: gone, it was moved to another network namespace' || return 1
	vmictl net show lan | grep -q 'gone' || return 1
	# back under the name that it had
	ip -n other link set up0 netns 1
	ip link set up0 up
	host_addr up0
	becomes up 1 && reached
}

other_uplink() {
	ip link add dummy9 type dummy
	ip link set dummy9 up
	vmictl -q net set lan --uplink dummy9 && [ "$(net_value lan uplink-ifname)" = dummy9 ] &&
	silent a=192.0.2.1 && vmictl -q net set lan --uplink up0 && becomes up 1 && reached
}

comes_back() {
	vmictl -q net add second --mode bridged --uplink dummy9
	ip link del dummy9
	wait_for 5 uplink_is second gone || return 1
	ip link add dummy9 type dummy
	wait_for 5 uplink_is second down || return 1
	ip link set dummy9 up
	wait_for 5 uplink_is second up || return 1
	# a name that it had for a moment is not a name to follow
	ip link set dummy9 down
	ip link set dummy9 name dummy8
	wait_for 5 uplink_is second gone && ip link set dummy8 name dummy9 &&
	wait_for 5 uplink_is second down && vmictl -q net del second
}

no_promisc() {
	local status=0
	lan_modules 8021q
	ip link add link up0 name v7 type vlan id 7
	ip link set v7 up
	ip addr add 198.51.100.2/24 dev v7
	ip -n lan link add link lan0 name v7 type vlan id 7
	ip -n lan addr add 198.51.100.1/24 dev v7
	ip -n lan link set v7 up
	vmictl -q net add second --mode bridged --uplink v7
	guest_up c second
	bridge fdb show dev v7 | grep -q "$(guest_mac c) self" &&
	ip -d link show v7 | grep -q 'promiscuity 0' || status=1
	ip -n c addr add 198.51.100.13/24 dev eth0
	reach c=198.51.100.1 c=198.51.100.2 host=198.51.100.13 || status=1
	guest_down c
	ip link del v7
	vmictl -q net del second
	return "$status"
}

# ---- bond ----

in_bond() {
	modprobe -q bonding max_bonds=0
	ip link add bond0 type bond mode active-backup miimon 100
	ip link set up0 down
	ip link set up0 master bond0
	ip link set bond0 up
	ip addr flush dev up0
	host_addr bond0
	becomes up 1 && reached
}

on_bond() {
	vmictl -q net set lan --uplink bond0
	becomes up 1 && [ "$(net_value lan uplink-ifname)" = bond0 ] && reached && stream a=lan=192.0.2.1
}

no_bond() {
	ip link del bond0
	ip link set up0 up
	host_addr up0
	becomes gone 0 && vmictl -q net set lan --uplink up0 && becomes up 1 && reached
}

# ---- the default route ----

auto_none() {
	vmictl -q net set lan --uplink auto
	vmictl -q net add second --mode bridged && uplink_is second no-route && vmictl -q net del second
}

uses() {
	[ "$(net_value lan uplink-ifname)" = "$1" ]
}

auto_first() {
	ip route add default via 192.0.2.1
	wait_for 5 uses up0 && becomes up 1 && reached && [ "$(net_value lan uplink)" = auto ]
}

# an interface that another network has is taken when that lets it go
auto_waits() {
	vmictl -q net add second --mode bridged --uplink auto
	uplink_is second unfit && vmictl -q net set lan --uplink dummy9 || return 1
	wait_for 5 uplink_is second up && [ "$(net_value second uplink-ifname)" = up0 ] || return 1
	vmictl -q net del second && vmictl -q net set lan --uplink auto && wait_for 5 uses up0 &&
	becomes up 1 && reached
}

# in a namespace with its own /sys
carrier_changes() {
	ip netns exec a cat /sys/class/net/eth0/carrier_changes
}

# a second LAN, in the namespace other: guests notice by their link
auto_follows() {
	local before
	ip link add up1 type veth peer name lan1 netns other
	ip addr add 203.0.113.2/24 dev up1
	ip link set up1 up
	ip -n other addr add 203.0.113.1/24 dev lan1
	ip -n other link set lan1 up
	before=$(carrier_changes)
	ip route replace default via 203.0.113.1
	wait_for 5 uses up1 && becomes up 1 || return 1
	[ "$(carrier_changes)" -ge $((before + 2)) ] || return 1
	ip -n a addr add 203.0.113.11/24 dev eth0
	reach a=203.0.113.1 && silent a=192.0.2.1
}

auto_metric() {
	ip route add default via 192.0.2.1 metric 5
	ip route del default via 203.0.113.1
	wait_for 5 uses up0 && becomes up 1 && reached
}

# a tunnel with the default route cannot be the uplink, and none at all changes nothing
auto_stays() {
	ip tuntap add tun9 mode tun
	ip link set tun9 up
	ip route add default dev tun9 metric 1
	ip route del default via 192.0.2.1
	wait_for 5 uses up0 && reached || return 1
	ip link del tun9
	reached && uses up0
}

auto_removed() {
	ip link del up0
	wait_for 5 uses '' && wait_for 5 uplink_is lan no-route || return 1
	lan_wire
	ip route add default via 192.0.2.1
	wait_for 5 uses up0 && becomes up 1 && reached
}

# ---- namespaces ----

their_netns() {
	ip netns add theirs
	ip -n theirs link add v0 type veth peer name v1
	ip -n theirs link set v0 up
	ip -n theirs link set v1 up
	at theirs "$VMICTL" -q net add theirs --mode bridged --uplink v0
	wait_for 5 uplink_is theirs up && refuse_here || return 1
	ip netns del theirs
	wait_for 10 uplink_is theirs gone && said 'its network namespace ended' &&
	! vmictl net set theirs --uplink up0 2>/dev/null && vmictl -q net del theirs
}

# what is an interface there is none here
refuse_here() {
	! vmictl net add second --mode bridged --uplink v0 2>/dev/null
}

# with traffic to the last
network_ends() {
	local mac
	mac=$(guest_mac a)
	under_traffic guest_down a && vmictl -q net del lan && ! bridge fdb show dev up0 | grep -q "$mac"
}

plan 27
lan_up 1500
ip netns add other
"$VMICTL" monitor --since 0 >"$tmp/events" &
monitor=$!
vmictl -q net add lan --mode bridged --uplink up0
guest_up a lan
guest_addr a 11
check 'guest, host and LAN reach each other' reached
check "the uplink's carrier takes the guest's along" carrier_lost
check 'and brings it back' carrier_back
check 'so does switching the interface off and on' switched_off
check 'a pulled cable stays pulled' stays_unplugged
check 'a new name of the interface is followed' renamed
check 'and a new address' readdressed
check "even a guest's, for a while" readdressed_to_guest
check 'the interface is removed under traffic and comes back' removed
check 'ports are removed under traffic' ports_removed
check 'a guest is added while it is gone' port_while_gone
check 'the interface moves to another namespace under traffic and back' moved
check 'another uplink is set and taken back' other_uplink
check 'an interface is waited for by its name' comes_back
check 'unicast filters, not promiscuous mode' no_promisc
check 'an uplink in a bond' in_bond
check 'a bond as an uplink' on_bond
check 'the bond is removed' no_bond
check 'auto without a default route' auto_none
check 'auto finds the default route' auto_first
check 'auto waits for an interface that another network has' auto_waits
check 'auto follows it, and guests see their link go' auto_follows
check 'auto follows the better metric' auto_metric
check 'auto stays where a tunnel has the default route' auto_stays
check 'auto loses its interface and finds it again' auto_removed
check 'a namespace ends with its uplink' their_netns
check 'guest and network go under traffic' network_ends
finish
