#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# VMMs that hang, VMMs that die, and VMs of others: queries never wait, a command ends
# by its time limit, a death is seen at once and told with its number, and nobody
# reaches what is not his.
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/env.sh
. "$(dirname "$0")/env.sh"
# shellcheck source=selftests/guest.sh
. "$(dirname "$0")/guest.sh"

ulimit -c 0

starts() {
	net_add lab --subnet 192.0.2.0/24 && guest_start hung --net lab && guest_start well --net lab &&
		guest_ready hung && guest_ready well
}

# --- a VMM that hangs

# CPU time in ms that a command used, in user and in kernel mode
cpu_ms() {
	local TIMEFORMAT='%U %S' user sys
	read -r user sys < <({ time "$@" >/dev/null; } 2>&1)
	echo $((10#${user//./} + 10#${sys//./}))
}

# The least of several, less what a vmictl takes that asks nothing: in emulation,
# loading a program is most of it.
answers_cheaply() {
	local ms base=1000000 best=1000000 i
	for i in {1..30}; do
		ms=$(cpu_ms "$VMICTL" --help)
		[ "$ms" -ge "$base" ] || base=$ms
		ms=$(cpu_ms "$VMICTL" "$@")
		[ "$ms" -ge "$best" ] || best=$ms
		[ "$i" -lt 3 ] || [ $((best - base)) -ge 10 ] || break
	done
	echo "$*: $best ms of CPU time, $base ms of them to be loaded"
	[ $((best - base)) -lt 10 ]
}

queries_do_not_wait() {
	local verb bad=0
	kill -STOP "$(attr hung pid)" || return
	for verb in list 'show hung'; do
		# shellcheck disable=SC2086
		answers_cheaply $verb >>"$work/cpu" || bad=1
	done
	is hung state running || bad=1
	# nor does who looks at its memory
	vmictl read hung 0x1000 16 >/dev/null || bad=1
	[ "$bad" -eq 0 ] || cat "$work/cpu"
	return "$bad"
}

commands_end_in_time() {
	local pid
	"$VMICTL" pause hung --timeout 6 >"$work/late" 2>&1 &
	pid=$!
	# others work on meanwhile
	vmictl -q pause well && vmictl -q resume well && is well state running || return
	kill -0 "$pid" || { echo 'it did not last until others were done'; cat "$work/late"; return 1; }
	refused 5 'the VMM of hung, which is running, did not answer in 500 ms' reset hung --timeout 0.5 &&
		refused 5 'cannot stop hung: .*did not answer in 500 ms' stop hung --timeout 0.5 || return
	wait "$pid"
	[ $? -eq 5 ] && says "$work/late" '^vmictl: cannot pause hung: .*did not answer in 6000 ms'
}

# what has timed out is not done later
goes_on() {
	kill -CONT "$(attr hung pid)" && in_guest hung true && is hung state running &&
		vmictl -q pause hung && is hung state paused && vmictl -q resume hung
}

# a client that waits learns that the VMM has ended
death_answers() {
	local pid vmm
	vmm=$(attr hung pid)
	kill -STOP "$vmm" || return
	"$VMICTL" pause hung --timeout 60 >"$work/reset" 2>&1 &
	pid=$!
	waits() {
		[ "$(cat "/proc/$pid/wchan" 2>/dev/null)" != 0 ] && grep -q 'State:.S' "/proc/$pid/status"
	}
	wait_for 10 waits
	kill -KILL "$vmm"
	wait "$pid"
	[ $? -eq 1 ] && says "$work/reset" 'the VMM ended before it answered: hung is crashed'
}

kill_needs_no_answer() {
	vmictl -q start hung && kill -STOP "$(attr hung pid)" && vmictl -q kill hung &&
		is hung state stopped && is hung reason killed
}

# --- a VMM that dies

# NAME: it has a VMM no more, and all that was its VMM's is gone
released() {
	[ ! -e "/proc/vmi/$1.raw" ] && [ "$(vmictl -j port list --vm "$1" | field active)" = false ] &&
		refused 1 "$1 does not run: it has no memory" read "$1" 0
}

# SIGNAL STATE REASON TEXT
dies_of() {
	local signal=$1 pid
	vmictl -q start mortal || return
	pid=$(attr mortal pid)
	kill "-$signal" "$pid" || return
	wait_for 30 test ! -d "/proc/$pid" || { echo 'it lives'; return 1; }
	# no polling from here on
	is mortal state "$2" && is mortal reason "$3" || return
	attr mortal text >"$work/text"
	says "$work/text" "$4" && released mortal
}

deaths() {
	guest_define mortal --net lab,ip=192.0.2.9 || return
	dies_of KILL crashed vmm-died '^the VMM was ended by signal 9$' &&
		dies_of SEGV crashed vmm-died '^the VMM was ended by signal 11$' &&
		dies_of ABRT crashed vmm-died '^the VMM was ended by signal 6$' &&
		dies_of SYS crashed vmm-died '^the VMM was ended by signal 31$'
}

# these are asked for, and answered in order
orderly_deaths() {
	dies_of TERM stopped request 'signal 15' && dies_of INT stopped request 'signal 2' &&
		[ ! -e "$VMI_RUN_DIR/mortal.console" ]
}

name_is_free_again() {
	vmictl -q start mortal && is mortal state running && is mortal ip 192.0.2.9 &&
		refused 1 'mortal is running' start mortal && is mortal state running &&
		refused 1 'mortal is running: it cannot be deleted' delete mortal &&
		vmictl -q delete --force mortal && refused 3 'no VM mortal' show mortal
}

# --- what the events tell

tells_all() {
	local since pid
	"$VMICTL" -j monitor >"$work/live" &
	pid=$!
	guest_define told --net lab || return
	heard() {
		vmictl -q net set lab --lease 600 && [ -s "$work/live" ]
	}
	wait_for 20 heard || return
	since=$(head -n 1 "$work/live" | field seq)
	vmictl -q start told && vmictl -q pause told && vmictl -q resume told &&
		kill -KILL "$(attr told pid)" && wait_for 30 is told state crashed && vmictl -q delete told || return
	has_all() {
		grep -q vm-del "$work/live"
	}
	wait_for 20 has_all || { cat "$work/live"; return 1; }
	kill "$pid"
	wait "$pid"
	timeout 20 "$VMICTL" -j monitor --since "$since" --count $(($(wc -l <"$work/live") - 1)) >"$work/replay"
	cmp "$work/replay" <(tail -n +2 "$work/live") || return
	python3 - "$work/live" "$work/replay" <<-'PY'
	import json, sys
	live, replay = ([json.loads(l) for l in open(p)] for p in sys.argv[1:])
	numbers = [e["seq"] for e in live]
	assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), numbers
	states = [(e["old-state"], e["state"], e["reason"]) for e in replay if e["kind"] == "vm-state"]
	assert states == [("defined", "starting", "request"), ("starting", "running", "request"),
	                  ("running", "paused", "request"), ("paused", "running", "request"),
	                  ("running", "crashed", "vmm-died")], states
	assert [e["kind"] for e in replay if e["kind"] != "vm-state"] == \
	       ["vm-new", "port-new", "port-del", "vm-del"], replay
	PY
}

# --- VMs of others

# UID: the words that run vmictl as another user, who has a place of his own
as_words() {
	words=(setpriv --reuid="$1" --regid="$1" --clear-groups env HOME="$work/home$1"
		VMI_VMM="$work/bin/vmi-vmm" VMI_CONFIG_DIR="$work/home$1" VMI_RUN_DIR="$work/home$1"
		"$work/bin/vmictl")
}

# UID ARGUMENT...
as() {
	local words
	as_words "$1"
	shift
	"${words[@]}" "$@"
}

# UID STATUS ARGUMENT...
as_refused() {
	local uid=$1 want=$2 status=0
	shift 2
	as "$uid" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
	[ "$status" -eq "$want" ] && [ "$(wc -l <"$work/err")" -eq 1 ] && return
	echo "uid $uid: vmictl $* ended with $status, not $want:"
	cat "$work/out" "$work/err"
	return 1
}

prepare_users() {
	chmod 755 "$work" && mkdir -p "$work/bin" "$work"/home{1001,1002} && cp "$VMICTL" "$VMI_VMM" "$work/bin" &&
		chown 1001 "$work/home1001" && chown 1002 "$work/home1002"
}

roots_are_not_seen() {
	local bad=0 args
	prepare_users || return
	[ -z "$(as 1001 -q list)" ] || { as 1001 list; bad=1; }
	while read -r args; do
		# shellcheck disable=SC2086
		as_refused 1001 $args || bad=1
	done <<-'LIST'
	3 show well
	3 stop well
	3 kill well
	3 pause well
	3 resume well
	3 reset well
	3 delete well
	3 delete --force well
	3 console well
	4 read well 0
	3 link well 0 down
	LIST
	[ "$(as 1001 -j port list)$(as 1001 -j lease)" = '[][]' ] || { as 1001 port list; bad=1; }
	! setpriv --reuid=1001 --regid=1001 --clear-groups cat /proc/vmi/well.raw >/dev/null 2>&1 || bad=1
	! setpriv --reuid=1001 --regid=1001 --clear-groups socat -u "UNIX:$VMI_RUN_DIR/well.console" - \
		</dev/null >/dev/null 2>&1 || { echo 'the console is open to others'; bad=1; }
	is well state running || bad=1
	return "$bad"
}

# a user has VMs of his own on the host's network, and root may do all with them
users_have_vms() {
	local mode status=0 words pid
	mode=$(stat -c %a /dev/kvm)
	chmod 666 /dev/kvm
	made_vm users
	as 1001 -q run --name users --kernel "$GUEST_VMLINUX" --initrd "$GUEST_INITRD" --net lab >"$work/out" 2>&1 || status=$?
	chmod "$mode" /dev/kvm
	[ "$status" -eq 0 ] || { cat "$work/out"; return 1; }
	[ "$(as 1001 -q list)" = users ] && [ -z "$(as 1002 -q list)" ] && is users uid 1001 || return
	as_refused 1002 3 kill users && as_refused 1002 3 show users || return
	# the name is taken, whoever has it
	as_refused 1002 1 run --name users --kernel "$GUEST_KERNEL" || return
	as 1001 -q pause users && as 1001 -q resume users && as 1001 read users 0x1000 16 >/dev/null || return
	# he sees his events, others see none of them
	as_words 1001
	"${words[@]}" -j monitor --since 0 >"$work/own" &
	pid=$!
	wait_for 20 says "$work/own" '"vm":"users",.*"paused"' || { cat "$work/own"; return 1; }
	kill "$pid"
	wait "$pid"
	! grep -q '"vm":"well"' "$work/own" || { cat "$work/own"; return 1; }
	vmictl -q pause users && vmictl read users 0x1000 16 >/dev/null && vmictl -q kill users &&
		refused 3 'no VM users' show users && [ -z "$(as 1001 -q list)" ]
}

plan 12
check 'two guests' starts
check 'a hung VMM: queries take less than 10 ms of CPU time' queries_do_not_wait
note "$(cat "$work/cpu")"
check 'a hung VMM: commands end by their time limit, those of others work' commands_end_in_time
check 'a VMM that goes on does not do what has timed out' goes_on
check 'a VMM that dies answers who waits' death_answers
check 'kill needs no answer' kill_needs_no_answer
check 'a VMM that dies by a signal is seen as crashed at once' deaths
check 'a VMM that is asked to end stops in order' orderly_deaths
check 'the name can be used again at once' name_is_free_again
check 'events: all, in order, and again by number' tells_all
check 'VMs of others are neither seen nor touched' roots_are_not_seen
check 'users have VMs of their own' users_have_vms
finish
