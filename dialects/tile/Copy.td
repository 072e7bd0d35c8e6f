//===- Copy.td - copies to shared memory ----------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_TILE_COPY_TD
#define TREADLE_DIALECTS_TILE_COPY_TD

include "dialects/tile/Dialect.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Tile_CopyAsyncOp : Op<Tile_Dialect, "copy_async", []> {
  let summary = "Starts a copy from the device's memory to shared memory";
  let description = [{
    Of `count` neighbouring elements, 4, 8 or 16 bytes, which both places are multiples of. Where `exists` does not
    hold, nothing is read and zeros are written. Who waits for it (`tile.wait`) and then lets the others pass a
    barrier lets them see it.

    ```mlir
    tile.copy_async 8 of %from[%i] to %memory[%j] : memref<?xf16>, index, memref<2048xf16, 3>, index
    ```
  }];
  let arguments = (ins I64Attr:$count, Arg<MemRefRankOf<[AnyType], [1]>, "", [MemRead]>:$from, Index:$at,
                       Arg<MemRefRankOf<[AnyType], [1]>, "", [MemWrite]>:$to, Index:$place, Optional<I1>:$exists);
  let assemblyFormat = [{
    $count `of` $from `[` $at `]` `to` $to `[` $place `]` (`if` $exists^)? attr-dict `:`
    type($from) `,` type($at) `,` type($to) `,` type($place)
  }];
  let hasVerifier = 1;
}

def Tile_CommitOp : Op<Tile_Dialect, "commit", []> {
  let summary = "The thread's copies since the last such op are one group";
  let description = [{
    A group may be empty.

    ```mlir
    tile.commit
    ```
  }];
  let assemblyFormat = "attr-dict";
}

def Tile_WaitOp : Op<Tile_Dialect, "wait", []> {
  let summary = "Waits until no more than the thread's last `left` groups of copies are under way";
  let description = [{
    ```mlir
    tile.wait 1
    ```
  }];
  let arguments = (ins ConfinedAttr<I64Attr, [IntNonNegative]>:$left);
  let assemblyFormat = "$left attr-dict";
}

#endif // TREADLE_DIALECTS_TILE_COPY_TD
