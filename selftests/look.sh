# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What a guest finds in its machine. To be sourced after guest.sh:
#
#	finds NAME CPUS IMAGE MEMORY_MIB	kernel, vCPUs, virtio-net with MSI-X, lease, memory
#	banner_is_found NAME IMAGE		its kernel's banner is in its memory, from outside

# the capabilities of a PCI function, from its bytes: "id:control" and vendor types
capabilities() {
	local byte at i=0 config=()
	read -ra config
	at=$((16#${config[0x34]}))
	while [ "$at" -ne 0 ] && [ $((i++)) -lt 48 ]; do
		byte=${config[at]}
		case $byte in
		09) echo "virtio:${config[at + 3]}" ;;
		*) echo "$byte:${config[at + 3]}${config[at + 2]}" ;;
		esac
		at=$((16#${config[at + 1]}))
	done
}

: "${work:?}"

# shellcheck disable=SC2016 # for the guest
look='cd $(readlink -f /sys/class/net/eth0/device/..); echo online $(cat /sys/devices/system/cpu/online);
	echo cpus $(grep -c ^processor /proc/cpuinfo); echo release $(uname -r);
	echo ip $(cat /run/address); echo mac $(cat /sys/class/net/eth0/address);
	echo pci $(cat vendor device); echo irqs $(cat msi_irqs/*); grep virtio0- /proc/interrupts;
	grep MemTotal /proc/meminfo; echo config $(od -An -v -tx1 config); cd /'
look=${look//$'\n\t'/ }

finds() {
	local name=$1 cpus=$2 release=${3#*vmlinuz-} mib=$4 last=$(($2 - 1)) online=0 total
	in_guest "$name" "$look" >"$work/found" || { cat "$work/found"; return 1; }
	[ "$cpus" -eq 1 ] || online=0-$last
	says "$work/found" "^online $online\$" "^cpus $cpus\$" "^release $release\$" \
		"^ip $(attr "$name" ip)\$" "^mac $(attr "$name" mac)\$" '^pci 0x1af4 0x1041$' || return
	# two queues for each vCPU, a vector for each of them and one for the configuration,
	# all of them MSI-X
	says "$work/found" 'PCI-MSI.*virtio0-config' "PCI-MSI.*virtio0-input.$last" \
		"PCI-MSI.*virtio0-output.$last" "^irqs( msix){$((2 * cpus + 1))}\$" || return
	sed -n 's/^config //p' "$work/found" | capabilities >"$work/caps"
	says "$work/caps" '^11:[89a-f]' '^virtio:01' '^virtio:02' '^virtio:03' '^virtio:04' || return
	total=$(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' "$work/found")
	if [ "$total" -gt $((mib * 1024)) ] || [ "$total" -lt $((mib * 1024 * 9 / 10 - 50000)) ]; then
		echo "memory: $total kB of $mib MiB"
		return 1
	fi
}

banner_is_found() {
	local code banner="Linux version ${2#*vmlinuz-} "
	code=$(in_guest "$1" "grep 'Kernel code' /proc/iomem" | sed -n 's/^ *\([0-9a-f]*\)-.*/\1/p')
	[ -n "$code" ] || { echo 'no address'; return 1; }
	vmictl read "$1" "0x$code" 64 | grep -qE '^[0-9a-f]+ ' || return
	# the end of its memory may come first
	[ "$(vmictl read "$1" "0x$code:64M" --raw 2>/dev/null | grep -aom1 "$banner" | head -n 1)" = "$banner" ]
}

