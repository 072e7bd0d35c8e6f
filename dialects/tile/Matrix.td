//===- Matrix.td - products of fragments ----------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_TILE_MATRIX_TD
#define TREADLE_DIALECTS_TILE_MATRIX_TD

include "dialects/tile/Dialect.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Tile_Fragment : AnyTypeOf<[VectorOfRankAndType<[1], [AnyFloat, AnySignlessInteger]>, AnyFloat, AnySignlessInteger]>;

def Tile_MultiplyOp : Op<Tile_Dialect, "multiply", [Pure, AllTypesMatch<["sums", "result"]>]> {
  let summary = "lhs * rhs + sums, of matrices that a subgroup's threads hold together";
  let description = [{
    `shape` is [M, N, K]: lhs is M x K, rhs K x N, sums M x N. Each thread gives its elements of the three as
    vectors, or a single one as it is, and gets its elements of the result, which lie as those of the sums do. Products
    are exact and added up in the sums' type. 8-bit integers are signed unless it is said of an operand that it is not. All threads of
    the subgroup run it.

    ```mlir
    %d = tile.multiply [16, 8, 16] %a, %b, %c : vector<8xf16>, vector<4xf16>, vector<4xf32>
    ```
  }];
  let arguments = (ins DenseI64ArrayAttr:$shape, Tile_Fragment:$lhs, Tile_Fragment:$rhs, Tile_Fragment:$sums,
                       UnitAttr:$unsignedLhs, UnitAttr:$unsignedRhs);
  let results = (outs Tile_Fragment:$result);
  let assemblyFormat = [{
    $shape $lhs `,` $rhs `,` $sums attr-dict `:` type($lhs) `,` type($rhs) `,` type($sums)
  }];
  let hasVerifier = 1;
}

def Tile_LoadMatrixOp : Op<Tile_Dialect, "load_matrix", [MemoryEffects<[MemRead]>]> {
  let summary = "Squares of 8 x 16 bytes from shared memory, spread over a subgroup of 32 threads";
  let description = [{
    Each eight threads, in their order, name the eight rows of a square by where each starts, a multiple of 16 bytes.
    Thread t gets the bytes 4 * (t mod 4) to 4 * (t mod 4) + 3 of row t div 4 of each square, one square after the other.
    With `transpose`, for 16-bit elements, it is element t div 4 of rows 2 * (t mod 4) and 2 * (t mod 4) + 1.
    There are as many squares as the result has words of 4 bytes: 1, 2 or 4.

    ```mlir
    %a = tile.load_matrix %memory[%place] : (memref<2048xf16, 3>, index) -> vector<8xf16>
    ```
  }];
  let arguments = (ins MemRefRankOf<[AnyType], [1]>:$memory, Index:$place, UnitAttr:$transpose);
  let results = (outs AnyVectorOfNonZeroRank:$result);
  let assemblyFormat = [{
    $memory `[` $place `]` attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

#endif // TREADLE_DIALECTS_TILE_MATRIX_TD
