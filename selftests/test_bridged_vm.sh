#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A real guest on a bridged network: it asks the LAN for its address, reaches LAN and host,
# and sees the carrier of the uplink.
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/lan.sh
. "$(dirname "$0")/lan.sh"

end() {
	vmictl -q delete web --force 2>/dev/null
	lan_down
	vmictl -q net del lan 2>/dev/null
}
trap end EXIT

has_lease() {
	grep -q " $1 " "$tmp/leases"
}

guest_says() {
	echo "$1" | vmictl console web --linger 3 | grep -q "$2"
}

real_guest() {
	local mac ip
	vmictl -q run --name web --kernel "$GUEST_VMLINUX" --initrd "$GUEST_INITRD" --net lan || return 1
	mac=$(vmictl -j port list --vm web | json_value mac)
	wait_for 60 has_lease "$mac" || { cat "$tmp/dnsmasq.log"; return 1; }
	ip=$(sed -n "s/.* $mac \([0-9.]*\) .*/\1/p" "$tmp/leases")
	reach "lan=$ip" "host=$ip" &&
	wait_for 30 guest_says 'ping -c 1 192.0.2.1' ' 0% packet loss'
}

real_link() {
	local carrier="echo carrier \$(cat /sys/class/net/eth0/carrier)"

	ip -n lan link set lan0 down
	wait_for 30 guest_says "$carrier" '^carrier 0' || return 1
	ip -n lan link set lan0 up
	wait_for 30 guest_says "$carrier" '^carrier 1'
}

plan 3
lan_up 1500
lan_dhcp
vmictl -q net add lan --mode bridged --uplink up0
check 'a guest is a host of the LAN' real_guest
check "it sees the uplink's carrier" real_link
check 'it stops in order' vmictl -q stop web --timeout 60
finish
