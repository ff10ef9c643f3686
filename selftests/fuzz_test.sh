#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Fuzz, outside any test host, those files of the module that can be compiled for
# user space: with frames that the fuzzer makes up, and where clang is there also
# with libFuzzer. FUZZ_ROUNDS and FUZZ_SEED are for longer and other rounds.
set -u

cd "$(dirname "$0")" || exit 1
# shellcheck source=selftests/ktap.sh
. ./ktap.sh

mkdir -p ../build/fuzz
build=$(cd ../build/fuzz && pwd)
rounds=${FUZZ_ROUNDS:-1000000}
seed=${FUZZ_SEED:-$RANDOM}

made_up() {
	make -s -C fuzz "$build/frame_fuzz" OUTPUT="$build" || return
	"$build/frame_fuzz" "$rounds" "$seed"
}

libfuzzer() {
	make -s -C fuzz "$build/frame_libfuzzer" OUTPUT="$build" || return
	mkdir -p "$build/corpus"
	"$build/frame_libfuzzer" -runs=$((rounds / 4)) -seed="$seed" -max_len=610 -verbosity=0 \
		-artifact_prefix="$build/" "$build/corpus"
}

have_libfuzzer() {
	echo 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n) { return !p * 0 + !n * 0; }' |
		clang -fsanitize=fuzzer -x c -o "$build/probe" - 2>/dev/null
}

if have_libfuzzer; then plan 2; else plan 1; fi
note "seed $seed"
check "frame parser and guard: $rounds frames made up" made_up
[ "$ktap_plan" -eq 1 ] || check 'frame parser and guard: libFuzzer' libfuzzer
finish
