# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Guests for tests. To be sourced after env.sh and ktap.sh. A test has definitions,
# sockets and logs of its own, and all that it makes through these goes at its end,
# also what was made in a subshell:
#
#	vmictl ARGUMENT...		the one under test
#	net_add NAME [OPTION...]	a network
#	guest_define NAME [OPTION...]	a definition: the stock vmlinux and our initramfs,
#					unless OPTIONs say another
#	guest_start NAME [OPTION...]	define and start it
#	guest_ready NAME [N]		wait until its init has said so for the Nth time
#	in_guest NAME COMMAND		run it in the guest's shell: output and status
#	attr NAME KEY			a value of "vmictl -j show"
#	is NAME KEY VALUE		that value is the one
#	field KEY			the first value of a key in JSON of standard input
#	says FILE TEXT...		a file has a line that matches, for each of them
#	made_vm NAME			a VM was made by other ways
#	refused STATUS TEXT ARGUMENT...	vmictl ends so, printing nothing but one sentence that
#					matches
#	refusals			lines of such arguments, apart by tabs, the last words
#					as a shell has them

work=$(mktemp -d)
: >"$work/vms"
: >"$work/nets"
export VMI_CONFIG_DIR=$work/etc VMI_RUN_DIR=$work/run

# upper bounds, for hosts that are slow
ready_limit_s=120
answer_limit_s=60

vmictl() {
	"$VMICTL" "$@"
}

net_add() {
	echo "$1" >>"$work/nets"
	vmictl -q net add "$@"
}

made_vm() {
	echo "$1" >>"$work/vms"
}

guest_define() {
	local name=$1
	shift
	made_vm "$name"
	# what the kernel says takes half the time of a boot
	vmictl -q create "$name" --kernel "$GUEST_VMLINUX" --initrd "$GUEST_INITRD" \
		--append 'console=ttyS0 quiet' "$@"
}

guest_start() {
	guest_define "$@" && vmictl -q start "$1"
}

ready_times() {
	[ "$(grep -ac 'guest: ready' "$VMI_RUN_DIR/$1.log" 2>/dev/null)" -ge "$2" ]
}

guest_ready() {
	wait_for "$ready_limit_s" ready_times "$1" "${2:-1}" || {
		echo "$1 is not ready"
		where_is "$1"
		return 1
	}
}

# what can be seen of a guest that is not where it should be
where_is() {
	vmictl show "$1"
	echo 'its log ends:'
	tail -n 5 "$VMI_RUN_DIR/$1.log" | cat -v
	vmictl regs "$1" | grep -E '^(rip|cr3|apic)'
	vmictl dmesg "$1" | tail -n 5
	vmictl ps "$1" | tail -n 5
}

# what is typed is echoed: it has a sum, and only the shell's answer its value
in_guest() {
	local name=$1 n=${EPOCHREALTIME//[!0-9]/} begun='' status='' end=$((SECONDS + answer_limit_s))
	local line fd pid

	exec {fd}< <(exec "$VMICTL" -q console "$name" --linger "$answer_limit_s" 2>&1 \
		<<<"echo B\$(($n+0)); $2; echo E\$(($n+0)):\$?")
	pid=$!
	while [ "$SECONDS" -lt "$end" ] && IFS= read -r -t "$answer_limit_s" line <&"$fd"; do
		line=${line%$'\r'}
		case $line in
		"B$n") begun=1 ;;
		"E$n:"*)
			status=${line#*:}
			break
			;;
		*) [ -z "$begun" ] || printf '%s\n' "$line" ;;
		esac
	done
	exec {fd}<&-
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	[ -n "$status" ] || { echo "$name does not answer: $2"; where_is "$name"; }
	return "${status:-1}"
}

# no program but vmictl is run for these: in emulation that is what costs
value_in() {
	[[ $2 =~ \"$1\":(\"([^\"]*)\"|([^],}]*)) ]] && printf '%s\n' "${BASH_REMATCH[2]}${BASH_REMATCH[3]}"
}

field() {
	local text
	IFS= read -r -d '' text
	value_in "$1" "$text"
}

attr() {
	value_in "$2" "$("$VMICTL" -j show "$1" 2>/dev/null)"
}

is() {
	local now
	now=$(attr "$1" "$2")
	[ "$now" = "$3" ] || {
		echo "$2 of $1 is '$now', not '$3'"
		return 1
	}
}

says() {
	local file=$1 text
	shift
	for text in "$@"; do
		grep -aqE -- "$text" "$file" && continue
		echo "no line matches $text:"
		cat -v "$file"
		return 1
	done
}

refused() {
	local want=$1 text=$2 status=0 out err
	shift 2
	out=$("$VMICTL" "$@" 2>"$work/refused" </dev/null) || status=$?
	mapfile -t err <"$work/refused"
	if [ "$status" -eq "$want" ] && [ -z "$out" ] && [ "${#err[@]}" -eq 1 ] &&
	   [[ ${err[0]} == 'vmictl: '* && ${err[0]} =~ $text && ! ${err[0]} =~ [[:cntrl:]] ]]; then
		return 0
	fi
	printf '%q ' vmictl "$@"
	printf 'ended with %d (want %d, %s) and said: %s\n' "$status" "$want" "$text" "$out"
	cat -v "$work/refused"
	return 1
}

refusals() {
	local want text words args bad=0
	while IFS=$'\t' read -r want text words; do
		eval "args=($words)"
		refused "$want" "$text" "${args[@]}" || bad=1
	done
	return "$bad"
}

guests_end() {
	local name
	# jobs of the test that still hold a console or a pipe
	# shellcheck disable=SC2046
	kill $(jobs -p) 2>/dev/null
	while read -r name; do
		vmictl -q delete --force "$name"
	done <"$work/vms" 2>/dev/null
	while read -r name; do
		vmictl -q net del "$name"
	done <"$work/nets" 2>/dev/null
	rm -rf "$work"
}
trap guests_end EXIT
