//===- Winograd.h - the matrices of fast convolution by 3x3 filters ---------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A tile of m x m outputs of a convolution of stride 1 by a 3x3 filter g from t x t inputs d, t = m + 2,
// with t * t multiplications where the sum over taps takes 9 m * m:
//
//     Y = A^T [ (G g G^T) . (B^T d B) ] A                   . element by element
//
// (Winograd, "Arithmetic complexity of computations", 1980; Lavin and Gray, "Fast algorithms for
// convolutional neural networks", 2016). The matrices follow from t - 1 points at which polynomials are
// evaluated, and infinity (Cook and Toom). Pairs of points +p and -p share most of their arithmetic. The
// usual ones, 0, 1, -1, 2, -2, lose four times as much precision as those taken here, which are all
// exact in f32.
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_WINOGRAD_H
#define TREADLE_DIALECTS_GRAPH_WINOGRAD_H

#include "llvm/ADT/SmallVector.h"
#include <cstdint>

namespace treadle::graph {

struct WinogradMatrices {
  using Matrix = llvm::SmallVector<llvm::SmallVector<double>>;

  /// For `outputTile` 2, 4 or 6.
  static const WinogradMatrices &of(int64_t outputTile);

  int64_t outputTile = 0, tile = 0; // m and t
  Matrix input;                     // B^T, t x t
  Matrix filter;                    // G, t x 3
  Matrix output;                    // A^T, m x t
};

} // namespace treadle::graph

#endif // TREADLE_DIALECTS_GRAPH_WINOGRAD_H
