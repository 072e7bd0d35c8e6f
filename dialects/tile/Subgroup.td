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

#endif // TREADLE_DIALECTS_TILE_SUBGROUP_TD
