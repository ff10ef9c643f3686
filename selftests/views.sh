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
# shellcheck source=selftests/guest.sh
. "$here/guest.sh"

# the guest's own initramfs, and the truth teller behind it
views_initrd() {
	mkdir -p "$work/extra/bin"
	cp "$here/vm/guest-truth" "$work/extra/bin/"
	(cd "$work/extra" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/extra.cpio.gz" &&
		cat "$1" "$work/extra.cpio.gz" >"$work/initrd"
}

boot() {
	views_initrd "$3" &&
		guest_start "$1" --kernel "$2" --initrd "$work/initrd" \
			--append "console=ttyS0 quiet $4" --memory 256 --cpus 2 &&
		guest_ready "$1" && in_guest "$1" 'guest-truth start'
}

tell_truth() {
	in_guest "$1" 'guest-truth tell' >"$work/truth" && vmictl -q pause "$1" &&
		says "$work/truth" '^TRUTH-END'
}

compare() {
	vmictl -j "$2" "$1" >"$work/$2.json" &&
		"$here/views_compare.py" "$2" "$work/truth" "$work/$2.json"
}

# the processes that stay are there at every look
look() {
	local i n view
	for ((i = 0; i < 3; i++)); do
		n=$(vmictl ps "$1" | grep -c 'sleep 900000$')
		[ "$n" -eq 50 ] || { echo "ps shows $n of 50 processes"; return 1; }
		for view in sockets files dmesg; do
			vmictl "$view" "$1" >/dev/null || return
		done
	done
}

busy() {
	local status=0
	in_guest "$1" 'guest-truth busy' || return
	look "$1" || status=1
	in_guest "$1" 'guest-truth calm' && return "$status"
}

views_of() {
	local view
	check "$1: it runs" boot "$@"
	check "$1: it tells the truth" tell_truth "$1"
	for view in $views; do
		check "$1: $view equals what the guest says" compare "$1" "$view"
	done
	check "$1: it is seen in the raw file, too" vmictl ps --image "/proc/vmi/$1.raw"
	vmictl -q resume "$1"
	check "$1: it is seen while it is busy" busy "$1"
	check "$1: a process that is not there is said not to be" \
		refused 3 'no process 999999' files "$1" 999999
}
