#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Port forwards: from everywhere, to whom, and who may have the port.
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/nat.sh
. "$(dirname "$0")/nat.sh"

host_listens() {
	ss -Hltn "sport = :$1" | grep -q .
}

# a file of 1 MB comes whole
fetches() {
	in_ns lan curl -s -m "$patience" -o "$work/got" "http://$1/file" && cmp "$work/file" "$work/got"
}

plan 23
set_up
quiet "$VMICTL" net add nat0 --mode nat --subnet 192.0.2.0/24
vguest_start g1
vguest_start g2
serve g1 80
serve g2 80
# a program of the host
socat TCP-LISTEN:631,reuseaddr,fork SYSTEM:'echo printer' &
pids+=($!)
wait_for "$patience" host_listens 631

check 'a forward' "$VMICTL" forward add nat0 tcp 8080 t-g1:80
check 'the same for UDP' "$VMICTL" forward add nat0 udp 8080 t-g1:80
check 'from the LAN, the guest sees whom' sees 203.0.113.2 seen_tcp lan 203.0.113.1:8080
check 'from the LAN by UDP' sees 203.0.113.2 seen_udp lan 203.0.113.1:8080
check 'from the host by its address' sees 203.0.113.1 ask tcp 203.0.113.1:8080
check 'from the host by localhost' sees 192.0.2.1 ask tcp 127.0.0.1:8080
check 'from a sibling by the gateway' sees 192.0.2.1 seen_tcp g2 192.0.2.1:8080
check "from a sibling by the LAN's address" sees 192.0.2.1 seen_tcp g2 203.0.113.1:8080
check 'from itself' sees 192.0.2.1 seen_tcp g1 203.0.113.1:8080
check 'a port is forwarded once' tells 'taken by another forward' "$VMICTL" forward add nat0 tcp 8080 t-g2
check 'a port that a program uses is not' tells 'taken by a program' \
	"$VMICTL" forward add nat0 tcp 631 t-g1
check 'a program that wants a forwarded one is told' \
	tells 'in use' timeout 3 socat TCP-LISTEN:8080,reuseaddr -
check 'a range, moved' "$VMICTL" forward add nat0 tcp 203.0.113.1:9000-9009 t-g2:75
check 'the sixth of it' sees 203.0.113.2 seen_tcp lan 203.0.113.1:9005
check 'not by another address' sees '' ask tcp 192.0.2.1:9005
check 'they are listed' tells '"port":9000,"port-last":9009,"address":"203.0.113.1","vm":"t-g2","vm-port":75' \
	"$VMICTL" -j forward list nat0
head -c 1000000 /dev/urandom >"$work/file"
daemon g2 busybox httpd -f -p 8000 -h "$work"
check 'a web server' "$VMICTL" forward add nat0 tcp 8081 t-g2:8000
check 'gives a file' fetches 203.0.113.1:8081
flow_open in lan 203.0.113.1:8080
check 'a connection through a forward' flow_says in
check 'a forward is deleted' "$VMICTL" forward del nat0 tcp 8080
refuse 'its connections end with it' flow_says in 3
check 'which is gone' sees '' seen_tcp lan 203.0.113.1:8080
flow_close in
check 'the port is free again' can_listen 8080

finish
