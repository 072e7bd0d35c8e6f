// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-check-elements))' --verify-diagnostics
// Narrow elements may be constants and be handed through; ops do not compute with them.

func.func @through(%x: tensor<4xf8E4M3FN>) -> (tensor<4xf8E4M3FN>, tensor<4xi8>) {
  %c = graph.constant dense<1> : tensor<4xi8>
  return %x, %c : tensor<4xf8E4M3FN>, tensor<4xi8>
}

func.func @wide(%x: tensor<4xf16>) -> tensor<4xi1> {
  %y = graph.is_nan %x : (tensor<4xf16>) -> tensor<4xi1>
  return %y : tensor<4xi1>
}

func.func @integers(%x: tensor<4xi4>) -> tensor<4xi8> {
  // expected-error @+1 {{computes with elements of type i4, which is supported for constants only}}
  %y = graph.cast %x {to = i8} : (tensor<4xi4>) -> tensor<4xi8>
  return %y : tensor<4xi8>
}

func.func @floats(%x: tensor<4xf32>) -> tensor<4xf8E5M2> {
  // expected-error @+1 {{computes with elements of type f8e5m2}}
  %y = graph.cast %x {to = f8E5M2} : (tensor<4xf32>) -> tensor<4xf8E5M2>
  return %y : tensor<4xf8E5M2>
}
