#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# NAT networks: the host's firewall, narrow links, other ways out.
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/nat.sh
. "$(dirname "$0")/nat.sh"

plan 19
set_up
quiet "$VMICTL" net add nat0 --mode nat --subnet 192.0.2.0/24
vguest_start g1
serve inet 7 198.51.100.1
serve vpn 7 198.51.100.1
serve lan 7

# ---- the host's firewall ----
flow_open out g1 198.51.100.1:7
check 'a flow that lasts' flow_says out
nft flush ruleset
check 'goes on when the ruleset is flushed' flow_says out
nft -f - <<'NFT'
table ip docker {
	chain FORWARD { type filter hook forward priority 0; policy drop; }
}
NFT
check 'an established flow goes on under a FORWARD policy' flow_says out
check 'which stops new ones' drops host-firewall sees '' seen_tcp g1 203.0.113.2:7
check 'and is named' tells 'FORWARD of table ip docker' "$VMICTL" net check nat0
check 'and is a failure' finds host-firewall fail
quiet "$VMICTL" net set nat0 --no-flow-table
check 'without the flow table it stops all' drops host-firewall fails flow_says out 3
nft delete table ip docker
check 'after that it goes on' flow_says out
quiet "$VMICTL" net set nat0 --flow-table
check 'with the flow table, too' flow_says out
flow_close out
check 'new flows go' sees 203.0.113.1 seen_tcp g1 203.0.113.2:7

# ---- narrow links ----
ip -n lan link set inet0 mtu 1300
ip -n inet link set lan0 mtu 1300
quiet pings g1 -M 'do' -s 1400 198.51.100.1
check 'path MTU is found' tells 'mtu 1300' in_ns g1 ip route get 198.51.100.1
ip link set up0 mtu 1400
ip -n lan link set host0 mtu 1400
check 'MSS of a SYN' sees 1360 mss_seen lan host0 "$syn" seen_tcp g1 203.0.113.2:7
check 'MSS of its answer' sees 1360 mss_seen g1 eth0 "$synack" seen_tcp g1 203.0.113.2:7
quiet pings g1 -M 'do' -s 1440 203.0.113.2
check 'the host tells what fits' tells 'mtu 1400' in_ns g1 ip route get 203.0.113.2
check 'what may be fragmented is' pings g1 -M dont -s 3000 203.0.113.2
ip link set up0 mtu 1500

# ---- other ways out ----
check 'by the LAN' uplink_is 203.0.113.1
flow_open vpn g1 198.51.100.1:7
flow_says vpn
ip route add default via 203.0.113.66 metric 5
check 'by the VPN, once that is up' uplink_is 203.0.113.65
ip route del default metric 5
check 'and back' uplink_is 203.0.113.1
flow_close vpn
ip route del default
check 'without a route that is found out' finds route fail
ip route add default via 203.0.113.2 metric 10

finish
