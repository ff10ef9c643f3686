#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The demonstration, inside a test host: two stock guests on a host-only network,
# managed, looked into, paused, stopped and killed. Each step is checked; the
# last line is "demo: ok" only when all of them held.
#
# Environment: VMI_KO (module), VMICTL, GUEST_KERNEL, GUEST_INITRD.
set -u

: "${VMI_KO:?}" "${VMICTL:?}" "${GUEST_KERNEL:?}" "${GUEST_INITRD:?}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
serial=1000

die() {
	printf 'demo: FAILED: %s\n' "$1" >&2
	exit 1
}

vmictl() {
	"$VMICTL" "$@"
}

# show what a person would type, then do it
run() {
	printf '\n$ %s\n' "$*"
	"$@" || die "$* (status $?)"
}

# like run, and the output must match a pattern
expect() {
	local pattern=$1
	shift
	run "$@" | tee "$work/out"
	[ "${PIPESTATUS[0]}" -eq 0 ] || exit 1
	grep -Eq -- "$pattern" "$work/out" || die "$*: no line matches $pattern"
}

# poll until a command succeeds: SECONDS CMD...
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

log_says() {
	grep -aq -- "$2" "/run/vmi/$1.log"
}

# run a command in a guest, through its console: NAME CMD
guest() {
	local name=$1 cmd=$2 tag
	serial=$((serial + 1))
	tag="E$serial:"
	printf '\n%s# %s\n' "$name" "$cmd"
	mkfifo "$work/in"
	vmictl console "$name" <"$work/in" >"$work/console" 2>/dev/null &
	local pid=$!
	exec 9>"$work/in"
	rm "$work/in"
	# the typed line has the sum, only the shell's answer has the number
	# shellcheck disable=SC2016
	printf 'echo B$((%d+0)); %s; echo E$((%d+0)):$?\n' "$serial" "$cmd" "$serial" >&9
	wait_for 60 grep -aq "^${tag}" "$work/console" || die "$name does not answer: $cmd"
	exec 9>&-
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	tr -d '\r' <"$work/console" | sed -n "/^B$serial\$/,/^$tag/p" | sed '1d;$d' | tee "$work/out"
	grep -aq "^${tag}0" "$work/console" || die "$name: $cmd failed"
}

address_of() {
	vmictl -j lease lab | tr '{' '\n' | sed -n "/\"vm\": *\"$1\"/s/.*\"ip\": *\"\([0-9.]*\)\".*/\1/p"
}

state_is() {
	vmictl -j show "$1" | grep -Eq "\"state\": *\"$2\""
}

printf '== the module\n'
run "$(dirname "$0")/load.sh" "$VMI_KO"
run vmictl net add lab --mode host-only --subnet 192.0.2.0/24
expect 'lab .*host-only' vmictl net list

printf '\n== two guests from the stock kernel\n'
for name in one two; do
	run vmictl create "$name" --kernel "$GUEST_KERNEL" --initrd "$GUEST_INITRD" \
		--memory 256 --net lab
	run vmictl start "$name"
done
for name in one two; do
	wait_for 180 log_says "$name" 'guest: ready' ||
		die "$name is not ready: $(vmictl list) $(tail -5 "/run/vmi/$name.log")"
done
expect 'one +running .*192\.0\.2\.' vmictl list
grep -Eq 'two +running .*192\.0\.2\.' "$work/out" || die 'two is not running'
one=$(address_of one)
two=$(address_of two)
if [ -z "$one" ] || [ -z "$two" ]; then
	die 'no addresses'
fi

printf '\n== they reach each other and the host\n'
guest one "ping -c 2 $two"
guest two "ping -c 2 192.0.2.1"
run ping -c 2 -W 5 "$one"
expect "$two" vmictl fdb lab

printf '\n== looked into from outside, while it runs\n'
guest one "grep -o 'Linux version [0-9.a-z-]*' /proc/version; grep 'Kernel code' /proc/iomem"
code=$(sed -n 's/^ *\([0-9a-f]*\)-.*Kernel code.*/\1/p' "$work/out")
version=$(sed -n 's/^\(Linux version .*\)/\1/p' "$work/out")
if [ -z "$code" ] || [ -z "$version" ]; then
	die 'the guest did not say where its kernel is'
fi
expect '^[0-9a-f]+ ' vmictl read one "0x$code" 64
printf '\n$ vmictl read one 0x%s:64M --raw | strings | grep "%s"\n' "$code" "$version"
vmictl read one "0x$code:64M" --raw | grep -aom1 "${version}[ -~]*" | tee "$work/out"
grep -q "$version" "$work/out" || die 'the banner is not in its memory'

printf '\n== pause and resume\n'
run vmictl pause one
expect 'paused' vmictl show one
! ping -c 1 -W 1 "$one" >/dev/null || die 'a paused guest answers'
run vmictl resume one
wait_for 20 ping -c 1 -W 1 "$one" || die 'a resumed guest does not answer'
expect 'running' vmictl show one

printf '\n== a graceful stop\n'
run vmictl stop one --timeout 60
state_is one stopped || die 'one is not stopped'

printf '\n== the death of a VMM\n'
pid=$(vmictl -j show two | grep -Eo '"pid": *[0-9]+' | grep -Eo '[0-9]+')
[ -n "$pid" ] || die 'no pid of the VMM'
run kill -9 "$pid"
wait_for 10 state_is two crashed || die 'two is not seen as crashed'
expect 'two +crashed' vmictl list
printf '\n$ vmictl monitor --since 0 | tail -8\n'
timeout 3 "$VMICTL" monitor --since 0 >"$work/events"
tail -8 "$work/events"
grep -Eq 'two.*crashed' "$work/events" || die 'no event tells of it'

printf '\n== nothing left\n'
run vmictl delete one
run vmictl delete two
run vmictl net del lab
run rmmod vmi
if lsmod | grep -q '^vmi' || [ -e /dev/vmi ] || pgrep vmi-vmm >/dev/null; then
	die 'something is left'
fi
printf '\ndemo: ok\n'
