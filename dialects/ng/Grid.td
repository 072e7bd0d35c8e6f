//===- Grid.td - grids of features ----------------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_NG_GRID_TD
#define TREADLE_DIALECTS_NG_GRID_TD

include "dialects/ng/Op.td"

def Ng_GridEncodingOp : Ng_Op<"grid_encoding"> {
  let summary = "Features of several grids of growing resolution, interpolated at positions";
  let description = [{
    `input` [N, D] are positions in the unit square, cube or hypercube (D is 2, 3 or 4), `table` [entries, F] the
    features of the vertices of all levels, F of them a vertex. The result [N, L * F] has in column l * F + f what
    level l says of feature f (Mueller et al. 2022, section 3).

    Of a level with scale s: x' = s * x + 0.5, or s * x with `alignCorners`, the cell is floor(x'), and w = x' - floor(x') the position in it; the
    cell's 2^D vertices are weighted with the products of w or 1 - w (`linear`), of w * w * (3 - 2 * w) in place of w
    (`smoothstep`), or the vertex at the cell's lower end is taken (`nearest`). The vertex c has entry
    `offset` + i mod `entries` of the table, where in numbers of 32 bits without sign, which wrap around, with
    resolution r:

    - `dense`: i = c_0 + c_1 * r + c_2 * r^2 + c_3 * r^3
    - `coherent_prime`: i = c_0 * 1 xor c_1 * 2654435761 xor c_2 * 805459861 xor c_3 * 3674653429
    - `single`: i = 0
    - `tiled`: as dense, up to the first coordinate whose factor is more than `entries`, without that and those after it

    Positions are f32, sums are f32, the result is of the table's type. Beyond the unit cube the grid goes on as
    far as cells are integers of 32 bits.

    A table of bytes with sign has `scales` [L * F], f32: column l * F + f of the result, f32 then, is the sum of weights
    times bytes times scales[l * F + f].

    ```mlir
    %0 = ng.grid_encoding %x, %table {
      levels = [#ng.level<scale = 1.0 : f32, resolution = 2, offset = 0, entries = 8, index = dense>,
                #ng.level<scale = 63.0 : f32, resolution = 64, offset = 8, entries = 1024, index = coherent_prime>],
      interpolation = #ng.interpolation<linear>
    } : (tensor<?x3xf32, #graph.dims<n, 3>>, tensor<1032x2xf16>) -> tensor<?x4xf16, #graph.dims<n, 4>>
    ```
  }];
  let arguments = (ins Ng_Coordinates:$input, RankedTensorOf<[F16, BF16, F32, I8]>:$table, Ng_LevelsAttr:$levels,
                       Ng_InterpolationAttr:$interpolation, UnitAttr:$alignCorners,
                       OptionalAttr<DenseF32ArrayAttr>:$scales);
  let extraClassDeclaration = [{
    /// What column `column` of the sums is multiplied with; 1 where the table has numbers as they are.
    float scaleOf(int64_t column) { return getScales() ? (*getScales())[column] : 1; }
  }];
}

#endif // TREADLE_DIALECTS_NG_GRID_TD
