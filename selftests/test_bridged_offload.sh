#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Frames between the guests of a bridged network, its uplink and the host: jumbo frames,
# segments, checksums, VLAN tags, with all sorts of offloads.
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/lan.sh
. "$(dirname "$0")/lan.sh"

end() {
	lan_down
	vmictl -q net del lan 2>/dev/null
}
trap end EXIT

vlan_up() {
	ip -n "$1" link add link "$2" name v5 type vlan id 5 &&
	ip -n "$1" addr add "198.51.100.$3/24" dev v5 &&
	ip -n "$1" link set v5 up
}

vlan() {
	lan_modules 8021q
	ip link add link up0 name v5 type vlan id 5
	ip addr add 198.51.100.2/24 dev v5
	ip link set v5 up
	vlan_up a eth0 11 && vlan_up b eth0 12 && vlan_up lan lan0 1 &&
	reach a=198.51.100.1 a=198.51.100.2 a=198.51.100.12 lan=198.51.100.11 host=198.51.100.11
}

# the tags are in the frames themselves, not in what drivers say of them
vlan_inline() {
	local status=0
	"$nsdo" offload host up0 txvlan off
	"$nsdo" offload lan lan0 txvlan off
	stream a=lan=198.51.100.1 lan=a=198.51.100.11 host=a=198.51.100.11 a=host=198.51.100.2 || status=1
	"$nsdo" offload host up0 txvlan on
	"$nsdo" offload lan lan0 txvlan on
	ip link del v5
	return "$status"
}

jumbo() {
	[ "$(net_value lan mtu)" = 9000 ] && ip -n a link show eth0 | grep -q 'mtu 9000' &&
	reach -s 8972 a=192.0.2.1 a=192.0.2.2 a=192.0.2.12 lan=192.0.2.11 host=192.0.2.11
}

# frames larger than the MTU pass whole between guest and LAN
super_frames() {
	capture lan lan0 greater 16000
	stream a=lan=192.0.2.1 lan=a=192.0.2.11
	captured >"$tmp/seen"
	grep -q '> 192.0.2.1.7000' "$tmp/seen" && grep -q '> 192.0.2.11.7000' "$tmp/seen"
}

streams6() {
	stream a=lan=fd00::1 lan=a=fd00::11 a=host=fd00::2 host=a=fd00::11
}

without_offloads() {
	local status=0
	"$nsdo" offload host up0 tx off
	"$nsdo" offload lan lan0 tx off
	streams a 192.0.2.11 || status=1
	"$nsdo" offload host up0 tx on
	"$nsdo" offload lan lan0 tx on
	"$nsdo" offload host up0 tso on
	"$nsdo" offload lan lan0 tso on
	return "$status"
}

segments() {
	"$nsdo" segments host=a=192.0.2.11 lan=a=192.0.2.11
}

plain_guest() {
	guest_down b
	guest_up b lan none && guest_addr b 12 && streams b 192.0.2.12 &&
	"$nsdo" segments lan=b=192.0.2.12
}

# the uplink's MTU shrinks below the network's: it is told, and such frames are counted
small_mtu() {
	ip link set up0 mtu 1500
	drops_more a too-long "$nsdo" frame a eth0 "ffffffffffff$(guest_mac a | tr -d :)88b5$(printf '%08000d' 0)" &&
	reach a=192.0.2.1
	local status=$?
	ip link set up0 mtu 9000
	return "$status"
}

plan 10
lan_up 9000
vmictl -q net add lan --mode bridged --uplink up0
guest_up a lan
guest_up b lan
guest_addr a 11
guest_addr b 12
check 'jumbo frames pass' jumbo
check 'large segments pass whole to the LAN and from it' super_frames
check 'streams arrive intact' streams a 192.0.2.11
check 'by IPv6 too' streams6
check 'without offloads of the uplink too' without_offloads
check 'segmented datagrams of host and LAN arrive' segments
check 'VLAN tags pass' vlan
check 'tags that the devices leave in the frame too' vlan_inline
check 'streams of a guest without offloads arrive intact' plain_guest
check 'frames that the uplink cannot send any more are counted' small_mtu
finish
