#!/usr/bin/env bash
# gpu.sh - what bench/gpu.py and bench/frames.py do, in one word for each machine; nothing is built twice.
#
# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#     bench/gpu.sh prepare [..]   where the build is: build/gpu, with artifacts (gpu.py says which) and the library
#     bench/gpu.sh run            where the device is, with build/gpu and bench: results in $OUT or build/gpu
#     bench/gpu.sh try            both, small, on simulated devices where there are no others
set -euo pipefail
cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/.."
python=python3
[[ -x build/venv/bin/python ]] && python=build/venv/bin/python

prepare() {
  ./dev build dev treadle treadle-shared
  rm -rf build/gpu && mkdir -p build/gpu/lib
  cp build/lib/libtreadle.so build/gpu/lib/
  "$python" bench/gpu.py prepare build/gpu/models "$@"
  "$python" bench/frames.py prepare build/gpu/frames
}
run() {
  export TREADLE_BUILD=$PWD/build/gpu
  "$python" bench/gpu.py run build/gpu/models --out "${OUT:-build/gpu}/gpu.txt"
  "$python" bench/frames.py run build/gpu/frames "$@" | tee "${OUT:-build/gpu}/frames.txt"
}

case ${1:-} in
prepare) prepare "${@:2}" ;;
run) run ;;
try)
  ./dev build dev treadle-simulators
  prepare --small
  LD_LIBRARY_PATH=$PWD/build/simulator run --rounds 1 --checked 16x16 --sizes 32x32
  ;;
*)
  sed -n 's/^# \{0,1\}//; 2,9p' "${BASH_SOURCE[0]}"
  exit 2
  ;;
esac
