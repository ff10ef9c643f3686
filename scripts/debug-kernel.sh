#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The debug kernel of the selftests: print where its image ("image") or the folder
# to build modules against ("build") is. It is unpacked from ../shared/debug-kernel,
# or, where there is none, built from the newest linux-source package that apt has,
# once, in 20 to 30 minutes on two cores.
set -euo pipefail

src=$(cd "$(dirname "$0")/.." && pwd)
dir=$src/build/debug-kernel
ready=$src/../shared/debug-kernel
fragment=$src/selftests/vm/debug.config
log=$src/build/logs/debug-kernel.log

die() {
	printf 'debug-kernel: %s\n' "$1" >&2
	exit 1
}

unpack() {
	printf 'debug-kernel: unpacking %s\n' "$(basename "$1")" >&2
	tar -xf "$1" -C "$dir.new" --strip-components=1
}

build() {
	local package tarball tree

	command -v apt-get >/dev/null || die 'no apt to take the source of a kernel from'
	# the running system's own suites only; the newest version there is
	package=$(apt-cache search --names-only '^linux-source-[0-9.]+$' |
		sed 's/ .*//' | sort -V | tail -n 1)
	[ -n "$package" ] || die 'apt has no linux-source package'
	tarball=/usr/src/$package.tar.xz
	mkdir -p "$src/build/logs"
	if [ ! -e "$tarball" ]; then
		printf 'debug-kernel: installing %s\n' "$package" >&2
		DEBIAN_FRONTEND=noninteractive apt-get -q=2 install --no-install-recommends -y \
			"$package" bc bison flex libelf-dev libssl-dev >"$log" 2>&1 ||
			die "cannot install $package, see build/logs/debug-kernel.log"
	fi
	tree=$src/build/$package
	printf 'debug-kernel: building %s, which takes a while\n' "$package" >&2
	rm -rf "$tree"
	mkdir "$tree"
	tar -xf "$tarball" -C "$tree" --strip-components=1
	{
		make -C "$tree" x86_64_defconfig &&
			(cd "$tree" && scripts/kconfig/merge_config.sh -m .config "$fragment") &&
			make -C "$tree" olddefconfig &&
			make -C "$tree" -j"$(nproc)" bzImage modules
	} >"$log" 2>&1 || { tail -n 15 "$log" >&2; die 'the build failed, see build/logs/debug-kernel.log'; }
	cp "$tree/arch/x86/boot/bzImage" "$tree/System.map" "$dir.new/"
	cp "$tree/.config" "$dir.new/config"
	ln -s "$tree" "$dir.new/build"
}

mkdir -p "$src/build"
exec 8>"$dir.lock"
flock 8
if [ ! -e "$dir/bzImage" ]; then
	rm -rf "$dir" "$dir.new"
	mkdir "$dir.new"
	tarball=$(find "$ready" -maxdepth 1 -name 'linux-*-debug.tar.xz' 2>/dev/null | sort -V | tail -n 1)
	if [ -n "$tarball" ]; then
		unpack "$tarball"
	else
		build
	fi
	mv "$dir.new" "$dir"
fi
case ${1:-} in
image) echo "$dir/bzImage" ;;
build) echo "$dir/build" ;;
*) die 'say "image" or "build"' ;;
esac
