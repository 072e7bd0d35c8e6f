//===- Box.td - copies that a device makes by itself -----------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_TILE_BOX_TD
#define TREADLE_DIALECTS_TILE_BOX_TD

include "dialects/tile/Types.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Tile_BarrierOp<string mnemonic> : Op<Tile_Dialect, mnemonic, []> {
  dag barrier = (ins MemRefRankOf<[I64], [1]>:$barriers, Index:$number);
}

def Tile_BarrierInitOp : Tile_BarrierOp<"barrier_init"> {
  let summary = "A transaction barrier whose phases end when `count` have arrived";
  let description = [{
    And when the bytes that were expected in the phase have come (an mbarrier of CUDA, 8 bytes of shared memory). The
    others see it after `tile.barrier_publish` and a barrier of all threads; `tile.barrier_end` ends its life.

    ```mlir
    func.func @example(%barriers: memref<8xi64, 3>, %i: index) {
      tile.barrier_init %barriers[%i], 1 : memref<8xi64, 3>
      return
    }
    ```
  }];
  let arguments = !con(barrier, (ins I64Attr:$count));
  let assemblyFormat = "$barriers `[` $number `]` `,` $count attr-dict `:` type($barriers)";
}

def Tile_BarrierEndOp : Tile_BarrierOp<"barrier_end"> {
  let summary = "The barrier's memory is free for something else";
  let arguments = barrier;
  let assemblyFormat = "$barriers `[` $number `]` attr-dict `:` type($barriers)";
}

def Tile_BarrierPublishOp : Op<Tile_Dialect, "barrier_publish", []> {
  let summary = "What the thread has done to shared memory is done for copies and products that a device makes by itself";
  let assemblyFormat = "attr-dict";
}

def Tile_BarrierExpectOp : Tile_BarrierOp<"barrier_expect"> {
  let summary = "The thread has arrived, and `bytes` will come in this phase";
  let arguments = !con(barrier, (ins I64Attr:$bytes));
  let assemblyFormat = "$barriers `[` $number `]` `,` $bytes attr-dict `:` type($barriers)";
}

def Tile_BarrierArriveOp : Tile_BarrierOp<"barrier_arrive"> {
  let summary = "The thread has arrived";
  let arguments = barrier;
  let assemblyFormat = "$barriers `[` $number `]` attr-dict `:` type($barriers)";
}

def Tile_BarrierWaitOp : Tile_BarrierOp<"barrier_wait"> {
  let summary = "Waits until the phase of that parity has ended";
  let description = [{
    The first phase is 0, so who waits for parity 1 of a new barrier goes on at once.

    ```mlir
    func.func @example(%barriers: memref<8xi64, 3>, %i: index, %parity: index) {
      tile.barrier_wait %barriers[%i], %parity : memref<8xi64, 3>
      return
    }
    ```
  }];
  let arguments = !con(barrier, (ins Index:$parity));
  let assemblyFormat = "$barriers `[` $number `]` `,` $parity attr-dict `:` type($barriers)";
}

def Tile_CopyBoxOp : Op<Tile_Dialect, "copy_box", []> {
  let summary = "Starts to copy a box of a tensor to shared memory";
  let description = [{
    From the element `at`, outermost first, on. What lies outside of the tensor is 0. Its elements lie row-major,
    and rows are of 128 bytes, whose eight chunks of 16 trade places: chunk c of the row at address a lies at c ^ (a div
    128 mod 8). They have come, `barrier_expect`ed as a whole, in the barrier's current phase.

    ```mlir
    func.func @example(%box: !tile.box, %row: index, %k: index, %memory: memref<8192xf16, 3>, %barriers: memref<8xi64, 3>) {
      tile.copy_box %box[%row, %k] to %memory[%k] then %barriers[%k] : memref<8192xf16, 3>, memref<8xi64, 3>
      return
    }
    ```
  }];
  let arguments = (ins Tile_BoxType:$from, Variadic<Index>:$at,
                       Arg<MemRefRankOf<[AnyType], [1]>, "", [MemWrite]>:$to, Index:$place,
                       MemRefRankOf<[I64], [1]>:$barriers, Index:$number);
  let assemblyFormat = [{
    $from `[` $at `]` `to` $to `[` $place `]` `then` $barriers `[` $number `]` attr-dict `:` type($to) `,` type($barriers)
  }];
  let hasVerifier = 1;
}

#endif // TREADLE_DIALECTS_TILE_BOX_TD
