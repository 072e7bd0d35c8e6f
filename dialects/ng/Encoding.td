//===- Encoding.td - encodings without parameters -------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_NG_ENCODING_TD
#define TREADLE_DIALECTS_NG_ENCODING_TD

include "dialects/ng/Op.td"

/// [N, D] f32 to [N, K] f32: some functions of each coordinate, one dimension after another.
class Ng_EncodingOp<string mnemonic> : Ng_Op<mnemonic> {
  let results = (outs Ng_Coordinates:$result);
}

def Ng_FrequencyOp : Ng_EncodingOp<"frequency"> {
  let summary = "Sines and cosines of frequencies that double";
  let description = [{
    Column d * 2 * n + 2 * k + p of the result [N, D * 2 * n] is sin(2^k * pi * x_d + p * pi / 2), for k < n =
    `frequencies` and p of 0 and 1 (Mildenhall et al. 2020, "NeRF", section 5.1). The angle is reduced before it is
    rounded, so that high frequencies are as exact as low ones.

    ```mlir
    %0 = ng.frequency %x {frequencies = 4 : i64} : (tensor<8x3xf32>) -> tensor<8x24xf32>
    ```
  }];
  let arguments = (ins Ng_Coordinates:$input, I64Attr:$frequencies);
}

def Ng_TriangleWaveOp : Ng_EncodingOp<"triangle_wave"> {
  let summary = "Triangle waves of frequencies that double";
  let description = [{
    Column d * n + k of the result [N, D * n] is 4 * |v - floor(v) - 1/2| - 1 with v = x_d * 2^(k - 1) + k / 4, for
    k < n = `frequencies` (Mueller et al. 2021, "Real-time neural radiance caching for path tracing", section 4).

    ```mlir
    %0 = ng.triangle_wave %x {frequencies = 12 : i64} : (tensor<8x3xf32>) -> tensor<8x36xf32>
    ```
  }];
  let arguments = (ins Ng_Coordinates:$input, I64Attr:$frequencies);
}

def Ng_OneBlobOp : Ng_EncodingOp<"one_blob"> {
  let summary = "How much of a blob around each coordinate falls into each of equal bins";
  let description = [{
    Column d * n + i of the result [N, D * n] is e((i + 1) / n) - e(i / n), n = `bins`, with e(t) = c(t - x_d - 1) +
    c(t - x_d) + c(t - x_d + 1), so that the blob wraps around, and the distribution function of the quartic kernel
    c(t) = 15/16 * u * (1 - 2/3 * u^2 + 1/5 * u^4) + 1/2, u = t * n, kept in [0, 1] (Mueller et al. 2019, "Neural
    importance sampling", section 4.3, with another kernel).

    ```mlir
    %0 = ng.one_blob %x {bins = 16 : i64} : (tensor<8x3xf32>) -> tensor<8x48xf32>
    ```
  }];
  let arguments = (ins Ng_Coordinates:$input, I64Attr:$bins);
}

def Ng_SphericalHarmonicsOp : Ng_EncodingOp<"spherical_harmonics"> {
  let summary = "The real spherical harmonics of a direction";
  let description = [{
    Column l * l + l + m of the result [N, degree^2] is Y_l^m for l < `degree` <= 8 of (x, y, z) = 2 * input - 1, the
    input being a direction brought into the unit cube. In the notation of Sloan 2008, "Stupid spherical harmonics
    tricks", with the Condon-Shortley phase: Y_1 = 0.4886 * (-y, z, -x). Each is evaluated as the polynomial
    K_l^m * P_l^m(z) * Re or Im (x + i * y)^|m|, also where (x, y, z) is no unit vector.

    ```mlir
    %0 = ng.spherical_harmonics %x {degree = 4 : i64} : (tensor<8x3xf32>) -> tensor<8x16xf32>
    ```
  }];
  let arguments = (ins Ng_Coordinates:$input, I64Attr:$degree);
}

#endif // TREADLE_DIALECTS_NG_ENCODING_TD
