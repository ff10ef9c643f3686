# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# To be sourced: where the parts under test are. What is set already stays; in a
# checkout they are those built there, elsewhere those installed.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname "$here")

# NAME BUILT INSTALLED
env_default() {
	[ -z "${!1:-}" ] || return 0
	if [ -e "$2" ]; then
		export "$1=$2"
	else
		export "$1=$3"
	fi
}

guest_release() {
	local image
	for image in /boot/vmlinuz-*; do
		case $1:$image in
		cloud:*-cloud-*) echo "${image#*vmlinuz-}" ;;
		cloud:* | stock:*-cloud-*) ;;
		*) echo "${image#*vmlinuz-}" ;;
		esac
	done | sort -V | tail -n 1
}

env_default VMI_KO "$top/build/$(uname -r)/vmi.ko" "/lib/modules/$(uname -r)/updates/vmi.ko"
env_default VMICTL "$top/user/ctl/vmictl" "$(command -v vmictl || echo vmictl)"
env_default VMI_VMM "$top/user/vmm/vmi-vmm" "$(command -v vmi-vmm || echo vmi-vmm)"

# guests: GUEST_* the generic stock kernel, GUEST_CLOUD_* the cloud kernel
stock=$(guest_release stock)
cloud=$(guest_release cloud)
env_default GUEST_KERNEL "/boot/vmlinuz-$stock" ''
env_default GUEST_INITRD "$top/build/vm/guest-$stock.cpio.gz" ''
# the same kernel, one that need not unpack itself: in emulation that is half of a boot
env_default GUEST_VMLINUX "$top/build/vm/vmlinux-$stock" "/boot/vmlinuz-$stock"
env_default GUEST_CLOUD_KERNEL "/boot/vmlinuz-$cloud" ''
env_default GUEST_CLOUD_INITRD "$top/build/vm/guest-$cloud.cpio.gz" ''

# the release of a kernel that scripts/guest-kernel.sh unpacked
newer_release() {
	find "$top/build/kernels" -mindepth 1 -maxdepth 1 -name "$1.*" ! -name '*.new' -printf '%f\n' |
		sort -V | tail -n 1
}
