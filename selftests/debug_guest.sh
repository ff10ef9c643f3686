#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# vCPUs looked at and stopped from outside: a stock guest with four vCPUs, vmictl's regs,
# vcpu and break, and an unmodified gdb.
#
# Environment: see env.sh; ROUNDS, of a breakpoint over all vCPUs (default 400).
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/env.sh
. "$(dirname "$0")/env.sh"

ROUNDS=${ROUNDS:-400}
BUSY=__x64_sys_sched_rr_get_interval	# nobody calls it but guest_traps
traps=${OUTPUT:-$top/build/selftests}/guest_traps
work=$(mktemp -d)
# QEMU's emulated VMRUN does not switch the debug registers on: what they meet cannot be
# seen where the test host is emulated
emulated=$(grep -qs 'QEMU TCG' /proc/cpuinfo && echo emulated)
trap 'rm -rf "$work"' EXIT

log_says() {
	grep -aq -- "$1" /run/vmi/dbg.log
}

# type a command into the guest's shell, and do not wait for it
tell_guest() {
	printf '%s\n' "$1" >&9
}

# run a command in the guest and print what it says
ask_guest() {
	local serial=${EPOCHREALTIME/./} begin end
	begin=B$serial: end=E$serial:
	# the typed line has the sum, only the shell's answer has the number
	# shellcheck disable=SC2016
	tell_guest "$(printf 'echo B$((%d+0)):; %s; echo E$((%d+0)):$?' "$serial" "$1" "$serial")"
	wait_for "${2:-60}" grep -aq "^$end" "$work/console" || return 1
	tr -d '\r' <"$work/console" | sed -n "/^$begin/,/^$end/p" | sed '1d;$d'
	grep -aq "^${end}0" "$work/console"
}

guest_answers() {
	[ "$(ask_guest 'echo here' 120)" = here ]
}

symbol() {
	sed -n "s/^\([0-9a-f]*\) . $1\$/\1/p" "$work/map"
}

start_guest() {
	# an archive behind the other adds to it
	install -D "$traps" "$work/more/bin/guest_traps"
	{
		cat "$GUEST_INITRD"
		(cd "$work/more" && echo bin/guest_traps | cpio --create --format=newc --quiet) | gzip -1
	} >"$work/guest.cpio.gz"
	"$(dirname "$0")/load.sh" "$VMI_KO" &&
		"$VMICTL" create dbg --kernel "$GUEST_KERNEL" --initrd "$work/guest.cpio.gz" \
			--memory 256 --cpus 4 && "$VMICTL" start dbg &&
		wait_for 400 log_says 'guest: ready'
}

find_symbols() {
	ask_guest "grep -wE '$BUSY|asm_exc_int3|linux_banner' /proc/kallsyms" |
		sed 's/\t.*//' >"$work/map"
	[ -n "$(symbol "$BUSY")" ]
}

regs_of_all() {
	"$VMICTL" -j regs dbg >"$work/regs" && [ "$(grep -c '"cr3":[1-9]' "$work/regs")" -eq 4 ] &&
		"$VMICTL" regs dbg --vcpu 3 | grep -q '^rax ' && ! "$VMICTL" regs dbg --vcpu 4
}

# a register is set, and the same afterwards: the vCPU is held meanwhile by another tool
set_register() {
	local before
	"$VMICTL" -q vcpu stop dbg --vcpu 2 --for 600 >"$work/stop" 2>&1 &
	local holder=$!
	wait_for 60 stands_still 2 || return 1
	before=$("$VMICTL" -j regs dbg --vcpu 2 | grep -o '"dr0":[0-9]*')
	"$VMICTL" regs dbg --vcpu 2 dr0=0x123456 &&
		"$VMICTL" -j regs dbg --vcpu 2 | grep -q "\"dr0\":$((0x123456))" &&
		"$VMICTL" regs dbg --vcpu 2 dr0="${before#*:}" || return 1
	! "$VMICTL" regs dbg --vcpu 2 nonsense=1 || return 1
	kill -9 "$holder"
	wait "$holder" 2>/dev/null
	guest_answers
}

tsc_now() {
	"$VMICTL" -j regs dbg --vcpu "$1" | grep -o '"registers":.*'
}

stands_still() {
	local first
	first=$(tsc_now "$1") && [ "$first" = "$(tsc_now "$1")" ]
}

steps() {
	"$VMICTL" -j vcpu step dbg --vcpu 1 --count 20 >"$work/steps" &&
		[ "$(grep -o '"rip":[0-9]*' "$work/steps" | sort -u | wc -l)" -gt 5 ] && guest_answers
}

# the guest says how many calls were made; as many are seen: TASKS CALLS OPTION...
count_calls() {
	local tasks=$1 calls=$2 n=$(($1 * $2))
	shift 2
	"$VMICTL" -j break dbg "$BUSY" --map "$work/map" --count "$n" "$@" >"$work/hits" 2>"$work/err" &
	local tool=$!
	wait_for 60 grep -q armed "$work/err" || return 1
	ask_guest "guest_traps calls $tasks $calls" 500 >"$work/said" || return 1
	wait_for 60 test ! -d "/proc/$tool" || kill "$tool"
	wait "$tool"
	echo "$(grep -c '"seq"' "$work/hits") hits of $n calls, on $(grep -o '"vcpu":[0-9]*' "$work/hits" | sort -u | wc -l) vCPUs"
	[ "$(grep -c '"seq"' "$work/hits")" -eq "$n" ] && ! grep -q lost "$work/hits" &&
		[ "$(grep -c "\"at\":\"$BUSY\"" "$work/hits")" -eq "$n" ]
}

# four of them can be had, by whichever sessions, and then again
debug_registers() {
	local i
	for i in 1 2 3 4 5; do
		"$VMICTL" break dbg "0x$(symbol linux_banner)" --hw --len 4 --access w \
			>"$work/hw$i" 2>&1 &
		eval "local tool$i=\$!"
		[ "$i" -eq 5 ] || wait_for 60 grep -q armed "$work/hw$i" || return 1
	done
	# shellcheck disable=SC2154
	wait "$tool5" && return 1
	grep -q 'no debug register is free' "$work/hw5" || return 1
	# shellcheck disable=SC2154
	kill "$tool1" "$tool2" "$tool3" "$tool4"
	# shellcheck disable=SC2154
	wait "$tool1" "$tool2" "$tool3" "$tool4"
	[ -n "$emulated" ] || count_calls 4 25 --hw
}

# no more hits than calls: nothing is armed when the tool has gone
nothing_armed() {
	ask_guest 'guest_traps calls 4 10' >/dev/null && guest_answers
}

own_traps() {
	ask_guest "guest_traps own 20 ${1:-}" 120 >"$work/own"
	local status=$?
	note "$(grep -a traps: "$work/own")"
	return "$status"
}

# likewise while breakpoints are armed elsewhere
own_traps_beside() {
	"$VMICTL" break dbg "$BUSY" --map "$work/map" >"$work/hits" 2>&1 &
	local tool=$! status=0
	wait_for 60 grep -q armed "$work/hits" || return 1
	own_traps "$emulated" || status=1
	kill "$tool"
	wait "$tool"
	return "$status"
}

# some thread of the VMM is in VMI_VM_EVENT
vcpu_waits() {
	local vmm
	vmm=$("$VMICTL" -j show dbg | grep -o '"pid":[0-9]*')
	cat "/proc/${vmm#*:}"/task/*/syscall | grep -q '^16 0x[0-9a-f]* 0x[0-9a-f]*b717 '
}

# a vCPU waits for the verdict of a tool that is stopped, and then killed
tool_killed() {
	"$VMICTL" break dbg "$BUSY" --map "$work/map" >"$work/hits" 2>&1 &
	local tool=$!
	wait_for 60 grep -q armed "$work/hits" || return 1
	kill -STOP "$tool"
	tell_guest 'guest_traps calls 4 3'
	wait_for 60 vcpu_waits || return 1
	kill -9 "$tool"
	wait "$tool" 2>/dev/null
	guest_answers
}

gdb_run() {
	timeout -k 5 300 gdb -nx -batch -ex 'set pagination off' -ex 'set confirm off' "$@" \
		>"$work/gdb" 2>&1 </dev/null
}

gdb_session() {
	local addr status=0 hard=()
	addr=0x$(symbol "$BUSY")
	[ -n "$emulated" ] || hard=(-ex "hbreak *$addr" -ex 'delete 1' -ex continue)
	tell_guest 'while :; do guest_traps calls 4 50; done >/dev/null & echo $!'
	# shellcheck disable=SC2016
	gdb_run -ex "target remote | $VMICTL gdb dbg" -ex 'info threads' -ex "break *$addr" \
		-ex continue -ex 'print $rip' -ex stepi -ex 'print $rip' -ex continue \
		-ex 'thread apply all print $rip' -ex 'print $cr3' -ex "x/2i $addr" \
		-ex "x/s 0x$(symbol linux_banner)" "${hard[@]}" -ex delete -ex "print \$rdi" -ex 'info registers xmm0 eflags' -ex detach || status=1
	# shellcheck disable=SC2016
	ask_guest 'kill %1; wait' >/dev/null
	[ "$status" -eq 0 ] || note "$(cat "$work/gdb")"
	return "$status"
}

gdb_says() {
	grep -Eq -- "$1" "$work/gdb" || { cat "$work/gdb"; return 1; }
}

gdb_hard() {
	[ -n "$emulated" ] || gdb_says 'Breakpoint 2,|hit Breakpoint 2'
}

gdb_int3_hidden() {
	# what stands at the breakpoint in gdb is no int3
	! grep -A1 -E '^ *(=> )?0x[0-9a-f]+.*:' "$work/gdb" | grep -q 'int3'
}

gdb_listens() {
	"$VMICTL" -q gdb dbg --listen "$work/sock" >"$work/stub" 2>&1 &
	local stub=$! status=0
	wait_for 60 test -S "$work/sock" || return 1
	gdb_run -ex "target remote $work/sock" -ex 'info threads' -ex kill || status=1
	wait_for 60 test ! -d "/proc/$stub" || status=1
	wait "$stub"
	[ "$status" -eq 0 ] && gdb_says 'Thread 4' && guest_answers
}

# the stub dies while gdb has stopped all
gdb_killed() {
	"$VMICTL" -q gdb dbg --listen "$work/sock2" >"$work/stub" 2>&1 &
	local stub=$!
	wait_for 60 test -S "$work/sock2" || return 1
	kill -9 "$stub"
	wait "$stub" 2>/dev/null
	guest_answers
}

# whatever comes, the stub ends or answers, and the guest goes on
gdb_hostile() {
	python3 - "$VMICTL" <<-'PY' || return 1
	import random, subprocess, sys
	random.seed(7)
	def packet(body):
	    return b"$" + body + b"#%02x" % (sum(body) & 255)
	bodies = [b"", b"m", b"m0,ffffffffffffffff", b"mffffffffffffffff,2", b"M0,4:", b"X0,4:ab",
	          b"G00", b"P0=", b"Pffffffffffffffff=0", b"p99999", b"Hg999", b"Hx", b"T0", b"vCont;",
	          b"vCont;c:", b"vCont;q", b"Z9,0,0", b"Z0,0,0", b"Z0,ffffffffffffffff,1", b"Z2,1,3",
	          b"qXfer:features:read:target.xml:ffffffffffffffff,fff", b"qThreadExtraInfo,", b"?",
	          b"g", b"z0,0,0", b"qC", b"S", b"C"]
	stream = b"".join(packet(b) for b in bodies) + b"$?#00" + b"-+"
	stream += bytes(random.randrange(256) for _ in range(2000)) + b"$" + b"A" * 40000
	p = subprocess.run([sys.argv[1], "gdb", "dbg"], input=stream, stdout=subprocess.PIPE, timeout=240)
	if p.stdout.count(b"$") < len(bodies) - 2 or p.returncode not in (0, 1):
	    sys.exit("%d, %r" % (p.returncode, p.stdout[-600:]))
	PY
	guest_answers
}

paused() {
	"$VMICTL" pause dbg && regs_of_all && ! "$VMICTL" vcpu step dbg && "$VMICTL" resume dbg &&
		guest_answers
}

# held vCPUs hold up neither a reset nor the end
ends() {
	"$VMICTL" -q vcpu stop dbg --for 600 >"$work/stop" 2>&1 &
	local tool=$!
	wait_for 60 stands_still 0 || return 1
	"$VMICTL" reset dbg && "$VMICTL" kill dbg || return 1
	wait_for 60 test ! -d "/proc/$tool" && wait "$tool"
	"$VMICTL" delete dbg && rmmod vmi
}

plan 23
check 'a guest with four vCPUs runs' start_guest
if [ "$ktap_failed" -ne 0 ]; then
	note "$(tail -n 5 /run/vmi/dbg.log 2>/dev/null)"
	exit 1
fi
mkfifo "$work/in"
"$VMICTL" console dbg <"$work/in" >"$work/console" 2>&1 &
pid=$!
exec 9>"$work/in"
check 'it says where its symbols are' find_symbols
check 'registers of each vCPU are read' regs_of_all
check 'a register is set, a dead tool holds nothing' set_register
check 'a vCPU is stepped' steps
check 'guest: its own int3, trace flag and breakpoints' own_traps
check 'they work beside ours' own_traps_beside
check "each of the calls on one vCPU is seen" count_calls 1 100
check "each of the calls on four vCPUs is seen ($ROUNDS)" count_calls 4 $((ROUNDS / 4))
check "debug registers${emulated:+ (which this host cannot switch on)}" debug_registers
check 'nothing is left armed' nothing_armed
check 'a tool that is killed lets its vCPU go on' tool_killed
check 'gdb: a session' gdb_session
check 'gdb: threads are vCPUs' gdb_says 'Thread 4.*vCPU 3'
check 'gdb: it stops at the breakpoint' gdb_says 'Thread [1-4] .*hit Breakpoint 1|Breakpoint 1,'
check "gdb: it stops at a hardware breakpoint${emulated:+, but not here}" gdb_hard
check 'gdb: it reads memory' gdb_says 'Linux version'
check 'gdb: it sees no int3' gdb_int3_hidden
check 'gdb: over a socket, and kill kills nothing' gdb_listens
check 'gdb: the stub is killed' gdb_killed
check 'gdb: hostile packets' gdb_hostile
check 'a paused VM is looked at' paused
check 'held vCPUs hold up neither reset nor end' ends
exec 9>&-
kill "$pid" 2>/dev/null
wait "$pid" 2>/dev/null
finish
