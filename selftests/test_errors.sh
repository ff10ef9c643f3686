#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Starts that cannot succeed: one clear sentence, a status that is not zero, and
# nothing left behind: no process, no VM, no port, no socket, no log.
set -u

# shellcheck source=selftests/ktap.sh
. "$(dirname "$0")/ktap.sh"
# shellcheck source=selftests/env.sh
. "$(dirname "$0")/env.sh"
# shellcheck source=selftests/guest.sh
. "$(dirname "$0")/guest.sh"

# A VM, an open VM file and a network each hold the module, so its count tells of
# them, and of the ports, which go with their VM.
users() {
	local name count
	while read -r name _ count _; do
		[ "$name" != vmi ] || echo "$count"
	done </proc/modules
}
users=$(users)

nothing_left() {
	local left=("$VMI_RUN_DIR"/* /proc/vmi/*)
	[ "${#left[@]}" -eq 0 ] && [ "$(users)" = "$users" ] && return
	echo "left: ${left[*]}, $(users) users of the module ($users before)"
	pgrep -ax vmi-vmm
	return 1
}
shopt -s nullglob

# STATUS TEXT [OPTION...]: a start fails, and the last of two options of a kind counts
start_fails() {
	local want=$1 text=$2
	shift 2
	refused "$want" "$text" run --name bad --kernel "$GUEST_KERNEL" --initrd "$GUEST_INITRD" "$@" &&
		nothing_left
}

# the same of a definition
defined_fails() {
	local status=0
	vmictl -q create bad --kernel "$GUEST_KERNEL" --memory 63 || return
	refused 1 'cannot start bad: .*memory.* from 64' start bad && nothing_left &&
		vmictl list | grep -qE '^bad +defined ' || status=1
	vmictl -q delete bad && return "$status"
}

gone_since() {
	cp "$GUEST_KERNEL" "$work/gone" && vmictl -q create gone --kernel "$work/gone" || return
	rm "$work/gone"
	refused 1 'cannot open the kernel .*gone: No such file' start gone && nothing_left || return
	mkdir "$work/gone"
	refused 1 'kernel .*gone is no regular file' start gone && nothing_left || return
	rmdir "$work/gone"
	mkfifo "$work/gone"
	refused 1 'kernel .*gone is no regular file' start gone && nothing_left && vmictl -q delete gone
}

wrong_kernels() {
	local bad=0
	head -c 100 /dev/zero >"$work/short"
	start_fails 1 'short is too short for a Linux kernel' --kernel "$work/short" || bad=1
	head -c 100000 /dev/zero >"$work/zeros"
	start_fails 1 'zeros is no Linux kernel image' --kernel "$work/zeros" || bad=1
	start_fails 1 'is no Linux kernel image' --kernel "$GUEST_INITRD" || bad=1
	start_fails 1 'is no Linux kernel image' --kernel "$(readlink -f /proc/self/exe)" || bad=1
	head -c 20000 "$GUEST_KERNEL" >"$work/cut"
	start_fails 1 'cut ends before' --kernel "$work/cut" || bad=1
	head -c 20000 "$GUEST_VMLINUX" >"$work/cut"
	start_fails 1 'cut ends before' --kernel "$work/cut" || bad=1
	head -c 4000000 "$GUEST_KERNEL" >"$work/half"
	start_fails 1 'half ends before' --kernel "$work/half" || bad=1
	return "$bad"
}

wrong_initrds() {
	local bad=0
	: >"$work/empty"
	start_fails 1 'initrd .*empty is empty' --initrd "$work/empty" || bad=1
	truncate -s 200M "$work/large"
	start_fails 1 'this kernel and its initrd need at least [0-9]+ MiB of memory, and there are 256' \
		--initrd "$work/large" || bad=1
	truncate -s 4G "$work/large"
	start_fails 1 'large is too big' --initrd "$work/large" || bad=1
	rm "$work/large"
	return "$bad"
}

wrong_sizes() {
	local bad=0
	start_fails 1 'memory.* from 64' --memory 63 || bad=1
	start_fails 1 'need at least [0-9]+ MiB of memory, and there are 64' --memory 64 || bad=1
	start_fails 1 'memory.* to 1048576' --memory 2T || bad=1
	start_fails 1 'vCPUs.* from 1 to 254' --cpus 255 || bad=1
	return "$bad"
}

wrong_nets() {
	local bad=0
	start_fails 3 'network nowhere: .*no .*network' --net nowhere || bad=1
	net_add lab --subnet 192.0.2.0/24 || return
	users=$(users)
	start_fails 1 'network lab: .*address' --net lab,ip=198.51.100.9 || bad=1
	start_fails 1 'network lab: .*address' --net lab,ip=192.0.2.1 || bad=1
	start_fails 1 'network lab: ' --net lab,ip=192.0.2.9 --net lab,ip=192.0.2.9 || bad=1
	start_fails 1 'network lab: ' --net lab,mac=02:00:00:00:00:09 --net lab,mac=02:00:00:00:00:09 || bad=1
	# the first of two ports goes with the second that cannot be had
	start_fails 3 'network nowhere: ' --net lab --net nowhere || bad=1
	vmictl -q net del lab || bad=1
	users=$(users)
	return "$bad"
}

no_vmm() {
	local bad=0
	VMI_VMM=/nowhere start_fails 1 'cannot run /nowhere: No such file' || bad=1
	VMI_VMM=/ start_fails 1 'cannot run /: Permission denied' || bad=1
	VMI_VMM=/bin/true start_fails 1 'the VMM of .* ended without a word' || bad=1
	# found nowhere: not beside vmictl, not in PATH
	mkdir -p "$work/alone" && cp "$VMICTL" "$work/alone/vmictl"
	VMI_VMM='' PATH=/usr/bin:/bin VMICTL=$work/alone/vmictl start_fails 1 'there is no vmi-vmm' || bad=1
	return "$bad"
}

late() {
	printf '#!/bin/sh\nexec sleep 1000.25\n' >"$work/late" && chmod +x "$work/late" || return
	vmictl -q create late --kernel "$GUEST_KERNEL" || return
	VMI_VMM=$work/late refused 5 'late did not run within 0.5 s' start late --timeout 0.5 && nothing_left &&
		! pgrep -ax -f 'sleep 1000.25' && vmictl -q delete late
}

no_place() {
	local bad=0
	VMI_RUN_DIR=$work/$(printf %0100d 0) start_fails 1 'path of the console socket or log is too long' || bad=1
	: >"$work/file"
	VMI_RUN_DIR=$work/file/run start_fails 1 'cannot make the directory of .*: Not a directory' || bad=1
	return "$bad"
}

# in a mount namespace whose /dev has all but KVM
without_kvm() {
	local dev
	mkdir -p "$work/dev"
	for dev in null zero urandom vmi; do
		: >"$work/dev/$dev"
	done
	# shellcheck disable=SC2016
	unshare -m bash -c '
		for dev in null zero urandom vmi; do
			mount --bind "/dev/$dev" "$1/$dev" || exit
		done
		mount --rbind "$1" /dev || exit
		shift
		exec "$@"
	' bash "$work/dev" "$@"
}

no_kvm() {
	local status=0
	vmictl -q create bad --kernel "$GUEST_KERNEL" || return
	without_kvm "$VMICTL" start bad >"$work/out" 2>"$work/err" || status=$?
	[ "$status" -eq 1 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && says "$work/err" 'there is no /dev/kvm' &&
		nothing_left || return
	status=0
	# shellcheck disable=SC2016
	unshare -m bash -c 'mount --bind /dev/null /dev/kvm && exec "$0" start bad' "$VMICTL" >"$work/out" 2>"$work/err" ||
		status=$?
	[ "$status" -eq 1 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && says "$work/err" '/dev/kvm' &&
		nothing_left && vmictl -q delete bad
}

# as another user, to whom /dev/kvm, the kernel or the initrd is closed
as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/ VMI_VMM="$work/bin/vmi-vmm" \
		VMI_CONFIG_DIR="$work/nobody" VMI_RUN_DIR="$work/nobody" "$work/bin/vmictl" "$@"
}

no_permission() {
	local status=0 mode
	mode=$(stat -c %a /dev/kvm)
	chmod 755 "$work" && mkdir -p "$work/bin" "$work/nobody" && cp "$VMICTL" "$VMI_VMM" "$work/bin" &&
		chown 65534 "$work/nobody" && chmod 600 /dev/kvm || return
	as_nobody run --kernel "$GUEST_KERNEL" >"$work/out" 2>"$work/err" || status=$?
	chmod "$mode" /dev/kvm
	[ "$status" -eq 1 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && says "$work/err" 'no permission for /dev/kvm' &&
		nothing_left || return
	[ -z "$(ls -A "$work/nobody")" ] || { ls -A "$work/nobody"; return 1; }
	cp "$GUEST_KERNEL" "$work/secret" && chmod 600 "$work/secret" || return
	status=0
	as_nobody run --kernel "$work/secret" 2>"$work/err" || status=$?
	[ "$status" -eq 2 ] && says "$work/err" 'cannot be read' && nothing_left
}

# the VMM by itself says the same on its standard error
vmm_alone() {
	local status=0
	"$VMI_VMM" --bogus >"$work/out" 2>"$work/err" || status=$?
	[ "$status" -eq 2 ] && says "$work/err" '^vmi-vmm: .*--help' || return
	status=0
	"$VMI_VMM" --name nope --kernel "$GUEST_KERNEL" --memory 256 >"$work/out" 2>"$work/err" || status=$?
	[ "$status" -eq 1 ] && says "$work/err" '^vmi-vmm: there is no VM nope' &&
		[ "$(wc -l <"$work/err")" -eq 1 ] && nothing_left
}

no_module() {
	local status=0
	vmictl -q create bad --kernel "$GUEST_KERNEL" && rmmod vmi || return
	users=''
	refused 6 'the vmi module is not loaded' start bad &&
		refused 6 'the vmi module is not loaded' run --kernel "$GUEST_KERNEL" && nothing_left || return
	"$VMI_VMM" --name bad --kernel "$GUEST_KERNEL" --memory 256 >"$work/out" 2>"$work/err" || status=$?
	[ "$status" -eq 1 ] && says "$work/err" '^vmi-vmm: there is no /dev/vmi: load the module' && nothing_left &&
		vmictl -q delete bad
}

all_gone() {
	nothing_left && ! pgrep -ax vmi-vmm && [ -z "$(vmictl -q list)" ] && [ "$(vmictl -j port list)" = '[]' ]
}

plan 14
check 'a definition that cannot be started stays defined' defined_fails
check 'files that have gone since' gone_since
check 'files that are no kernel' wrong_kernels
check 'initrds that are empty or too large' wrong_initrds
check 'too little memory, too much, too many vCPUs' wrong_sizes
check 'networks and addresses that cannot be had' wrong_nets
check 'no VMM' no_vmm
check 'a VMM that does not get on' late
check 'no place for the socket' no_place
check 'no /dev/kvm' no_kvm
check 'no permission' no_permission
check 'the VMM by itself' vmm_alone
check 'nothing is left behind' all_gone
check 'no module' no_module
finish
