#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# NAT networks: a real guest, told of its network by its VMM.
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/env.sh
. "$(dirname "$0")/env.sh"
# shellcheck source=selftests/guest.sh
. "$(dirname "$0")/guest.sh"
# shellcheck source=selftests/nat.sh
. "$(dirname "$0")/nat.sh"

the_end() {
	guests_end
	nat_end
}
trap the_end EXIT

plan 11
set_up
ip -6 addr add 2001:db8:0:1::1/64 dev up0 nodad
ip -n lan -6 addr add 2001:db8:0:1::2/64 dev host0 nodad
serve lan 7
serve6 lan 9
printf 'nameserver 127.0.0.53\nnameserver 203.0.113.2\nsearch example.org\n' >/etc/resolv.conf

check 'a network' net_add nat0 --mode nat --subnet 192.0.2.0/24 --subnet6 fd00:1234:5678::/48
check 'with a reservation' vmictl -q reserve add nat0 02:00:00:00:00:07 192.0.2.7
check 'and a forward' vmictl -q forward add nat0 tcp 8080 web:80
check 'a guest starts' guest_start web --net nat0,mac=02:00:00:00:00:07
check 'and is ready' guest_ready web
check 'it has the address that is kept for it' tells 192.0.2.7 in_guest web 'cat /run/address'
check 'and the name server' tells '^nameserver 203.0.113.2' in_guest web 'cat /etc/resolv.conf'
check 'and an IPv6 address of its prefix' wait_for "$ready_limit_s" \
	tells 'inet6 fd00:1234:5678:207:' in_guest web 'ip -6 addr show dev eth0'
check 'it reaches the LAN by TCP' tells '^203.0.113.1' in_guest web 'nc 203.0.113.2 7 </dev/null'
check 'and by IPv6' tells '2001:0db8' in_guest web 'nc 2001:db8:0:1::2 9 </dev/null'
quiet in_guest web 'nc -ll -p 80 -e echo hello & true'
check 'and is reached from there by the forward' sees hello seen_tcp lan 203.0.113.1:8080
finish
