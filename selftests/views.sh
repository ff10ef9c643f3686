# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What tests of the views of a guest's operating system share. To be sourced:
#
#	views_of NAME KERNEL INITRD APPEND	boot a guest, compare every view with what
#						it says itself, also while it is busy
#	VIEWS_RESULTS				how many results that gives

# shellcheck disable=SC2034 # for those that source this
VIEWS_RESULTS=13
views='kernel ps modules dmesg sockets mounts files symbols'

# shellcheck source=selftests/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source=selftests/ktap.sh
. "$here/ktap.sh"
work=$(mktemp -d)
guest=

# shellcheck disable=SC2317 # called at the end
views_end() {
	[ -z "$guest" ] || "$VMICTL" -q delete --force "$guest" 2>/dev/null
	rm -rf "$work"
}
trap views_end EXIT

log_says() {
	grep -aq -- "$1" "/run/vmi/$guest.log"
}

# the guest's own initramfs, and the truth teller behind it
views_initrd() {
	mkdir -p "$work/extra/bin"
	cp "$here/vm/guest-truth" "$work/extra/bin/"
	(cd "$work/extra" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/extra.cpio.gz" &&
		cat "$1" "$work/extra.cpio.gz" >"$work/initrd"
}

type_line() {
	printf '%s\n' "$1" | timeout 60 "$VMICTL" console "$guest" --linger 1 >/dev/null
}

boot() {
	views_initrd "$2" &&
		"$VMICTL" -q run --name "$guest" --kernel "$1" --initrd "$work/initrd" \
			--append "console=ttyS0 $3" --memory 256 --cpus 2 >/dev/null &&
		wait_for 100 log_says 'guest: ready'
}

tell_truth() {
	type_line 'guest-truth start' && wait_for 60 log_says '^truth: started' &&
		type_line 'guest-truth tell' && wait_for 60 log_says '^TRUTH-END' &&
		"$VMICTL" -q pause "$guest" &&
		cp "/run/vmi/$guest.log" "$work/truth"
}

compare() {
	"$VMICTL" -j "$1" "$guest" >"$work/$1.json" &&
		"$here/views_compare.py" "$1" "$work/truth" "$work/$1.json"
}

# the processes that stay are there at every look
busy() {
	local i n view
	type_line 'guest-truth busy' || return
	for ((i = 0; i < 5; i++)); do
		n=$("$VMICTL" ps "$guest" | grep -c 'sleep 900000$')
		[ "$n" -eq 50 ] || { echo "ps shows $n of 50 processes"; return 1; }
		for view in sockets files dmesg; do
			"$VMICTL" "$view" "$guest" >/dev/null || return
		done
	done
	type_line 'guest-truth calm'
}

views_of() {
	local view
	guest=$1
	check "$guest: it runs" boot "$2" "$3" "$4"
	check "$guest: it tells the truth" tell_truth
	for view in $views; do
		check "$guest: $view equals what the guest says" compare "$view"
	done
	check "$guest: it is seen from the raw file, too" \
		"$VMICTL" ps --image "/proc/vmi/$guest.raw"
	"$VMICTL" -q resume "$guest"
	check "$guest: it is seen while it is busy" busy
	check "$guest: a process that is not there is said not to be" no_process
	"$VMICTL" -q delete --force "$guest"
	guest=
}

no_process() {
	"$VMICTL" files "$guest" 999999 2>"$work/err"
	[ $? -eq 3 ] && grep -q 'no process 999999' "$work/err"
}
