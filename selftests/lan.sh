# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A LAN for tests in shell: the namespace "lan" with lan0, whose other end up0 is the
# host's, and guests that are namespaces. To be sourced after ktap.sh. A namespace
# called "host" is that of the test itself. Addresses: lan .1, host .2, of
# 192.0.2.0/24 and fd00::/64; guests as told.

# shellcheck source=selftests/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

tmp=$(mktemp -d)
vguest=$top/build/selftests/vguest
nsdo=$top/build/selftests/nsdo
dnsmasq_pid=

vmictl() {
	"$VMICTL" "$@"
}

# NAMESPACE COMMAND...: its /sys is the host's
at() {
	"$nsdo" at "$@"
}

# FROM=ADDRESS...: each has an answer
reach() {
	"$nsdo" reach "$@"
}

silent() {
	"$nsdo" silent "$@"
}

# FROM=TO=ADDRESS...: a megabyte by TCP arrives as it was
stream() {
	"$nsdo" stream "$@"
}

# GUEST 0|1: its carrier is so, or comes to be
carrier_is() {
	"$nsdo" link "$1" eth0 "$2"
}

guest_mac() {
	"$nsdo" mac "$1" eth0
}

# MODULE...: that a test needs, where the kernel has not got them built in
lan_modules() {
	modprobe -q -a "$@" 2>/dev/null
}

# [MTU]
lan_up() {
	lan_modules veth tun dummy
	ip netns add lan
	ip -n lan link set lo up
	lan_wire "${1:-1500}"
}

# the wire between host and LAN, both ends with their addresses
lan_wire() {
	ip link add up0 mtu "${1:-1500}" type veth peer name lan0 mtu "${1:-1500}" netns lan
	ip -n lan -batch - <<-IP
	addr add 192.0.2.1/24 dev lan0
	addr add fd00::1/64 dev lan0 nodad
	link set lan0 up
	IP
	ip link set up0 up
	host_addr up0
}

# INTERFACE: the host's addresses are there
host_addr() {
	ip -batch - <<-IP
	addr replace 192.0.2.2/24 dev $1
	addr replace fd00::2/64 dev $1 nodad
	IP
}

lan_dhcp() {
	at lan dnsmasq --conf-file=/dev/null --port=0 --interface=lan0 --bind-interfaces \
		--dhcp-range=192.0.2.100,192.0.2.199,1h --dhcp-authoritative --no-ping \
		--dhcp-leasefile="$tmp/leases" --pid-file="$tmp/dnsmasq.pid" --user=root \
		--log-facility="$tmp/dnsmasq.log" --log-dhcp
	dnsmasq_pid=$(cat "$tmp/dnsmasq.pid")
}

# NAME NETWORK [none|csum|all]: a guest in the namespace NAME, its interface is eth0
guest_up() {
	ip netns add "$1"
	ip -n "$1" link set lo up
	"$vguest" "$1" "$2" "$1" eth0 "${3:-all}" >"$tmp/$1.out" 2>&1 &
	echo $! >"$tmp/$1.guest"
	wait_for 10 grep -q ready "$tmp/$1.out" || { cat "$tmp/$1.out"; return 1; }
}

guest_down() {
	local pid
	pid=$(cat "$tmp/$1.guest" 2>/dev/null) || return 0
	rm "$tmp/$1.guest"
	kill "$pid"
	# a shell that is not its parent would wait for ever
	wait_for 10 ended "$pid"
	ip netns del "$1"
}

ended() {
	case $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) in
	'' | Z*) ;;
	*) return 1 ;;
	esac
}

# NAME NUMBER: give a guest addresses of the LAN, and no others
guest_addr() {
	ip -n "$1" -batch - <<-IP
	addr flush dev eth0 scope global
	addr replace 192.0.2.$2/24 dev eth0
	addr replace fd00::$2/64 dev eth0 nodad
	IP
}

# NAME: ask the LAN for an address
guest_dhcp() {
	cat >"$tmp/udhcpc" <<-'SCRIPT'
	#!/bin/sh
	case $1 in
	bound | renew) ip addr replace "$ip/${mask:-24}" dev "$interface" ;;
	esac
	SCRIPT
	chmod 755 "$tmp/udhcpc"
	at "$1" busybox udhcpc -i eth0 -s "$tmp/udhcpc" -q -n -t 10 -T 1 >"$tmp/$1.dhcp" 2>&1
}

guest_ip() {
	ip -n "$1" -4 -o addr show eth0 | sed -n 's/.* inet \([0-9.]*\).*/\1/p' | head -n 1
}

lan_down() {
	local guest
	for guest in "$tmp"/*.guest; do
		[ ! -e "$guest" ] || guest_down "$(basename "$guest" .guest)"
	done
	[ -z "$dnsmasq_pid" ] || kill "$dnsmasq_pid"
	ip link del up0 2>/dev/null
	ip netns del lan
	rm -rf "$tmp"
}

# NAMESPACE INTERFACE FILTER...: capture to $tmp/pcap until captured
capture() {
	"$nsdo" at "$1" tcpdump -Z root --immediate-mode -Uni "$2" -w "$tmp/pcap" "${@:3}" \
		2>"$tmp/tcpdump" &
	capture_pid=$!
	wait_for 10 grep -q listening "$tmp/tcpdump"
}

captured() {
	kill "$capture_pid"
	wait "$capture_pid" 2>/dev/null
	tcpdump -Z root -enr "$tmp/pcap" 2>/dev/null
}

# KEY: its value in the JSON object read, or nothing
json_value() {
	sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"
}

# PORT'S VM REASON: how many frames of its guest were dropped for that
drops() {
	local n
	n=$(vmictl -j port list --vm "$1" | json_value "$2")
	echo "${n:-0}"
}

# GUEST ADDRESS: to and from LAN and host
streams() {
	stream "$1=lan=192.0.2.1" "lan=$1=$2" "$1=host=192.0.2.2" "host=$1=$2"
}

# PORT'S VM REASON COMMAND...: the command makes more of them
drops_more() {
	local before
	before=$(drops "$1" "$2")
	"${@:3}"
	wait_for 5 more_than "$before" "$1" "$2"
}

more_than() {
	[ "$(drops "$2" "$3")" -gt "$1" ]
}

# NETWORK KEY: a value of net show
net_value() {
	vmictl -j net show "$1" | json_value "$2"
}

# NETWORK STATE
uplink_is() {
	[ "$(net_value "$1" uplink-state)" = "$2" ]
}
