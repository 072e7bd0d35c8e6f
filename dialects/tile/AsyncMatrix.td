//===- AsyncMatrix.td - products of matrices in shared memory ---*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_TILE_ASYNCMATRIX_TD
#define TREADLE_DIALECTS_TILE_ASYNCMATRIX_TD

include "dialects/tile/Dialect.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Tile_Sums : VectorOfRankAndType<[1], [F32, I32]>;

def Tile_MultiplyBeginOp : Op<Tile_Dialect, "multiply_begin", []> {
  let summary = "What the thread has in registers is there for products that follow";
  let description = "Stands before the first of them, and before one whose sums or lhs something else has touched.";
  let assemblyFormat = "attr-dict";
}

def Tile_MultiplySharedOp : Op<Tile_Dialect, "multiply_shared", [AllTypesMatch<["sums", "result"]>]> {
  let summary = "Starts lhs * rhs + sums, of two matrices in shared memory";
  let description = [{
    `shape` is [M, N, K] of what four neighbouring subgroups multiply together. Both lie as `tile.copy_box` puts them,
    elements of 16 bits as `element` says, lhs as rows of M and rhs as rows of N with 128 bytes of neighbouring k each; or, turned, as rows of k with 128 bytes
    of neighbouring M or N each, of which the next 128 bytes are `depth` rows further. The places are multiples of 16
    bytes. Products are exact and added up in the sums' type; with `overwrites` nothing is added to, whatever the sums
    were. Until `tile.multiply_wait` gives them back nobody may look at the sums nor change what is multiplied.

    ```mlir
    func.func @example(%a: memref<8192xf16, 3>, %b: memref<8192xf16, 3>, %i: index, %sums: vector<64xf32>) {
      %s = tile.multiply_shared [64, 128, 16] f16 %a[%i], %b[%i], %sums depth 64 : memref<8192xf16, 3>, memref<8192xf16, 3>, vector<64xf32>
      return
    }
    ```
  }];
  let arguments = (ins DenseI64ArrayAttr:$shape, TypeAttr:$element, Arg<MemRefRankOf<[AnyType], [1]>, "", [MemRead]>:$lhs, Index:$lhsPlace,
                       Arg<MemRefRankOf<[AnyType], [1]>, "", [MemRead]>:$rhs, Index:$rhsPlace, Tile_Sums:$sums,
                       I64Attr:$depth, UnitAttr:$turnedLhs, UnitAttr:$turnedRhs, UnitAttr:$unsignedLhs,
                       UnitAttr:$unsignedRhs, UnitAttr:$overwrites);
  let results = (outs Tile_Sums:$result);
  let assemblyFormat = [{
    $shape $element $lhs `[` $lhsPlace `]` `,` $rhs `[` $rhsPlace `]` `,` $sums `depth` $depth attr-dict `:`
    type($lhs) `,` type($rhs) `,` type($sums)
  }];
  let hasVerifier = 1;
}

def Tile_MultiplyHeldOp : Op<Tile_Dialect, "multiply_held", [AllTypesMatch<["sums", "result"]>]> {
  let summary = "Starts lhs * rhs + sums, of a matrix in registers and one in shared memory";
  let description = [{
    As `tile.multiply_shared`, but each thread gives its elements of lhs, which lie as the device says.

    ```mlir
    func.func @example(%a: vector<8xf16>, %b: memref<8192xf16, 3>, %i: index, %sums: vector<64xf32>) {
      %s = tile.multiply_held [64, 128, 16] %a, %b[%i], %sums depth 64 {turnedRhs} : vector<8xf16>, memref<8192xf16, 3>, vector<64xf32>
      return
    }
    ```
  }];
  let arguments = (ins DenseI64ArrayAttr:$shape, VectorOfRankAndType<[1], [F16, BF16]>:$lhs,
                       Arg<MemRefRankOf<[AnyType], [1]>, "", [MemRead]>:$rhs, Index:$rhsPlace, Tile_Sums:$sums,
                       I64Attr:$depth, UnitAttr:$turnedRhs, UnitAttr:$overwrites);
  let results = (outs Tile_Sums:$result);
  let assemblyFormat = [{
    $shape $lhs `,` $rhs `[` $rhsPlace `]` `,` $sums `depth` $depth attr-dict `:`
    type($lhs) `,` type($rhs) `,` type($sums)
  }];
  let hasVerifier = 1;
}

def Tile_MultiplyCommitOp : Op<Tile_Dialect, "multiply_commit", []> {
  let summary = "The products since the last such op are one group";
  let assemblyFormat = "attr-dict";
}

def Tile_MultiplyWaitOp : Op<Tile_Dialect, "multiply_wait", [AllTypesMatch<["sums", "result"]>]> {
  let summary = "Waits until no more than the last `left` groups of products are under way";
  let description = [{
    With 0 left the sums may be looked at; else they go into the next product.

    ```mlir
    %s = tile.multiply_wait 0, %sums : vector<64xf32>
    ```
  }];
  let arguments = (ins ConfinedAttr<I64Attr, [IntNonNegative]>:$left, Tile_Sums:$sums);
  let results = (outs Tile_Sums:$result);
  let assemblyFormat = "$left `,` $sums attr-dict `:` type($sums)";
}

def Tile_RegistersOp : Op<Tile_Dialect, "registers", []> {
  let summary = "The threads of four neighbouring subgroups have `count` registers each from now on";
  let description = [{
    Of those that the workgroup was given, once others have given them up, who say `fewer`.

    ```mlir
    func.func @example() {
      tile.registers 240
      return
    }
    ```
  }];
  let arguments = (ins ConfinedAttr<I64Attr, [IntPositive]>:$count, UnitAttr:$fewer);
  let assemblyFormat = "$count (`fewer` $fewer^)? attr-dict";
}

#endif // TREADLE_DIALECTS_TILE_ASYNCMATRIX_TD
