// RUN: treadle-opt %s --verify-roundtrip
// What is printed is read back as the same: dimensions as expressions, and attributes of every kind.

func.func @dimensions(%x: tensor<?x3x?x?xf32, #graph.dims<batch, 3, h, (w + 1) floordiv 2>>) -> tensor<2xi64> {
  %0 = graph.sizes <batch, 2 * h> : () -> tensor<2xi64>
  return %0 : tensor<2xi64>
}
