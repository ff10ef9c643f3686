#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Install with apt what the build and the tests need and this machine lacks.
# Says nothing when all is there.
set -euo pipefail

packages=(
	acpica-tools bc bison busybox-static ca-certificates cpio dnsmasq-base file flex gcc
	gdb iperf3 iproute2 iputils-ping kmod libbpf-dev libc6-dev libelf-dev libjson-c-dev
	libmnl-dev linux-headers-amd64 linux-image-amd64 linux-image-cloud-amd64 make
	nftables pkg-config procps python3-argcomplete python3-jsonschema python3-pkg-resources
	python3-requests python3-yaml qemu-system-x86 shellcheck socat sparse tcpdump
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

# The suite after VERSION_CODENAME: its name is stable, its place in order too.
next_suite() {
	case $1 in
	bookworm) echo trixie ;;
	*) return 1 ;;
	esac
}

apt_get() {
	DEBIAN_FRONTEND=noninteractive apt-get -q=2 -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 || {
		tail -n 15 "$log" >&2
		return 1
	}
}

# virtme-ng from the next suite, without making that suite one of the machine's
# own: apt works in a folder of its own, so the signature is checked as ever.
virtme_ng_from_next_suite() {
	local codename suite mirror dir opts
	# shellcheck source=/dev/null
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	suite=$(next_suite "$codename") ||
		die "no virtme-ng in apt and no next suite known after '$codename'"
	# shellcheck disable=SC2016
	mirror=$(apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' \
		'Created-By: Packages' | awk -v c="$codename" '$1 == c && $2 == "main" { print $3; exit }')
	[ -n "$mirror" ] || die "apt knows no mirror of $codename"

	dir=$(mktemp -d)
	mkdir -p "$dir/lists/partial" "$dir/archives/partial"
	chmod 755 "$dir"
	printf 'deb %s %s main\n' "$mirror" "$suite" >"$dir/sources.list"
	opts=(-o "Dir::Etc::SourceList=$dir/sources.list" -o Dir::Etc::SourceParts=-
		-o "Dir::State::Lists=$dir/lists" -o "Dir::Cache=$dir"
		-o Acquire::Languages=none)
	apt_get "${opts[@]}" update || die "cannot read the index of $suite"
	(cd "$dir" && apt_get "${opts[@]}" download virtme-ng) ||
		die "cannot fetch virtme-ng of $suite"
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
