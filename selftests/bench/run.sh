#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Measure in test hosts, and report:
#
#	run.sh [CASE]...
#
# With cases, the figures of all others stay as they were measured before.
# One host counts instructions, with one CPU; another has two CPUs and a clock.
# BENCH_ONLY=icount or smp boots one of them and takes the other's figures as they are.
set -euo pipefail

cd "$(dirname "$0")/../.."
out=build/bench
mkdir -p "$out"

# NAME ARGUMENT-OF-VM/RUN... -- ARGUMENT-OF-BENCH-NET...
measure() {
	local name=$1 host=()
	shift
	while [ "$1" != -- ]; do
		host+=("$1")
		shift
	done
	shift
	printf 'bench-net: %s\n' "$name" >&2
	selftests/vm/run --name "bench-$name" --timeout "${BENCH_TIMEOUT:-1800}" "${host[@]}" \
		-- selftests/in-env.sh selftests/bench/inside.sh "$@" | tee "$out/$name.tmp"
	if [ "${#cases[@]}" -gt 0 ] && [ -e "$out/$name.tsv" ]; then
		awk -F '\t' 'NR == FNR { new[$1]; next } !($1 in new)' \
			"$out/$name.tmp" "$out/$name.tsv" >"$out/$name.old"
		cat "$out/$name.old" >>"$out/$name.tmp"
		rm "$out/$name.old"
	fi
	mv "$out/$name.tmp" "$out/$name.tsv"
}

cases=("$@")
only=${BENCH_ONLY:-icount smp}
case $only in *icount*) measure icount --icount -- --icount "$@" ;; esac
case $only in *smp*) measure smp --cpus 2 -- "$@" ;; esac
selftests/bench/report.py "$out"
printf 'bench-net: %s\n' "$out/net.json" "$out/net.svg"
