#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# NAT networks: the ways out, and who does not get in.
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/nat.sh
. "$(dirname "$0")/nat.sh"

plan 26
set_up

# ---- the network, and out of it ----
check 'a NAT network' "$VMICTL" net add nat0 --mode nat --subnet 192.0.2.0/24
refuse 'not without the host' "$VMICTL" net add nat1 --mode nat --subnet 192.0.3.0/24 --no-host
refuse 'not over an interface of the host' "$VMICTL" net add nat1 --mode nat --subnet 203.0.113.0/24
check "the host's resolvers, but for the one on loopback" \
	tells '"dns":\["203.0.113.2"\],"domain":"example.org"' "$VMICTL" -j net show nat0
vguest_start g1
vguest_start g2
serve inet 7 198.51.100.1
serve vpn 7 198.51.100.1
serve lan 7
check 'ping the gateway' pings g1 192.0.2.1
check 'ping the internet' pings g1 198.51.100.1
check 'TCP, masqueraded' sees 203.0.113.1 seen_tcp g1 198.51.100.1:7
check 'UDP, masqueraded' sees 203.0.113.1 seen_udp g1 198.51.100.1:7
check 'a LAN host' sees 203.0.113.1 seen_tcp g1 203.0.113.2:7
check 'siblings' pings g1 "$g2"
check 'forwarding stays off on all other interfaces' no_router
check 'large fragmented pings' pings g1 -s 8000 198.51.100.1
daemon lan dnsmasq -k -C /dev/null -R -h -p 53 -u root -A /web.example.org/198.51.100.7
wait_for "$patience" listens lan 53
check "a name, by the host's resolver" \
	tells 198.51.100.7 in_ns g1 busybox nslookup web.example.org 203.0.113.2
check 'a checked network is fine' quiet "$VMICTL" net check nat0
check 'the way out is drawn' \
	tells '"uplink up0" -- "net nat0" \[style=dashed, label="NAT"\]' "$VMICTL" net graph --dot

# ---- nobody gets in uninvited ----
serve g1 80
serve g2 80
check 'no LAN host reaches a guest' pings_not lan "$g1"
sysctl -qw net.ipv4.ip_forward=1
check 'nor if the host is a router' drops unsolicited quiet pings_not lan "$g1"
check 'nor by TCP' sees '' seen_tcp lan "$g1:80"
sysctl -qw net.ipv4.ip_forward=0
check 'forwarding switched off by others is no matter' pings g1 198.51.100.1
ip -n g1 addr add 192.0.2.77/24 dev eth0
check 'a guest with another address gets no answer' pings_not g1 -I 192.0.2.77 198.51.100.1
check 'and that is found out' finds source-ip warn
ip -n g1 addr del 192.0.2.77/24 dev eth0
# what a guest must not reach: the host's loopback
socat TCP-LISTEN:631,bind=127.9.9.9,reuseaddr,fork SYSTEM:'echo secret' &
pids+=($!)
ip -n g1 route add 127.9.9.9/32 via 192.0.2.1 src "$g1" table local
in_ns g1 sysctl -qw net.ipv4.conf.all.route_localnet=1
check "no guest reaches the host's loopback" \
	drops loopback-destination sees '' seen_tcp g1 127.9.9.9:631
ip -n g1 route del 127.9.9.9/32 table local

# ---- host-only networks stay closed ----
quiet "$VMICTL" net add lab --mode host-only --subnet 203.0.113.192/26
vnet=lab vguest_start g3
ip -n lan route add 203.0.113.192/26 via 203.0.113.1
sysctl -qw net.ipv4.ip_forward=1
check 'the host reaches a guest of a host-only network' ping -c 1 -w "$patience" "$g3"
vnet=lab check 'no LAN host does' drops no-route quiet pings_not lan "$g3"
vnet=lab check 'no guest behind NAT does' drops no-route quiet pings_not g1 "$g3"
vnet=lab check 'nor the other way round' drops no-route quiet pings_not g3 "$g1"
sysctl -qw net.ipv4.ip_forward=0
vguest_stop g3
quiet "$VMICTL" net del lab

finish
