#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Fail on an include in kmod/ that goes upward. Each file of the module stands on a
# floor; it includes headers of its own floor and of those below.
set -euo pipefail

cd "$(dirname "$0")/../kmod"

floor_of() {
	case $1 in
	main) echo 5 ;;
	nl | nl_* | chr | proc) echo 4 ;;
	life | cmd | agent | inspect | probe | fwd) echo 3 ;;
	vm | net | port | pair | move | capture | mem | mem_* | event | fdb | queue | window) echo 2 ;;
	hostdev | uplink | lan | route | neigh | nat | nat4 | nat6 | nat_priv) echo 2 ;;
	portfwd | hop | flow | wall | reserve | guard | claim | policy | hit) echo 2 ;;
	ring | walk | frame | macnat | limit | impair | steer | pages | trace) echo 1 ;;
	drop | text | compat) echo 0 ;;
	*) echo "kmod/$1: scripts/check-includes.sh does not know its floor" >&2; return 1 ;;
	esac
}

bad=0
for file in *.c *.h; do
	floor=$(floor_of "${file%.*}") || { bad=1; continue; }
	while read -r header; do
		[ -e "$header" ] || { echo "kmod/$file: no $header" >&2; bad=1; continue; }
		to=$(floor_of "${header%.h}") || { bad=1; continue; }
		if [ "$to" -gt "$floor" ]; then
			echo "kmod/$file (floor $floor) includes $header (floor $to)" >&2
			bad=1
		fi
	done < <(sed -n 's/^#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$file")
done
exit $bad
