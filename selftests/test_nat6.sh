#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# NAT networks: IPv6, and what guests are told of their network.
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/nat.sh
. "$(dirname "$0")/nat.sh"

subnet6=fd00:1234:5678
internet6=2001:db8:ffff::1
# the host's addresses, as socat writes them
host6='[2001:0db8:0000:0001:0000:0000:0000:0001]'
vpn6='[2001:0db8:0000:0002:0000:0000:0000:0001]'

set_up6() {
	ip -6 addr add 2001:db8:0:1::1/64 dev up0 nodad
	ip -6 addr add 2001:db8:0:2::1/64 dev up1 nodad
	ip -n lan -6 addr add 2001:db8:0:1::2/64 dev host0 nodad
	ip -n vpn -6 addr add 2001:db8:0:2::2/64 dev host1 nodad
	ip -n lan -6 addr add $internet6/128 dev lo
	ip -n vpn -6 addr add $internet6/128 dev lo
	ip -6 route add default via 2001:db8:0:1::2 metric 10
	ip -n lan -6 route add $subnet6::/48 via 2001:db8:0:1::1
	printf 'nameserver 203.0.113.2\nnameserver 2001:db8:0:1::2\nsearch example.org\n' \
		>/etc/resolv.conf
}

has_address6() {
	in_ns "$1" ip -6 -o addr show dev eth0 scope global | grep -v tentative | grep -qF "${2%::}:"
}

address6() {
	in_ns "$1" ip -6 -o addr show dev eth0 scope global | sed -n 's,.*inet6 \([^/]*\)/.*,\1,p' | head -n 1
}

# the advertisement that NS gets when it asks
advertisement_of() {
	alone_in "$1" tcpdump -lnvv -c 1 -i eth0 'icmp6 && ip6[40] == 134' >"$work/ra" 2>"$work/ra.err" &
	local pid=$!
	pids+=("$pid")
	wait_for "$patience" has_line "$work/ra.err" 'listening on'
	ip -n "$1" link set eth0 down
	ip -n "$1" link set eth0 up
	wait_for "$patience" has_line "$work/ra" 'dnssl'
	cat "$work/ra"
}

# take an address by hand, which begins with a probe for it
claims() {
	ip -n "$1" -6 addr add "$2/64" dev eth0
	wait_for "$patience" probed "$1" "$2"
}

probed() {
	! in_ns "$1" ip -6 addr show dev eth0 tentative | grep -qF "$2"
}

uplink6_is() {
	sees "$1" seen_tcp g1 "$internet6:7"
}

# a guest asks its router whether that is still there, and keeps its default route
router_stays() {
	ip -n g1 -6 neigh change fe80::1 dev eth0 nud probe router || return
	wait_for "$patience" router_answers || { ip -n g1 -6 neigh; return 1; }
	tells 'default via fe80::1' in_ns g1 ip -6 route
}

router_answers() {
	ip -n g1 -6 neigh show fe80::1 dev eth0 nud reachable | grep -q .
}

is_old() {
	in_ns "$1" ip -6 addr show dev eth0 deprecated | grep -qF "$2"
}

no_router_of() {
	! in_ns "$1" ip -6 route | grep -q '^default'
}

no_router6() {
	! grep -qvx 0 /proc/sys/net/ipv6/conf/{all,default,up0,up1}/forwarding
}

plan 41
set_up
set_up6

check 'a NAT network with IPv6' \
	"$VMICTL" net add nat0 --mode nat --subnet 192.0.2.0/24 --subnet6 $subnet6::/48
refuse 'not of global addresses' \
	"$VMICTL" net add inner --mode nat --subnet 203.0.113.192/26 --subnet6 2001:db8:1::/48
refuse 'not twice' \
	"$VMICTL" net add inner --mode nat --subnet 203.0.113.192/26 --subnet6 $subnet6::/48
refuse 'not without NAT' "$VMICTL" net add inner --subnet 203.0.113.192/26 --subnet6 auto
check 'a random one' "$VMICTL" net add inner --mode nat --subnet 203.0.113.192/26 --subnet6 auto
check 'goes' "$VMICTL" net del inner
vguest_start g1
vguest_start g2
serve6 lan 7
serve6 vpn 7

# ---- what guests are told ----
check 'by DHCP: address, router, name servers, domain' \
	tells "$g2 255.255.255.0 192.0.2.1 1500 dns 203.0.113.2 domain example.org" dhcp_of g2
check 'by router advertisement: an address' wait_for "$patience" has_address6 g1 "$g1_prefix6"
check 'a router' tells 'default via fe80::1' in_ns g1 ip -6 route
check 'another guest has other addresses' wait_for "$patience" has_address6 g2 "$g2_prefix6"
advertisement_of g2 >"$work/told"
check 'MTU and prefixes' tells "1500.*$subnet6:.*/64.*$subnet6::/48" tr -d '\n' <"$work/told"
check 'name servers' has_line "$work/told" 'rdnss.*2001:db8:0:1::2'
check 'the search domain' has_line "$work/told" 'dnssl.*example\.org'
wait_for "$patience" has_address6 g2 "$g2_prefix6"
one=$(address6 g1) two=$(address6 g2)

# ---- out, and not in ----
check 'ping the router' pings g1 fe80::1%eth0
check 'ping the gateway' pings g1 $subnet6::1
check 'ping the internet' pings g1 $internet6
check 'a router that is asked says that it is one' router_stays
check 'ping a sibling' pings g1 "$two"
check 'the host pings a guest' ping -c 1 -w "$patience" "$one"
check 'TCP, masqueraded' uplink6_is "$host6"
check 'large fragmented pings' pings g1 -s 8000 $internet6
check 'the host is no router' no_router6
check 'no LAN host reaches a guest' pings_not lan "$one"
sysctl -qw net.ipv6.conf.all.forwarding=1
ip -6 route replace default via 2001:db8:0:1::2 metric 10
check 'nor if the host is a router' drops unsolicited quiet pings_not lan "$one"
sysctl -qw net.ipv6.conf.all.forwarding=0
ip -6 route replace default via 2001:db8:0:1::2 metric 10
ip -n g1 -6 addr add $subnet6:77::1/64 dev eth0 nodad
# so that the router's address is known, and need not be asked for with the wrong one
quiet pings g1 -I "$one" $internet6
check 'a guest with another prefix is not heard' \
	drops source-ip pings_not g1 -I $subnet6:77::1 $internet6
ip -n g1 -6 addr del $subnet6:77::1/64 dev eth0
check "a guest that claims another's address is not heard" drops nd-spoof claims g1 "$two"
ip -n g1 -6 addr del "$two/64" dev eth0
ip -6 route add default via 2001:db8:0:2::2 metric 5
check 'by the VPN, once that is up' uplink6_is "$vpn6"
ip -6 route del default metric 5
check 'and back' uplink6_is "$host6"

# ---- the host's firewall, narrow links ----
nft add table ip6 docker
nft add chain ip6 docker FORWARD '{ type filter hook forward priority 0; policy drop; }'
check 'a FORWARD policy is counted' drops host-firewall quiet pings_not g1 $internet6
nft delete table ip6 docker
check 'after that it goes on' pings g1 $internet6
ip link set up0 mtu 1400
ip -n lan link set host0 mtu 1400
quiet pings_not g1 -M 'do' -s 1400 $internet6
check 'the host tells what fits' tells 'mtu 1400' in_ns g1 ip -6 route get $internet6
check 'MSS of a SYN' sees 1340 mss_seen lan host0 "ip6 && ip6[6] == 6 && ip6[53] & 18 == 2" \
	seen_tcp g1 "$internet6:7"
check 'MSS of its answer' sees 1340 mss_seen g1 eth0 "ip6 && ip6[6] == 6 && ip6[53] & 18 == 18" \
	seen_tcp g1 "$internet6:7"

# ---- a guest is moved ----
quiet "$VMICTL" net add inner --mode nat --subnet 203.0.113.192/26 --subnet6 fd00:8765:4321::/48
quiet "$VMICTL" net add lab --subnet 198.51.100.128/25
check 'a guest is moved' "$VMICTL" port move t-g1:0 inner
check 'and told of another prefix' wait_for "$patience" has_address6 g1 fd00:8765:4321:71e0::
check 'its old address is deprecated' wait_for "$patience" is_old g1 "$one"
check 'it is in the world again' uplink6_is "$host6"
check 'moved to where there is no IPv6' "$VMICTL" port move t-g1:0 lab
check 'it has no router' wait_for "$patience" no_router_of g1

# ---- the end ----
vguest_stop g1
quiet "$VMICTL" net del inner
quiet "$VMICTL" net del lab
vguest_stop g2
check 'the network goes' "$VMICTL" net del nat0
check 'and comes back without IPv6' "$VMICTL" net add nat0 --mode nat --subnet 192.0.2.0/24
finish
