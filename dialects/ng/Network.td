//===- Network.td - perceptrons -------------------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_NG_NETWORK_TD
#define TREADLE_DIALECTS_NG_NETWORK_TD

include "dialects/ng/Op.td"

def Ng_MlpOp : Ng_Op<"mlp"> {
  let summary = "A multilayer perceptron without biases";
  let description = [{
    y = activation(W x) for each of `weights`, in order, with `outputActivation` after the last. Weights are
    [out, in], the input is [N, in]. All have one element type; products are summed in f32, activations are f32,
    what goes from layer to layer is of the element type.

    Of x: `relu` max(x, 0), `leaky_relu` 0.01 * x below 0, `silu` x / (1 + exp(-x)), `exponential` exp(x), `sine`
    sin(x), `sigmoid` 1 / (1 + exp(-x)), `squareplus` (10 * x + sqrt(100 * x^2 + 4)) / 20, `softplus`
    log(1 + exp(10 * x)) / 10, `tanh`.

    ```mlir
    %0 = ng.mlp %x, %a, %b {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>}
        : (tensor<8x32xf16>, tensor<64x32xf16>, tensor<16x64xf16>) -> tensor<8x16xf16>
    ```
  }];
  let arguments = (ins Ng_Tensor:$input, Variadic<Ng_Tensor>:$weights, Ng_ActivationAttr:$activation,
                       Ng_ActivationAttr:$outputActivation);
}

#endif // TREADLE_DIALECTS_NG_NETWORK_TD
