#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Print the release of the newest stock kernel that has an image, modules and
# headers here; with "cloud", of the newest cloud kernel (which needs no headers).
set -euo pipefail

found=
for image in $(printf '%s\n' /boot/vmlinuz-* | sort -V); do
	release=${image#/boot/vmlinuz-}
	if [ ! -r "$image" ] || [ ! -d "/lib/modules/$release/kernel" ]; then
		continue
	fi
	case ${1:-}:$release in
	cloud:*-cloud-*) found=$release ;;
	cloud:* | :*-cloud-*) ;;
	*) [ ! -e "/lib/modules/$release/build/Makefile" ] || found=$release ;;
	esac
done
[ -n "$found" ] || { echo "stock-kernel: none found (scripts/setup.sh installs it)" >&2; exit 1; }
echo "$found"
