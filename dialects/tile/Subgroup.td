//===- Subgroup.td - threads of a subgroup together -----------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_TILE_SUBGROUP_TD
#define TREADLE_DIALECTS_TILE_SUBGROUP_TD

include "dialects/tile/Dialect.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Tile_SubgroupBarrierOp : Op<Tile_Dialect, "subgroup_barrier", []> {
  let summary = "All threads of the subgroup have come here, and see what the others of it stored to shared memory";
  let description = [{
    Subgroups do not wait for each other. All threads of the subgroup run it.

    ```mlir
    tile.subgroup_barrier
    ```
  }];
  let assemblyFormat = "attr-dict";
}

def Tile_BallotOp : Op<Tile_Dialect, "ballot", []> {
  let summary = "For which threads of the subgroup it holds, a bit each, the first one's the lowest";
  let description = [{
    All threads of the subgroup run it, and have the same of it.

    ```mlir
    func.func @example(%truth: i1) {
      %bits = tile.ballot %truth : i32
      return
    }
    ```
  }];
  let arguments = (ins I1:$truth);
  let results = (outs AnyTypeOf<[I32, I64]>:$bits);
  let assemblyFormat = "$truth attr-dict `:` type($bits)";
}

#endif // TREADLE_DIALECTS_TILE_SUBGROUP_TD
