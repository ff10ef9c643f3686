#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Bridged networks: guests are hosts of the LAN, and the host is reached as before.
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/lan.sh
. "$(dirname "$0")/lan.sh"

end() {
	lan_down
	ip link del br0 2>/dev/null
	ip netns del other 2>/dev/null
	vmictl -q net del lan 2>/dev/null
}
trap end EXIT

# ---- what is refused, and how ----

# TEXT COMMAND...: it fails and says so
says() {
	local text=$1 said
	shift
	said=$("$@" 2>&1) && { echo "succeeded: $*"; return 1; }
	grep -qF -- "$text" <<<"$said" || { echo "$said"; return 1; }
}

add() {
	vmictl net add t --mode bridged "$@"
}

refusals() {
	ip tuntap add tun9 mode tun
	ip link add dummy9 mtu 1400 type dummy
	vmictl net add ho --subnet 198.51.100.0/24
	says 'no such interface' add --uplink absent0 &&
	says 'loopback' add --uplink lo &&
	says 'not an Ethernet interface' add --uplink tun9 &&
	says 'of a VMI network' add --uplink vmi-ho &&
	says 'uplink of another network' add --uplink up0 &&
	says 'no subnet' add --uplink br9 --subnet 203.0.113.0/24 &&
	says 'MTU is larger' add --uplink dummy9 --mtu 9000 &&
	says 'only a bridged network has an uplink' vmictl net add t --subnet 203.0.113.0/24 --uplink up0 &&
	says 'can translate' vmictl net add t --subnet 203.0.113.0/24 --mac-nat &&
	says 'no leases' vmictl net set lan --lease 600 &&
	says 'only a bridged network has an uplink' vmictl net set ho --uplink up0 &&
	says 'no such interface' vmictl net set lan --uplink absent0 &&
	says 'MTU is larger' vmictl net set lan --uplink dummy9 &&
	[ "$(net_value lan uplink)" = up0 ]
	local status=$?
	vmictl net del ho
	ip link del tun9
	ip link del dummy9
	return "$status"
}

# ---- reaching one another ----

dhcp() {
	guest_dhcp a || { cat "$tmp/a.dhcp" "$tmp/dnsmasq.log"; return 1; }
	grep -q " $(guest_mac a) $(guest_ip a) " "$tmp/leases"
}

everybody() {
	reach a=192.0.2.1 a=192.0.2.2 a=192.0.2.12 b=192.0.2.11 lan=192.0.2.11 host=192.0.2.11 \
		a=fd00::1 a=fd00::2 a=fd00::12 b=fd00::11 lan=fd00::11 host=fd00::11
}

# guest to guest does not leave by the uplink, guest to LAN does, as the guest's own
leaves() {
	local mac
	mac=$(guest_mac a)
	capture lan lan0 icmp
	reach a=192.0.2.12 && reach a=192.0.2.1
	captured >"$tmp/seen"
	! grep -q '192.0.2.12' "$tmp/seen" &&
	grep -q "^[0-9:.]* $mac > .* 192.0.2.11 > 192.0.2.1: ICMP echo request" "$tmp/seen"
}

# who watches the uplink sees what host and guests say to each other, both ways
watched() {
	capture host up0 icmp
	reach host=192.0.2.11
	captured >"$tmp/seen"
	grep -q 'echo request' "$tmp/seen" && grep -q 'echo reply' "$tmp/seen"
}

# a ping to all is answered by a, b, host and LAN, whoever asks
multicast() {
	"$nsdo" neighbours a eth0 4 && "$nsdo" neighbours lan lan0 4 && "$nsdo" neighbours host up0 4
}

filters() {
	bridge fdb show dev up0 | grep -q "$(guest_mac a) self"
}

# ---- port security ----

send_frame() {
	"$nsdo" frame a eth0 "$1"
}

attacks() {
	local mac
	mac=$(guest_mac a | tr -d :)
	echo offer | at a socat -u - UDP-SENDTO:192.0.2.255:68,broadcast,sourceport=67
	# IPv6, 16 bytes of ICMPv6, fe80::11 to ff02::1, router advertisement
	send_frame "333300000001${mac}86dd6000000000103aff$(
		)fe800000000000000000000000000011ff020000000000000000000000000001$(
		)86000000400007080000000000000000"
	send_frame ffffffffffff02ffffffffff88b50000
	send_frame "ffffffffffff${mac}080600010800060400020200000000aa$(
		)c000020b000000000000c0000201"
	# spanning tree
	send_frame "0180c2000000${mac}002642420300000000000000"
	wait_for 5 were_stopped
}

were_stopped() {
	local why dropped
	dropped=$(vmictl -j port list --vm a)
	for why in rogue-dhcp-server rogue-router-advertisement source-mac arp-spoof reserved-address; do
		grep -q "\"$why\":1" <<<"$dropped" || return 1
	done
}

# a guest that is a bridge: the uplink listens for all, and who is behind the guest is reached
behind_guest() {
	vmictl -q port set "$(vmictl -j port list --vm a | json_value id)" --guard=-mac,-arp,-nd || return 1
	wait_for 5 is_promiscuous || return 1
	ip -n a link add link eth0 name mv0 type macvlan mode bridge
	ip netns add other
	ip -n a link set mv0 netns other
	ip -n other addr add 192.0.2.40/24 dev mv0
	ip -n other link set mv0 up
	reach lan=192.0.2.40 host=192.0.2.40 b=192.0.2.40 other=192.0.2.1
	local status=$?
	ip netns del other
	vmictl -q port set "$(vmictl -j port list --vm a | json_value id)" --guard=default
	return "$status"
}

is_promiscuous() {
	ip -d link show up0 | grep -q 'promiscuity [2-9]'
}

# ---- isolated, without host ----

isolated() {
	local status=0
	vmictl -q net set lan --isolated
	reach a=192.0.2.1 a=192.0.2.2 && silent a=192.0.2.12 || status=1
	vmictl -q net set lan --no-isolated
	reach a=192.0.2.12 || status=1
	return "$status"
}

# ---- uplink in a bridge ----

in_bridge() {
	lan_modules bridge
	ip netns add other
	ip link add p1 type veth peer name eth0 netns other
	ip -n other addr add 192.0.2.30/24 dev eth0
	ip -n other link set eth0 up
	ip link add br0 type bridge
	ip link set br0 address "$("$nsdo" mac host up0)"
	ip link set p1 up master br0
	ip addr flush dev up0
	ip link set up0 master br0
	ip link set br0 up
	host_addr br0
	everybody && reach a=192.0.2.30 other=192.0.2.11 other=192.0.2.1 &&
	stream a=other=192.0.2.30 other=a=192.0.2.11
}

# an address seen behind the bridge that moves to the LAN is found there
moves_to_lan() {
	local mac status=0
	mac=$("$nsdo" mac other eth0)
	vmictl fdb lan | grep -q "$mac" || { vmictl fdb lan; return 1; }
	ip netns del other
	ip link del p1 2>/dev/null
	ip -n lan link add mv0 link lan0 address "$mac" type macvlan mode bridge
	ip netns add other
	ip -n lan link set mv0 netns other
	ip -n other addr add 192.0.2.30/24 dev mv0
	ip -n other link set mv0 up
	reach other=192.0.2.11 && reach a=192.0.2.30 || status=1
	ip netns del other
	return "$status"
}

# the bridge itself is the uplink
on_bridge() {
	vmictl -q net set lan --uplink br0 && carrier_is a 1 && everybody && streams a 192.0.2.11
}

no_bridge() {
	vmictl -q net set lan --uplink up0
	ip link del br0
	host_addr up0
	carrier_is a 1 && everybody
}

plan 16
lan_up 1500
lan_dhcp
check 'a network with an uplink is added' vmictl net add lan --mode bridged --uplink up0
check 'its uplink is up' wait_for 5 uplink_is lan up
check 'what cannot be is refused, with the reason' refusals
guest_up a lan
guest_up b lan
check "a guest gets an address from the LAN's DHCP server" dhcp
guest_addr a 11
guest_addr b 12
check 'guests, host and LAN reach each other, by IPv4 and IPv6' everybody
check 'what leaves is what is for the LAN' leaves
check 'the uplink shows what host and guests say' watched
check 'multicasts reach guests, host and LAN' multicast
check "the uplink listens for the guests' addresses" filters
check 'what a guest may not send is stopped' attacks
check 'those behind a guest that is a bridge are reached' behind_guest
check 'isolated guests reach host and LAN only' isolated
check 'an uplink in a bridge' in_bridge
check 'an address that moves from the bridge to the LAN' moves_to_lan
check 'a bridge as an uplink' on_bridge
check 'an uplink that has left a bridge' no_bridge
finish
