#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# NAT networks: forwards, leases and flows as VMs, addresses and namespaces come and go.
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/nat.sh
. "$(dirname "$0")/nat.sh"

flows() {
	cat /proc/sys/net/netfilter/nf_conntrack_count
}

no_flows() {
	[ "$(flows)" -eq 0 ]
}

lists() {
	tells "$1" "$VMICTL" -j forward list nat0
}

# 50 forwards come and go
forwards_come_and_go() {
	local i
	for i in {1..25}; do
		"$VMICTL" -q forward add nat0 tcp 7000-7015 t-g1 || return 1
		"$VMICTL" -q forward add nat0 udp $((7000 + i)) t-g1:9 || return 1
		"$VMICTL" -q forward del nat0 tcp 7000 || return 1
		"$VMICTL" -q forward del nat0 udp $((7000 + i)) || return 1
	done
}

# a second NAT network comes and goes 8 times
networks_come_and_go() {
	local i
	for i in {1..8}; do
		"$VMICTL" -q net add inner --mode nat --subnet 203.0.113.192/26 || return 1
		"$VMICTL" -q forward add inner tcp 7500 nobody || return 1
		"$VMICTL" -q net del inner || return 1
	done
}

# a port goes to another network and back 8 times
ports_come_and_go() {
	local i
	for i in {1..8}; do
		"$VMICTL" -q port move t-g1:0 lab || return 1
		"$VMICTL" -q port move t-g1:0 nat0 || return 1
	done
}

# connection tracking is on where somebody wants it
tracks_nothing() {
	wait_for "$patience" no_flows && quiet ping -c 1 -w "$patience" 203.0.113.66 && no_flows
}

# nobody uses what the kernel has for NAT
left_alone() {
	! lsmod | awk '$1 ~ /^nf_(nat|flow_table)$/ && $3' | grep .
}

has_no_interface() {
	! "$VMICTL" -j net show inner | grep -q ifindex
}

plan 47
set_up
quiet "$VMICTL" net add nat0 --mode nat --subnet 192.0.2.0/24
serve inet 7 198.51.100.1

# ---- leases ----
check 'an address is kept' "$VMICTL" reserve add nat0 02:00:00:00:00:05 192.0.2.5
check 'for one only' tells 'kept for another' "$VMICTL" reserve add nat0 02:00:00:00:00:06 192.0.2.5
refuse "not the host's" "$VMICTL" reserve add nat0 02:00:00:00:00:06 192.0.2.1
refuse 'nor one elsewhere' "$VMICTL" reserve add nat0 02:00:00:00:00:06 198.51.100.1
check 'another one in its place' "$VMICTL" reserve add nat0 02:00:00:00:00:05 192.0.2.128
check 'it is listed' tells '"mac":"02:00:00:00:00:05","ip":"192.0.2.128"' "$VMICTL" -j reserve list nat0
vguest_start g1
vguest_start g2 02:00:00:00:00:05
check 'nobody else gets it' test "$g1" = 192.0.2.129
check 'its owner does' test "$g2" = 192.0.2.128
vguest_stop g2
check 'it is free again' "$VMICTL" reserve del nat0 02:00:00:00:00:05
check 'name servers and domain are changed' \
	"$VMICTL" net set nat0 --dns 203.0.113.2,198.51.100.1 --domain example.net
check 'and shown' tells '"dns":\["203.0.113.2","198.51.100.1"\],"domain":"example.net"' \
	"$VMICTL" -j net show nat0
refuse 'a name server on loopback is none' "$VMICTL" net set nat0 --dns 127.0.0.53
refuse 'a domain with a blank is none' "$VMICTL" net set nat0 --domain 'a b'

# ---- forwards follow their VMs ----
check 'a forward to a VM that is not there' "$VMICTL" forward add nat0 tcp 8080 t-g2:80
refuse 'leads nowhere' lists '"ip":'
check 'which is found out' finds forward warn
check 'and is refused, not dropped' tells refused in_ns lan socat - TCP:203.0.113.1:8080
vguest_start g2
serve g2 80
check 'it leads to the VM when that is there' lists "\"ip\":\"$g2\""
check 'which is reached' sees 203.0.113.2 seen_tcp lan 203.0.113.1:8080
vguest_stop g2
check 'and not when it is gone' tells refused in_ns lan socat - TCP:203.0.113.1:8080

# ---- flows end with what they stand on ----
quiet seen_tcp g1 198.51.100.1:7
refuse 'a guest has flows' no_flows
vguest_stop g1
check 'which end with it' wait_for "$patience" no_flows
vguest_start g1
quiet pings g1 198.51.100.1
ip addr del 203.0.113.1/26 dev up0
check 'flows end with the address of the host' wait_for "$patience" no_flows
check 'without one nothing goes' pings_not g1 198.51.100.1
ip addr add 203.0.113.5/26 dev up0
ip route add default via 203.0.113.2 metric 10
check 'by the next one it goes again' sees 203.0.113.5 seen_tcp g1 198.51.100.1:7

# ---- a port moves ----
quiet "$VMICTL" net add lab --subnet 198.51.100.128/25
quiet "$VMICTL" forward add nat0 tcp 8081 t-g1:80
serve g1 80
check 'a guest is moved to a host-only network' "$VMICTL" port move t-g1:0 lab
check 'its flows end' wait_for "$patience" no_flows
refuse 'its forward leads nowhere' lists '"ip":'
vguest_renew g1
check 'it gets an address there' test "$g1" = 198.51.100.192
check 'and reaches the host' pings g1 198.51.100.129
check 'but nobody beyond it' pings_not g1 198.51.100.1
check 'it is moved back' "$VMICTL" port move t-g1:0 nat0
vguest_renew g1
check 'and is in the world again' sees 203.0.113.5 seen_tcp g1 198.51.100.1:7
check 'which reaches it by its forward' sees 203.0.113.2 seen_tcp lan 203.0.113.5:8081

# ---- under traffic ----
daemon g1 ping -f 198.51.100.1
check 'forwards come and go' forwards_come_and_go
check 'networks come and go' networks_come_and_go
check 'ports come and go' ports_come_and_go
check 'and the traffic goes on' pings g1 198.51.100.1
refuse 'a network with ports stays' "$VMICTL" net del nat0
ip link del up0
check 'the uplink goes' finds route fail

# ---- a network namespace ends ----
ip netns add end
in_ns end "$VMICTL" -q net add inner --mode nat --subnet 203.0.113.192/26
in_ns end "$VMICTL" -q forward add inner tcp 7500-7600 nobody
check 'a port is forwarded in each namespace for itself' \
	"$VMICTL" forward add nat0 tcp 7500 t-g1
ip netns del end
check 'its network loses the interface' wait_for "$patience" has_no_interface
check 'and tells so' tells 'lost' "$VMICTL" forward add inner tcp 7700 nobody
check 'and can be deleted' "$VMICTL" net del inner

# ---- the module goes ----
vguest_stop g1
quiet "$VMICTL" net del lab
quiet "$VMICTL" net del nat0
check 'the module goes' rmmod vmi
check 'and nothing is tracked any more' tracks_nothing
check 'or used' left_alone
finish
