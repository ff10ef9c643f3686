# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A host with a NAT network, and its world, for tests. To be sourced, after ktap.sh.
# The host is this network namespace; others are a LAN, with a router to the internet
# in it, a VPN that leads there too, and guests (vguest).
#
#	g1, g2 -- vmi-nat0 [host] up0 -- lan -- inet (198.51.100.1)
#	192.0.2.0/24              up1 -- vpn (198.51.100.1)

# shellcheck source=selftests/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

vguest=$top/build/selftests/vguest
work=${work:-$(mktemp -d)}
patience=100	# seconds: how long to wait for what must come
pids=()
names=(lan inet vpn g1 g2 g3)
vnet=nat0	# the network of guests and counters
# shellcheck disable=SC2034 # the guests' addresses
g1='' g2='' g3='' g1_prefix6='' g2_prefix6=''
declare -A fds=() vguests=()

nat_end() {
	local ns fd net
	exec 2>/dev/null
	for fd in "${fds[@]}"; do
		exec {fd}>&-
	done
	for pid in "${pids[@]}" "${vguests[@]}"; do
		kill "$pid"
	done
	wait
	for ns in g1 g2 g3; do
		"$VMICTL" -q delete "t-$ns" --force
	done
	for net in nat0 inner lab; do
		"$VMICTL" net del $net
	done
	nft delete table ip docker
	ip link del up0
	ip link del up1
	for ns in "${names[@]}"; do
		ip netns del "$ns"
	done
	rm -rf "$work"
}
trap nat_end EXIT
# a connection may end while we write to it
trap '' PIPE

in_ns() {
	nsenter --net="/run/netns/$1" "${@:2}"
}

quiet() {
	"$@" >/dev/null 2>&1
}

# run a program without the pipes of others, which would not end: CMD...
alone() {
	local fd
	for fd in "${fds[@]}"; do
		exec {fd}>&-
	done
	exec "$@"
}

# the same in NS: NS CMD...
alone_in() {
	alone nsenter --net="/run/netns/$1" "${@:2}"
}

# start a program that ends with the test: NS CMD...
daemon() {
	alone_in "$@" </dev/null >/dev/null 2>&1 &
	pids+=($!)
}

has_line() {
	grep -Eq -- "$2" "$1" 2>/dev/null
}

# in emulation every program costs: as few as can be
set_up() {
	printf 'netns add %s\n' "${names[@]}" | ip -b -
	ip -b - <<-'IP'
	link add up0 type veth peer name host0 netns lan
	link add up1 type veth peer name host1 netns vpn
	addr add 203.0.113.1/26 dev up0
	addr add 203.0.113.65/26 dev up1
	link set up0 up
	link set up1 up
	IP
	ip -n lan -b - <<-'IP'
	link add inet0 type veth peer name lan0 netns inet
	addr add 203.0.113.2/26 dev host0
	addr add 203.0.113.129/26 dev inet0
	link set lo up
	link set host0 up
	link set inet0 up
	IP
	ip -n inet -b - <<-'IP'
	addr add 203.0.113.130/26 dev lan0
	addr add 198.51.100.1/32 dev lo
	link set lo up
	link set lan0 up
	route add default via 203.0.113.129
	IP
	ip -n vpn -b - <<-'IP'
	addr add 203.0.113.66/26 dev host1
	addr add 198.51.100.1/32 dev lo
	link set lo up
	link set host1 up
	IP
	in_ns lan sysctl -qw net.ipv4.ip_forward=1
	# who attacks knows the way
	ip -n lan -b - <<-'IP'
	route add 198.51.100.0/24 via 203.0.113.130
	route add 192.0.2.0/24 via 203.0.113.1
	IP
	ip route add default via 203.0.113.2 metric 10
	printf 'nameserver 127.0.0.53\nnameserver 203.0.113.2\nsearch example.org\n' >/etc/resolv.conf
}

# a guest in the namespace NS, its name t-NS: NS [MAC]
vguest_start() {
	local ns=$1 word name address gateway mac prefix6
	alone "$vguest" "t-$ns" "$vnet" "$ns" eth0 all "${@:2}" >"$work/$ns.out" 2>&1 &
	vguests[$ns]=$!
	wait_for "$patience" has_line "$work/$ns.out" "^ready t-$ns " ||
		{ cat "$work/$ns.out"; return 1; }
	read -r word name address gateway mac prefix6 <"$work/$ns.out"
	declare -g "${ns}_prefix6=$prefix6"
	ip -n "$ns" -b - <<-IP
	addr add $address dev eth0
	link set lo up
	link set eth0 up
	route add default via $gateway
	IP
	declare -g "$ns=${address%/*}"
	note "$name has $address, $mac"
}

# the guest of NS ends, and its VM is deleted
vguest_stop() {
	kill "${vguests[$1]}"
	unset "vguests[$1]"
	wait_for "$patience" no_vm "t-$1"
	rm "$work/$1.out"
}

# what a DHCP client in NS is told
dhcp_of() {
	# shellcheck disable=SC2016 # for the client's shell
	printf '#!/bin/sh\n[ "$1" != bound ] || echo "$ip $subnet $router $mtu dns $dns domain $domain"\n' \
		>"$work/udhcpc"
	chmod +x "$work/udhcpc"
	in_ns "$1" busybox udhcpc -f -q -n -t 10 -i eth0 -s "$work/udhcpc" -O mtu 2>/dev/null
}

# the guest of NS asks for another address, and takes it
vguest_renew() {
	local told
	told=$(dhcp_of "$1")
	# shellcheck disable=SC2086 # words: address, mask, router
	set -- "$1" $told
	[ $# -gt 3 ] || { echo "told '$told'"; return 1; }
	ip -n "$1" -4 addr flush dev eth0
	ip -n "$1" -b - <<-IP
	addr add $2/$3 dev eth0
	route add default via $4
	IP
	declare -g "$1=$2"
}

no_vm() {
	! quiet "$VMICTL" show "$1"
}

# shellcheck disable=SC2016 # for the server's shell
hello='echo $SOCAT_PEERADDR'

# echo servers, which say whom they see: NS PORT [ADDRESS]
serve() {
	local at="$2,reuseaddr,fork${3:+,bind=$3}"
	daemon "$1" socat "TCP-LISTEN:$at" SYSTEM:"$hello; cat"
	# the answer of a slow host is waited for
	daemon "$1" socat -t "$patience" "UDP-RECVFROM:$at" SYSTEM:"$hello"
	wait_for "$patience" listens "$1" "$2"
}

# the same for TCP over IPv6
serve6() {
	daemon "$1" socat "TCP6-LISTEN:$2,reuseaddr,fork" SYSTEM:"$hello; cat"
	wait_for "$patience" listens6 "$1" "$2"
}

listens6() {
	in_ns "$1" ss -Hltn "sport = :$2" | grep -q .
}

listens() {
	[ "$(in_ns "$1" ss -Hltun "sport = :$2" | wc -l)" -ge 2 ]
}

# bash reads byte by byte, which loses the rest of a datagram
# shellcheck disable=SC2016 # for the shell that is started
question='exec 3<>"/dev/$1/$2/$3" && echo >&3 && dd bs=2048 count=1 status=none <&3'

# Whom does the server see? Nothing is printed when there is no answer: tcp|udp ADDRESS:PORT
ask() {
	timeout "$patience" "$BASH" -c "$question" - "$1" "${2%:*}" "${2##*:}" 2>/dev/null
}

ask_in() {
	in_ns "$1" timeout "$patience" "$BASH" -c "$question" - "$2" "${3%:*}" "${3##*:}" 2>/dev/null
}

# the same from NS: NS ADDRESS:PORT
seen_tcp() {
	ask_in "$1" tcp "$2"
}

seen_udp() {
	ask_in "$1" udp "$2"
}

sees() {
	local want=$1 got
	shift
	# nothing comes soon
	[ -n "$want" ] || local patience=2
	got=$("$@")
	[ "$got" = "$want" ] || { echo "saw '$got', not '$want'"; return 1; }
}

# a connection that lasts: NAME NS ADDRESS:PORT
flow_open() {
	local fd
	mkfifo "$work/$1.to"
	alone_in "$2" socat -t 1 - "TCP:$3,connect-timeout=$patience" <"$work/$1.to" >"$work/$1.from" 2>&1 &
	pids+=($!)
	exec {fd}>"$work/$1.to"
	fds[$1]=$fd
}

flow_says() {
	local word
	word=w$RANDOM$RANDOM
	echo "$word" >&"${fds[$1]}"
	wait_for "${2:-$patience}" has_line "$work/$1.from" "^$word$"
}

flow_close() {
	local fd=${fds[$1]}
	exec {fd}>&-
	unset "fds[$1]"
}

pings() {
	in_ns "$1" ping -c 1 -w "$patience" "${@:2}"
}

pings_not() {
	! in_ns "$1" ping -c 1 -W 1 "${@:2}"
}

# packets that the network dropped for a reason
dropped() {
	[[ $("$VMICTL" -j net show "$vnet") =~ \"$1\":([0-9]+) ]] && echo "${BASH_REMATCH[1]}"
}

# CMD drops packets for REASON
drops() {
	local reason=$1 before after
	shift
	before=$(dropped "$reason")
	"$@"
	after=$(dropped "$reason")
	[ "${after:-0}" -gt "${before:-0}" ] || { echo "$reason: ${before:-0}, then ${after:-0}"; return 1; }
}

fails() {
	! "$@"
}

tells() {
	local pattern=$1 said
	shift
	said=$("$@" 2>&1)
	[[ $said =~ $pattern ]] || { echo "$said"; return 1; }
}

finds() {
	local said
	said=$("$VMICTL" -j net check nat0)
	[[ $said =~ \"check\":\"$1\",\"status\":\"$2\" ]] || { echo "$said"; return 1; }
}

# the MSS of a SYN as NS sees it on DEV, while CMD connects: NS DEV FILTER CMD...
mss_seen() {
	local ns=$1 dev=$2 filter=$3
	shift 3
	: >"$work/mss"
	alone_in "$ns" tcpdump -lnn -c 1 -i "$dev" "$filter" >"$work/mss" 2>"$work/mss.err" &
	local pid=$!
	wait_for "$patience" has_line "$work/mss.err" 'listening on'
	quiet "$@"
	wait_for "$patience" has_line "$work/mss" mss
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	sed -n 's/.*mss \([0-9]*\).*/\1/p' "$work/mss"
}

# shellcheck disable=SC2034 # for the tests
syn='tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn'
# shellcheck disable=SC2034
synack='tcp[tcpflags] & (tcp-syn|tcp-ack) == (tcp-syn|tcp-ack)'

no_router() {
	! grep -qvx 0 /proc/sys/net/ipv4/conf/{all,default,lo,up0,up1}/forwarding
}

can_listen() {
	timeout 1 socat "TCP-LISTEN:$1,reuseaddr" /dev/null
	[ $? -eq 124 ]
}

# a new flow leaves by an address: TO is seen from there
uplink_is() {
	sees "$1" seen_tcp g1 198.51.100.1:7
}
