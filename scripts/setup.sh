#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Install with apt what the build and the tests need and this machine lacks.
# Says nothing when all is there.
set -euo pipefail

# shellcheck source=scripts/suite.sh
. "$(dirname "$0")/suite.sh"

packages=(
	acpica-tools bc bison busybox-static ca-certificates cpio curl dnsmasq-base file flex gcc
	gdb graphviz iperf3 iproute2 iputils-ping kmod libbpf-dev libc6-dev libelf-dev libjson-c-dev
	libmnl-dev linux-headers-amd64 linux-image-amd64 linux-image-cloud-amd64 make
	nftables pkg-config procps python3-argcomplete python3-jsonschema python3-pkg-resources
	python3-requests python3-yaml qemu-system-x86 shellcheck socat sparse tcpdump tshark
	bsdutils util-linux xz-utils zstd
)

die() {
	printf 'setup: %s\n' "$1" >&2
	exit 1
}

installed() {
	dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

lacking() {
	local p
	for p in "$@"; do
		installed "$p" || printf '%s\n' "$p"
	done
}

apt_get() {
	DEBIAN_FRONTEND=noninteractive apt-get -q=2 -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 || {
		tail -n 15 "$log" >&2
		return 1
	}
}

virtme_ng_from_next_suite() {
	local suite dir

	suite=$(suite_next "$(suite_codename)") ||
		die "no virtme-ng in apt and no next suite known after '$(suite_codename)'"
	dir=$(mktemp -d)
	suite_open "$suite" "$dir" "$log" || { cat "$log" >&2; die "cannot read the index of $suite"; }
	suite_fetch virtme-ng || { cat "$log" >&2; die "cannot fetch virtme-ng of $suite"; }
	dpkg -i "$dir"/virtme-ng_*.deb >"$log" 2>&1 ||
		{ tail -n 15 "$log" >&2; die 'cannot install virtme-ng'; }
	rm -rf "$dir"
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT

mapfile -t want < <(lacking "${packages[@]}")
need_vng=
command -v vng >/dev/null || need_vng=1
[ ${#want[@]} -gt 0 ] || [ -n "$need_vng" ] || exit 0

command -v apt-get >/dev/null || die "no apt here; install these by hand: ${want[*]}"
[ "$(id -u)" -eq 0 ] || die "needs root to install: ${want[*]}${need_vng:+ virtme-ng}"

printf 'setup: installing %s\n' "${want[*]}${need_vng:+ virtme-ng}"
apt_get update || die 'apt-get update failed'
if [ ${#want[@]} -gt 0 ]; then
	apt_get install --no-install-recommends -y "${want[@]}" || die 'apt-get install failed'
fi
if [ -n "$need_vng" ]; then
	if apt-cache show virtme-ng >/dev/null 2>&1; then
		apt_get install --no-install-recommends -y virtme-ng || die 'cannot install virtme-ng'
	else
		virtme_ng_from_next_suite
	fi
	vng --version >"$log" 2>&1 || { cat "$log" >&2; die 'virtme-ng does not start'; }
fi
