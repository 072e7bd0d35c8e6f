//===- Fragment.td - matrices that only the device knows --------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_TILE_FRAGMENT_TD
#define TREADLE_DIALECTS_TILE_FRAGMENT_TD

include "dialects/tile/Types.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Tile_FragmentFillOp : Op<Tile_Dialect, "fragment_fill", [Pure]> {
  let summary = "A matrix all of whose elements are `value`";
  let description = [{
    ```mlir
    func.func @example(%zero: f32) {
      %c = tile.fragment_fill %zero : f32 -> !tile.fragment<16 x 16 x f32, "sums">
      return
    }
    ```
  }];
  let arguments = (ins AnyTypeOf<[AnyFloat, AnySignlessInteger]>:$value);
  let results = (outs Tile_FragmentType:$result);
  let assemblyFormat = "$value attr-dict `:` type($value) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_FragmentLoadOp : Op<Tile_Dialect, "fragment_load", [MemoryEffects<[MemRead]>]> {
  let summary = "A matrix from shared memory or the device's memory";
  let description = [{
    Its first element lies at `place`, the rows `pitch` elements apart; with `turned`, columns are. In the device's
    memory rows begin at multiples of 16 bytes. All threads of the subgroup run it, with the same place.

    ```mlir
    func.func @example(%memory: memref<2560xf16, 3>, %place: index) {
      %a = tile.fragment_load %memory[%place] pitch 40 : memref<2560xf16, 3> -> !tile.fragment<16 x 16 x f16, "lhs">
      return
    }
    ```
  }];
  let arguments = (ins MemRefRankOf<[AnyType], [1]>:$memory, Index:$place, I64Attr:$pitch, UnitAttr:$turned);
  let results = (outs Tile_FragmentType:$result);
  let assemblyFormat = "$memory `[` $place `]` `pitch` $pitch attr-dict `:` type($memory) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_FragmentStoreOp : Op<Tile_Dialect, "fragment_store", []> {
  let summary = "A matrix to shared memory";
  let description = [{
    As `tile.fragment_load` would find it.

    ```mlir
    func.func @example(%c: !tile.fragment<16 x 16 x f32, "sums">, %memory: memref<1088xf32, 3>, %place: index) {
      tile.fragment_store %c to %memory[%place] pitch 68 : !tile.fragment<16 x 16 x f32, "sums">, memref<1088xf32, 3>
      return
    }
    ```
  }];
  let arguments = (ins Tile_FragmentType:$fragment, Arg<MemRefRankOf<[AnyType], [1]>, "", [MemWrite]>:$memory,
                       Index:$place, I64Attr:$pitch);
  let assemblyFormat = "$fragment `to` $memory `[` $place `]` `pitch` $pitch attr-dict `:` type($fragment) `,` type($memory)";
  let hasVerifier = 1;
}

def Tile_FragmentMultiplyOp : Op<Tile_Dialect, "fragment_multiply", [Pure, AllTypesMatch<["sums", "result"]>]> {
  let summary = "lhs * rhs + sums";
  let description = [{
    Products are exact and added up in the sums' type.

    ```mlir
    func.func @example(%a: !tile.fragment<16 x 16 x f16, "lhs">, %b: !tile.fragment<16 x 16 x f16, "rhs">, %c: !tile.fragment<16 x 16 x f32, "sums">) {
      %d = tile.fragment_multiply %a, %b, %c : !tile.fragment<16 x 16 x f16, "lhs">, !tile.fragment<16 x 16 x f16, "rhs">, !tile.fragment<16 x 16 x f32, "sums">
      return
    }
    ```
  }];
  let arguments = (ins Tile_FragmentType:$lhs, Tile_FragmentType:$rhs, Tile_FragmentType:$sums);
  let results = (outs Tile_FragmentType:$result);
  let assemblyFormat = "$lhs `,` $rhs `,` $sums attr-dict `:` type($lhs) `,` type($rhs) `,` type($sums)";
  let hasVerifier = 1;
}

def Tile_FragmentMapOp : Op<Tile_Dialect, "fragment_map", [RecursiveMemoryEffects, RecursivelySpeculatable, SingleBlock,
                                                           AllTypesMatch<["fragment", "result"]>]> {
  let summary = "The same of each element";
  let description = [{
    Who holds an element computes it, so the body knows its value alone.

    ```mlir
    func.func @example(%c: !tile.fragment<16 x 16 x f32, "sums">) {
      %d = tile.fragment_map %c : !tile.fragment<16 x 16 x f32, "sums"> {
      ^bb0(%x: f32):
        %y = arith.mulf %x, %x : f32
        tile.yield %y : f32
      }
      return
    }
    ```
  }];
  let arguments = (ins Tile_FragmentType:$fragment);
  let results = (outs Tile_FragmentType:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$fragment attr-dict `:` type($fragment) $body";
  let hasRegionVerifier = 1;
}

def Tile_YieldOp : Op<Tile_Dialect, "yield", [Pure, Terminator, HasParent<"FragmentMapOp">]> {
  let summary = "What becomes of the element";
  let arguments = (ins AnyType:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def Tile_FragmentConvertOp : Op<Tile_Dialect, "fragment_convert", [Pure]> {
  let summary = "The elements as those of another float type";
  let description = [{
    ```mlir
    func.func @example(%c: !tile.fragment<16 x 16 x f32, "sums">) {
      %d = tile.fragment_convert %c : !tile.fragment<16 x 16 x f32, "sums"> -> !tile.fragment<16 x 16 x f16, "sums">
      return
    }
    ```
  }];
  let arguments = (ins Tile_FragmentType:$fragment);
  let results = (outs Tile_FragmentType:$result);
  let assemblyFormat = "$fragment attr-dict `:` type($fragment) `->` type($result)";
  let hasVerifier = 1;
}

#endif // TREADLE_DIALECTS_TILE_FRAGMENT_TD
