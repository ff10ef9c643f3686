#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# vmictl without a guest: every verb's help, wrong usage, exit statuses, JSON, tables,
# definitions, completion, and what it says when the module is not loaded.
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/env.sh
. "$(dirname "$0")/env.sh"
# shellcheck source=selftests/guest.sh
. "$(dirname "$0")/guest.sh"

kernel=$work/kernel
echo kernel >"$kernel"
conf=$VMI_CONFIG_DIR/vms

# as the help has them, with the verbs of groups
verbs() {
	local verb group
	vmictl --help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p' | while read -r verb; do
		group=$(vmictl "$verb" --help | sed -n "/^Verbs:/,/^\$/s/^  \([a-z]*\) .*/$verb \1/p")
		echo "${group:-$verb}"
	done
}
mapfile -t all < <(verbs)

# STATUS TEXT SAID SAID ARGUMENT...: fails for one name, and does two others
refused_but() {
	local want=$1 text=$2 one=$3 two=$4 status=0
	shift 4
	vmictl "$@" >"$work/out" 2>"$work/err" || status=$?
	[ "$status" -eq "$want" ] || { echo "status $status"; return 1; }
	[ "$(wc -l <"$work/err")" -eq 1 ] && says "$work/err" "$text" && says "$work/out" "$one" "$two"
}

# --- help and usage

every_verb_has_help() {
	local verb bad=0
	[ "${#all[@]}" -ge 25 ] || { echo "only ${#all[@]} verbs"; return 1; }
	for verb in "${all[@]}"; do
		# shellcheck disable=SC2086 # two words of a group
		if ! vmictl $verb --help >"$work/out" 2>"$work/err" || [ -s "$work/err" ] ||
		   ! says "$work/out" "^Usage: vmictl $verb" '--json'; then
			echo "$verb"
			bad=1
		fi
	done
	return "$bad"
}

help_is_not_an_error() {
	vmictl --help && vmictl help && vmictl -h && vmictl net --help && vmictl port help
}

every_verb_refuses_unknown_options() {
	local verb bad=0
	for verb in "${all[@]}"; do
		# shellcheck disable=SC2086
		refused 2 'there is no option --bogus.*try: vmictl .*--help' $verb --bogus || bad=1
	done
	return "$bad"
}

wrong_usage() {
	refusals <<-'LIST'
	2	there is no verb 'bogus'	bogus
	2	there is no option --bogus	--bogus list
	2	which of its verbs	net
	2	no verb 'bogus'	net bogus
	2	no verb 'bogus'	port bogus
	2	an argument is missing	show
	2	an argument is missing	start
	2	an argument is missing	stop
	2	an argument is missing	kill
	2	an argument is missing	pause
	2	an argument is missing	delete
	2	an argument is missing	console
	2	an argument is missing	read a
	2	an argument is missing	link a 0
	2	an argument is missing	net show
	2	an argument is missing	net add --subnet 192.0.2.0/24
	2	one argument too many	list a
	2	one argument too many	show a b
	2	one argument too many	version a
	2	one argument too many	net list a
	2	needs a value	start --timeout
	2	not a number of seconds	start a --timeout soon
	2	0.001 to 600	pause a --timeout 0
	2	0.001 to 600	pause a --timeout 601
	2	not a number of seconds	stop a --timeout -1
	2	kernel is missing	run
	2	kernel is missing	create a
	2	does not exist	create a --kernel /nowhere
	2	is not a file	create a --kernel /
	2	does not exist	create a --kernel "$kernel" --initrd /nowhere
	2	not an amount of memory	create a --kernel "$kernel" --memory 12q
	2	not a whole number of MiB	create a --kernel "$kernel" --memory 100K
	2	not a whole number of MiB	create a --kernel "$kernel" --memory 0
	2	not an amount of memory	create a --kernel "$kernel" --memory -1
	2	no CPU at all	create a --kernel "$kernel" --cpus 0
	2	not a number	create a --kernel "$kernel" --cpus many
	2	too large	create a --kernel "$kernel" --cpus 99999999999
	2	does not begin with the name	create a --kernel "$kernel" --net ,mac=02:00:00:00:00:01
	2	no unicast MAC	create a --kernel "$kernel" --net lab,mac=03:00:00:00:00:01
	2	no unicast MAC	create a --kernel "$kernel" --net lab,mac=02:00
	2	no IPv4 address	create a --kernel "$kernel" --net lab,ip=192.0.2.256
	2	not a number from 1 to 8	create a --kernel "$kernel" --net lab,queues=0
	2	not a number from 1 to 8	create a --kernel "$kernel" --net lab,queues=9
	2	not a number from 1 to 8	create a --kernel "$kernel" --net lab,queues=two
	2	none of mac=, ip=	create a --kernel "$kernel" --net lab,mtu=9
	2	names none of mac, ip	create a --kernel "$kernel" --net lab,guard=bogus
	2	not like 512kbit	create a --kernel "$kernel" --net lab,tx-limit=rate=fast
	2	one network too many	create a --kernel "$kernel" $(printf ' --net n%d' 1 2 3 4 5 6 7 8 9)
	2	control character	create a --kernel "$kernel" --note $'a\nb'
	2	control character	create a --kernel "$kernel" --append $'a\e[31mb'
	2	is too long	create a --kernel "$kernel" --note "$(printf %096d 0)"
	2	subnet is missing	net add lab
	2	not a subnet	net add lab --subnet 192.0.2.0
	2	not a subnet	net add lab --subnet 192.0.2/24
	2	not a subnet	net add lab --subnet 192.0.2.0/x
	2	from 8 to 30	net add lab --subnet 192.0.2.0/31
	2	from 8 to 30	net add lab --subnet 0.0.0.0/0
	2	not the subnet itself	net add lab --subnet 192.0.2.1/24
	2	none of host-only	net add lab --subnet 192.0.2.0/24 --mode hub
	2	not an IPv4 address	net add lab --subnet 192.0.2.0/24 --gateway fd00::1
	2	not a range	net add lab --subnet 192.0.2.0/24 --range 192.0.2.9
	2	ends before it begins	net add lab --subnet 192.0.2.0/24 --range 192.0.2.9-192.0.2.8
	2	less than 60	net add lab --subnet 192.0.2.0/24 --lease 1
	2	from 576 to 9216	net add lab --subnet 192.0.2.0/24 --mtu 575
	2	from 576 to 9216	net add lab --subnet 192.0.2.0/24 --mtu 9217
	2	no time at all	net add lab --subnet 192.0.2.0/24 --ageing 0
	2	interface's name	net add lab --subnet 192.0.2.0/24 --ifname 1234567890123456
	2	nothing to set	net set lab
	2	an option and its opposite	net set lab --isolated --no-isolated
	2	not the number of a port	port set one --link up
	2	nothing to set	port set 1
	2	neither up nor down	port set 1 --link sideways
	2	not the number of a port	port show one
	2	not the number of a port	port show a:b
	2	not the number of a port	port move one lab
	2	cannot be a name	port move 1 -- -lab
	2	is not an IPv4 address	port move 1 lab --ip 192.0.2
	2	an argument is missing	port move 1
	2	not from 576	net set lab --mtu 99999
	2	say where to	capture lab
	2	is no frame at all	capture lab -w x -c 0
	2	not from 256K	capture lab -w x -b 1K
	2	no JSON form	net graph --json
	2	an option and its opposite	port set 1 --isolated --no-isolated
	2	names none of mac, ip	port set 1 --guard mac,bogus
	2	both names and changes	port set 1 --guard mac,-ip
	2	is empty	port set 1 --guard ,
	2	not like 512kbit	port set 1 --tx-limit rate=100
	2	not like 512kbit	port set 1 --tx-limit rate=1tbit
	2	not a number	port set 1 --rx-limit packets=many
	2	not a number	port set 1 --rx-limit bytes=-1
	2	none of rate, bytes	port set 1 --rx-limit speed=1
	2	not of the form KEY=VALUE	port set 1 --rx-limit 100mbit
	2	not from 0% to 100%	port set 1 --rx-impair loss=101%
	2	not from 0% to 100%	port set 1 --rx-impair reorder=-1%
	2	not a time like	port set 1 --tx-impair delay=11s
	2	not a time like	port set 1 --tx-impair delay=20ms,jitter=x
	2	none of loss, delay	port set 1 --tx-impair duplicate=1%
	2	names none of mac, ip	net add lab --subnet 192.0.2.0/24 --guard all,bogus
	2	from 1 to 1000000	net set lab --storm-limit 0
	2	from 1 to 1000000	net set lab --storm-limit 1000001
	2	neither up nor down	link a 0 sideways
	2	not the index	link a first up
	2	not an address	read a here
	2	not a length	read a 0 long
	2	not a length	read a 0:0
	2	two lengths	read a 0:1 1
	2	beyond the last address	read a 0xffffffffffffffff 2
	2	at most 1M	read a 0 2M --json
	2	belong together	read a 0 --virt
	2	belong together	read a 0 --root 0x1000
	2	not a number	monitor --since yesterday
	LIST
}

# names come from people and scripts: none may reach a path or a terminal as it is
hostile=('' .. ../x /x a/b .x -x 'a b' $'a\nb' $'a\e[31mb' $'a\tb' 'a;b' "a'b" 'a%n' 'ä' $'a\xff'
	12345678901234567890123456789012)

hostile_names() {
	local name verb bad=0
	for name in "${hostile[@]}"; do
		refused 2 'cannot be a name' create --kernel "$kernel" -- "$name" || bad=1
		refused 2 'cannot be a name' net add --subnet 192.0.2.0/24 -- "$name" || bad=1
	done
	for verb in start stop kill pause resume reset delete show console fdb lease 'net show' 'net del'; do
		# shellcheck disable=SC2086
		refused 2 'cannot be a name' $verb -- $'../a\e[31m\nb' || bad=1
	done
	refused 2 'cannot be a name' read -- $'a\nb' 0 || bad=1
	refused 2 'cannot be a name' link -- $'a\nb' 0 up || bad=1
	refused 2 'cannot be a name' run --kernel "$kernel" --name $'a\nb' || bad=1
	[ -z "$(ls -A "$conf" 2>/dev/null)" ] || { ls -A "$conf"; bad=1; }
	return "$bad"
}

unknown_names() {
	refusals <<-'LIST'
	3	no definition of nope	start nope
	3	no VM nope	stop nope
	3	no VM nope	kill nope
	3	no VM nope	pause nope
	3	no VM nope	resume nope
	3	no VM nope	reset nope
	3	no VM nope	delete nope
	3	no VM nope	delete --force nope
	3	no VM nope	show nope
	3	no VM nope	console nope
	3	no VM nope	read nope 0
	3	no VM nope	link nope 0 up
	3	no such port	port set 4000000 --link up
	3	no such port	port set 4000000 --guard none
	3	no such port	port show 4000000
	3	no such port	port move 4000000 lab
	3	no VM nope	port move nope:0 lab
	3	no network nope	net graph nope
	3	no VM that was started and no network	capture nope -w x
	3	no VM nope	capture nope --vm -w x
	3	no network nope	capture nope --net -w x
	3	no network nope	net stats nope
	3	no VM nope	port list --vm nope
	3	no network nope	port list --net nope
	3	nope: .*no such network	net del nope
	3	no network nope	net show nope
	3	nope: .*no.* network	net set nope --lease 100
	3	no such network	fdb nope
	3	no network nope	lease nope
	LIST
}

# --- definitions

defines() {
	vmictl -q create def --kernel "$kernel" --memory 1G --cpus 3 --net lab,ip=192.0.2.7 \
		--net lab --note 'wörds = #1' --append 'console=ttyS0 a="b c"' || return
	[ "$(stat -c %a "$conf/def.conf")" = 644 ] || return
	vmictl show def >"$work/out" || return
	says "$work/out" '^state +defined$' '^memory +1 GiB$' '^cpus +3$' '^note +wörds = #1$' \
		'^append +console=ttyS0 a="b c"$' && vmictl -j list >"$work/json" &&
		python3 - "$work/json" <<-'PY'
	import json, sys
	vm, = [v for v in json.load(open(sys.argv[1])) if v["name"] == "def"]
	assert vm["state"] == "defined" and vm["vcpus"] == 3 and vm["mem-bytes"] == 1 << 30
	assert vm["note"] == "wörds = #1"
	assert [p["net"] for p in vm["ports"]] == ["lab", "lab"], vm
	assert vm["ports"][0]["ip"] == "192.0.2.7" and "ip" not in vm["ports"][1]
	macs = [int(p["mac"].replace(":", ""), 16) for p in vm["ports"]]
	assert len(set(macs)) == 2 and all(m >> 40 & 3 == 2 for m in macs), macs
	PY
}

does_not_define_twice() {
	local before
	before=$(cat "$conf/def.conf")
	refused 1 'defined already' create def --kernel "$kernel" || return
	[ "$(cat "$conf/def.conf")" = "$before" ] || return
	vmictl -q create def --kernel "$kernel" --replace --cpus 2 || return
	grep -qx 'cpus = 2' "$conf/def.conf" || return
	# nothing half written stays
	[ "$(ls -A "$conf")" = def.conf ] || { ls -A "$conf"; return 1; }
}

# KEY-LINE TEXT: a definition with this line is refused, with the number of the line
bad_line() {
	printf 'kernel = %s\n\n# a comment\n%s\n' "$kernel" "$1" >"$conf/bad.conf"
	refused 1 "bad.conf:4: .*$2" show bad
}

reads_what_people_wrote() {
	local bad=0
	printf '  kernel=%s  \n\n\t# comment\nmemory = 64\r\nnet=lab\nnet = lab2\n' "$kernel" >"$conf/own.conf"
	vmictl show own >"$work/out" || return
	says "$work/out" '^memory +64 MiB$' '^net +lab2$' || bad=1
	bad_line 'kernels = /x' "no key 'kernels'" || bad=1
	bad_line 'cpus' 'key = value' || bad=1
	bad_line 'cpus = 0' 'no CPU at all' || bad=1
	bad_line 'kernel = /x' 'a second time' || bad=1
	bad_line 'initrd = x' 'not an absolute path' || bad=1
	bad_line 'memory = much' 'not an amount' || bad=1
	bad_line $'n\e[2Jote = x' 'no key' || bad=1
	printf 'kernel = %s\nnote = a\0b\n' "$kernel" >"$conf/bad.conf"
	refused 1 'bad.conf:2: a zero byte' show bad || bad=1
	echo 'cpus = 1' >"$conf/bad.conf"
	refused 1 'no line kernel' show bad || bad=1
	# one bad file is told, and does not hide the others
	vmictl -q list >"$work/out" 2>"$work/err"
	says "$work/out" '^def$' '^own$' || bad=1
	says "$work/err" 'bad.conf' || bad=1
	rm "$conf/bad.conf" "$conf/own.conf"
	return "$bad"
}

defined_is_not_started() {
	refusals <<-'LIST'
	3	defined and was not started	pause def
	3	defined and was not started	resume def
	3	defined and was not started	reset def
	3	defined and was not started	kill def
	3	no VM def that was started	console def
	3	no VM def that was started	read def 0
	LIST
	vmictl stop def | grep -q 'does not run'
}

deletes_definitions() {
	vmictl -q create x1 --kernel "$kernel" && vmictl -q create x2 --kernel "$kernel" || return
	refused_but 3 'no VM nope' 'x1 is deleted' 'x2 is deleted' delete x1 nope x2 || return
	[ "$(ls "$conf")" = def.conf ] || { ls "$conf"; return 1; }
}

# --- another user, who has a directory of his own

as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups env -u VMI_CONFIG_DIR -u VMI_RUN_DIR \
		HOME="$work/nobody" XDG_CONFIG_HOME= XDG_RUNTIME_DIR="${runtime-$work/nobody}" \
		"$work/vmictl" "$@"
}

users_have_their_own() {
	local status=0
	cp "$VMICTL" "$work/vmictl" && chmod 755 "$work" && mkdir -p "$work/nobody" &&
		chown 65534 "$work/nobody" || return
	as_nobody -q create mine --kernel "$kernel" || return
	[ -f "$work/nobody/.config/vmi/vms/mine.conf" ] && [ ! -e "$conf/mine.conf" ] || return
	[ "$(as_nobody -q list)" = mine ] || return
	as_nobody net add nobodys --subnet 192.0.2.0/24 2>"$work/err" || status=$?
	[ "$status" -eq 4 ] || { echo "net add: $status"; return 1; }
	status=0
	as_nobody net del lab 2>>"$work/err" || status=$?
	[ "$status" -eq 4 ] || { echo "net del: $status"; return 1; }
	[ "$(wc -l <"$work/err")" -eq 2 ] || { cat "$work/err"; return 1; }
	# without a place for sockets nothing can be started
	status=0
	runtime='' as_nobody start mine 2>"$work/err" || status=$?
	[ "$status" -eq 1 ] && says "$work/err" XDG_RUNTIME_DIR || return
	as_nobody -q delete mine
}

# --- networks

adds_networks() {
	net_add lab --subnet 192.0.2.0/24 --lease 600 --ageing 30 --mtu 1400 || return
	net_add quiet --subnet 198.51.100.0/25 --no-host --isolated --range 198.51.100.9-198.51.100.9 ||
		return
	vmictl net list >"$work/out" || return
	says "$work/out" '^NAME +MODE +SUBNET +GATEWAY +INTERFACE +UPLINK +MTU +PORTS$' \
		'^lab +host-only +192\.0\.2\.0/24 +192\.0\.2\.1 +vmi-lab +- +1400 +0$' \
		'^quiet +host-only +198\.51\.100\.0/25 +- +- +- +1500 +0$' || return
	ip -4 -o address show dev vmi-lab | grep -q 'inet 192\.0\.2\.1/24' || return
	ip -o link show dev vmi-lab | grep -q 'mtu 1400' || return
	[ "$(vmictl -q net list | sort | xargs)" = 'lab quiet' ]
}

refuses_networks() {
	refusals <<-'LIST'
	1	a network of that name exists	net add lab --subnet 203.0.113.0/24
	1	overlaps	net add other --subnet 192.0.2.0/24
	1	overlaps	net add other --subnet 192.0.2.128/26
	1	overlaps	net add other --subnet 192.0.0.0/16
	1	not of unicast addresses	net add other --subnet 224.0.0.0/8
	1	not of unicast addresses	net add other --subnet 127.0.0.0/8
	1	gateway is not an address	net add other --subnet 203.0.113.0/24 --gateway 192.0.2.1
	1	range is not within	net add other --subnet 203.0.113.0/24 --range 192.0.2.1-192.0.2.9
	1	an interface of that name	net add other --subnet 203.0.113.0/24 --ifname lo
	1	not a name of an interface	net add other --subnet 203.0.113.0/24 --ifname a/b
	LIST
	[ "$(vmictl -q net list | sort | xargs)" = 'lab quiet' ]
}

changes_networks() {
	vmictl -q net set lab --lease 120 --range 192.0.2.50-192.0.2.60 --isolated || return
	vmictl net show lab >"$work/out"
	says "$work/out" '192\.0\.2\.50 to 192\.0\.2\.60, for 120 s$' '^isolated +yes$' || return
	vmictl -q net set lab --no-isolated || return
	vmictl net show lab | grep -qE '^isolated +no$' || return
	vmictl net show lab >"$work/out"
	says "$work/out" '^guard +mac,ip,arp,nd,dhcp,ra,storm$' '^storm limit +1000 broadcasts' || return
	vmictl -q net set lab --guard -arp,-storm --storm-limit 50 || return
	vmictl net show lab >"$work/out"
	says "$work/out" '^guard +mac,ip,nd,dhcp,ra$' '^storm limit +50 broadcasts' || return
	vmictl -q net set lab --guard mac,ra && vmictl -q net set lab --guard +ip,-ra || return
	[[ $(vmictl -j net show lab) == *'"guard":["mac","ip"]'* ]] || return
	vmictl -q net set lab --guard none && vmictl net show lab | grep -qE '^guard +none$' || return
	vmictl -q net set lab --guard all --storm-limit 1000
}

deletes_networks() {
	refused_but 3 'no such network' 'quiet is deleted' 'lab is deleted' net del quiet nope lab &&
		[ -z "$(vmictl -q net list)" ] && [ ! -e /sys/class/net/vmi-lab ]
}

# --- output

# each of them one line and valid; with --pretty valid too
json_parses() {
	local words n=0
	mkdir -p "$work/json.d"
	while read -r words; do
		n=$((n + 1))
		# shellcheck disable=SC2086
		if ! vmictl $words --json >"$work/json.d/$n" || ! vmictl -p $words >"$work/json.d/$n.pretty" ||
		   [ "$(wc -l <"$work/json.d/$n")" -ne 1 ]; then
			echo "$words"
			return 1
		fi
	done <<-'LIST'
	version
	list
	show def
	net list
	net show lab
	net stats
	net stats lab
	port list
	fdb
	fdb lab
	lease
	lease lab
	LIST
	timeout 20 "$VMICTL" -j monitor --since 0 --count 2 >"$work/json.d/lines" || return
	python3 - "$work"/json.d <<-'PY'
	import glob, json, sys
	for path in glob.glob(sys.argv[1] + "/[0-9]*"):
	    json.load(open(path))
	events = [json.loads(line) for line in open(sys.argv[1] + "/lines")]
	assert len(events) == 2 and events[0]["seq"] < events[1]["seq"], events
	PY
}

tables_have_heads() {
	local words head
	while IFS=: read -r words head; do
		# shellcheck disable=SC2086
		vmictl $words >"$work/out" || { echo "$words"; return 1; }
		if [ "$(head -n 1 "$work/out" | xargs)" != "$head" ] || grep -q ' $' "$work/out"; then
			echo "$words: not '$head'"
			cat "$work/out"
			return 1
		fi
	done <<-'LIST'
	list:NAME STATE CPUS MEMORY ADDRESS NET PID SINCE REASON
	net list:NAME MODE SUBNET GATEWAY INTERFACE UPLINK MTU PORTS
	net stats:NET PORT VM RX RX-BYTES TX TX-BYTES DROPS
	port list:ID VM INDEX MAC ADDRESS LINK RX TX DROPS
	fdb:NET MAC PORT VM ADDRESS SEEN
	lease:NET ADDRESS MAC VM PORT
	LIST
}

full_disk_is_an_error() {
	local status=0
	vmictl list >/dev/full 2>"$work/err" || status=$?
	[ "$status" -eq 1 ] && says "$work/err" 'cannot write the output'
}

# --- events

is_told() {
	vmictl -q net set lab --lease 100 && [ -s "$work/events" ]
}

# each event once, in order, by the number that the one before had
monitor_goes_on_where_it_was() {
	local seq pid
	"$VMICTL" -j monitor >"$work/events" &
	pid=$!
	# it listens when something new is told
	wait_for 20 is_told || return
	kill "$pid"
	wait "$pid"
	seq=$(head -n 1 "$work/events" | field seq)
	timeout 20 "$VMICTL" -j monitor --since $((seq - 1)) --count 1 >"$work/out" || return
	cmp <(head -n 1 "$work/events") "$work/out" || return
	vmictl -q net set lab --lease 101 && vmictl -q net set lab --lease 102 || return
	timeout 20 "$VMICTL" -j monitor --since "$seq" --count 2 >"$work/out" || return
	says "$work/out" "\"seq\":$((seq + 1)),.*\"net-set\"" "\"seq\":$((seq + 2)),.*\"net-set\"" &&
		[ "$(wc -l <"$work/out")" -eq 2 ] || return
	timeout 20 "$VMICTL" monitor --since "$seq" --count 1 | grep -qE "^20[0-9-]+ [0-9:.]+ +$((seq + 1)) net-set +lab by uid 0\$"
}

# --- completion

completed() {
	bash --norc -c '
		PATH=$1:$PATH
		. "$2"
		complete -p vmictl >/dev/null || exit
		shift 2
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_vmictl
		printf "%s\n" "${COMPREPLY[@]}"
	' bash "$(dirname "$VMICTL")" "$completion" "$@" | sort | xargs
}

completes() {
	local want=$1 got
	shift
	got=$(completed "$@" 2>&1)
	[ "$got" = "$want" ] || { echo "$*: '$got', not '$want'"; return 1; }
}

completion_works() {
	completion=$top/user/ctl/vmictl.bash-completion
	[ -e "$completion" ] || completion=/usr/local/share/bash-completion/completions/vmictl
	bash --norc -uec '. "$1"' bash "$completion" || return
	[ "$(completed vmictl '')" = "$(printf '%s\n' "${all[@]%% *}" | sort -u | xargs)" ] ||
		{ echo "verbs: $(completed vmictl '')"; return 1; }
	completes 'start stop' vmictl st && completes 'add check del graph list set show stats' vmictl net '' &&
		completes 'list move set show' vmictl port '' && completes '--memory' vmictl create --me &&
		completes 'def' vmictl start d && completes 'lab' vmictl net show la &&
		completes 'lab' vmictl create x --net l && completes 'down up' vmictl port set 1 --link '' &&
		completes 'bridged host-only nat' vmictl net add x --mode '' &&
		completes 'all arp' vmictl net set lab --guard a &&
		completes "$work/kernel" vmictl create x --kernel "$work/ker"
}

# --- without the module

works_without_module() {
	vmictl version >"$work/out" && says "$work/out" 'not loaded' || return
	vmictl -j version | grep -q '"module":false' || return
	vmictl -q create absent --kernel "$kernel" && vmictl -q delete absent
}

says_so_without_module() {
	local words bad=0
	while read -r words; do
		# shellcheck disable=SC2086
		refused 6 'the vmi module is not loaded' $words || bad=1
	done <<-LIST
	list
	show def
	start def
	stop def
	kill def
	pause def
	resume def
	reset def
	console def
	monitor
	read def 0
	run --kernel $kernel
	link def 0 up
	port list
	port set 1 --link up
	port set 1 --guard all
	port move 1 lab
	port move def:0 lab
	port show 1
	capture lab -w $work/x
	net graph
	fdb
	lease
	net add lab --subnet 192.0.2.0/24
	net del lab
	net list
	net show lab
	net stats
	net set lab --lease 100
	LIST
	return "$bad"
}

plan 24
check 'every verb has --help' every_verb_has_help
check 'help is no error' help_is_not_an_error
check 'every verb refuses an unknown option' every_verb_refuses_unknown_options
check 'wrong usage is status 2 and one sentence' wrong_usage
check 'hostile names are refused and told harmlessly' hostile_names
check 'unknown names are status 3' unknown_names
check 'create writes a definition' defines
check 'create does not replace unless it is told to' does_not_define_twice
check 'definitions written by hand are read, and errors have their line' reads_what_people_wrote
check 'a VM that is only defined' defined_is_not_started
check 'delete does what it can and ends with the first failure' deletes_definitions
check 'networks: add and list' adds_networks
check 'networks: refusals' refuses_networks
check 'networks: set and show' changes_networks
check 'every output has a JSON form that parses' json_parses
check 'tables' tables_have_heads
check 'what cannot be written is a failure' full_disk_is_an_error
check 'completion' completion_works
check 'other users have definitions of their own, and no networks' users_have_their_own
check 'monitor goes on where it was' monitor_goes_on_where_it_was
check 'networks: del' deletes_networks
check 'the module can be unloaded when nothing is left' rmmod vmi
check 'without the module: version, create, delete' works_without_module
check 'without the module: one sentence and status 6' says_so_without_module
finish
