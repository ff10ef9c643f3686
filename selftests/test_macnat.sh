#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# MAC translation: a bridged network by an uplink that lets through its own hardware
# address only, as a Wi-Fi station does. Filters on the interface play the access point.
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/lan.sh
. "$(dirname "$0")/lan.sh"

end() {
	lan_down
	vmictl -q net del lan 2>/dev/null
	nft delete table netdev ap 2>/dev/null
}
trap end EXIT

access_point() {
	local mac
	lan_modules nf_tables
	mac=$("$nsdo" mac host up0)
	nft -f - <<-NFT
	table netdev ap {
		chain out {
			type filter hook egress device up0 priority 0;
			ether saddr != $mac counter drop
		}
		chain in {
			type filter hook ingress device up0 priority 0;
			ether daddr & 01:00:00:00:00:00 == 01:00:00:00:00:00 accept
			ether saddr { $mac_a, $mac_b } accept
			ether daddr != $mac counter drop
		}
	}
	NFT
}

# the guests' own addresses do not pass
stopped() {
	! "$nsdo" reach -t 1 a=192.0.2.1 >/dev/null || return 1
	vmictl -q net set lan --mac-nat
	[ "$(net_value lan mac-nat)" = true ]
}

# the server knows the guest by its own address
dhcp() {
	guest_dhcp a || { cat "$tmp/a.dhcp" "$tmp/dnsmasq.log"; return 1; }
	grep -q " $mac_a $(guest_ip a) " "$tmp/leases"
}

everybody() {
	reach a=192.0.2.1 a=192.0.2.2 a=192.0.2.12 b=192.0.2.11 lan=192.0.2.11 lan=192.0.2.12 \
		host=192.0.2.11 a=fd00::1 a=fd00::2 a=fd00::12 b=fd00::11 lan=fd00::11 \
		lan=fd00::12 host=fd00::11
}

# all that comes from the host's side of the wire has the uplink's address, in ARP and
# neighbour discovery too
one_address() {
	ip -n lan neigh flush all
	ip -n a neigh flush all
	capture lan lan0
	# the LAN asks before it can have learnt of the guest by what that asks
	reach lan=192.0.2.11 lan=fd00::11 && everybody && guest_dhcp a || return 1
	captured >"$tmp/seen"
	guest_addr a 11
	! grep -E "$mac_a|$mac_b" "$tmp/seen" | grep -v 'BOOTP/DHCP' || return
	if ! { grep -q 'BOOTP/DHCP' "$tmp/seen" && grep -q 'neighbor solicitation' "$tmp/seen" &&
	       grep -q 'ARP.*Reply 192.0.2.11' "$tmp/seen"; }; then
		cat "$tmp/seen"
		return 1
	fi
}

neighbours() {
	local mac
	mac=$("$nsdo" mac host up0)
	everybody || return 1
	ip -n lan neigh show | grep -q "^192.0.2.11 .* $mac " &&
	ip -n lan neigh show | grep -q "^fd00::11 .* $mac " &&
	# between guests, and to the host, it is as ever
	ip -n b neigh show | grep -q "^192.0.2.11 .* $mac_a " &&
	ip neigh show dev up0 | grep -q "^192.0.2.11 .* $mac_a "
}

streams() {
	stream a=lan=192.0.2.1 lan=a=192.0.2.11 a=host=192.0.2.2 host=a=192.0.2.11 \
		b=lan=192.0.2.1 lan=b=192.0.2.12
}

# a guest that claims the host's address does not get what is for the host
claim() {
	local status=0
	ip -n b addr add 192.0.2.2/32 dev lo
	ip -n b addr add fd00::2/128 dev lo nodad
	at b ping -c 2 -i 0.3 -W 1 -I 192.0.2.2 192.0.2.1 >/dev/null
	at b ping -c 2 -i 0.3 -W 1 -I fd00::2 fd00::1 >/dev/null
	reach lan=192.0.2.2 host=192.0.2.1 lan=fd00::2 && stream lan=host=192.0.2.2 || status=1
	ip -n b addr flush dev lo
	return "$status"
}

# no guest reaches another one by the uplink's address, where it must not by its own
isolated() {
	local status=0 mac
	mac=$("$nsdo" mac host up0)
	vmictl -q net set lan --isolated
	reach a=192.0.2.1 b=192.0.2.1 && silent a=192.0.2.12 || status=1
	ip -n a neigh replace 192.0.2.12 lladdr "$mac" dev eth0 nud permanent
	ip -n b neigh replace 192.0.2.11 lladdr "$mac" dev eth0 nud permanent
	silent a=192.0.2.12 || status=1
	ip -n a neigh del 192.0.2.12 dev eth0
	ip -n b neigh del 192.0.2.11 dev eth0
	vmictl -q net set lan --no-isolated
	return "$status"
}

# 802.1X would log the host off
eapol() {
	drops_more a reserved-address "$nsdo" frame a eth0 \
		"$("$nsdo" mac lan lan0 | tr -d :)$(tr -d : <<<"$mac_a")888e010200000000"
}

# an address moves to another guest with whoever uses it
takeover() {
	ip -n a addr add 192.0.2.50/24 dev eth0
	at a ping -c 1 -W 1 -I 192.0.2.50 192.0.2.1 >/dev/null
	reach lan=192.0.2.50 || return 1
	ip -n a addr del 192.0.2.50/24 dev eth0
	ip -n b addr add 192.0.2.50/24 dev eth0
	at b ping -c 1 -W 1 -I 192.0.2.50 192.0.2.1 >/dev/null
	reach lan=192.0.2.50
}

# more addresses than are kept of a guest: the newest work
many() {
	local i
	for i in $(seq 1 100); do
		echo "addr add 203.0.113.$i/32 dev lo"
	done | ip -n b -batch -
	ip -n lan route add 203.0.113.0/24 via 192.0.2.12
	"$nsdo" sources b 192.0.2.1 203.0.113 100 || return 1
	reach lan=203.0.113.100 b=192.0.2.1 lan=192.0.2.12
}

turned_off() {
	vmictl -q net set lan --no-mac-nat
	nft delete table netdev ap
	[ "$(net_value lan mac-nat)" = false ] && ip -n lan neigh flush all && everybody
}

plan 12
lan_up 1500
lan_dhcp
vmictl -q net add lan --mode bridged --uplink up0
guest_up a lan
guest_up b lan none
mac_a=$(guest_mac a)
mac_b=$(guest_mac b)
guest_addr a 11
guest_addr b 12
access_point
check "guests' addresses do not pass, translation is turned on" stopped
ip -n a addr flush dev eth0 scope global
check 'a guest gets an address by DHCP' dhcp
guest_addr a 11
check 'guests, host and LAN reach each other, by IPv4 and IPv6' everybody
check "nothing leaves under a guest's address" one_address
check 'neighbours know the right addresses' neighbours
check 'streams arrive intact' streams
check "the host's addresses cannot be claimed" claim
check 'isolated guests stay so' isolated
check 'no authentication frame leaves' eapol
check 'an address is taken over by another guest' takeover
check 'a guest with many addresses' many
check 'turned off again' turned_off
finish
