//===- Interfaces.td - what every op can be asked -------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_INTERFACES_TD
#define TREADLE_DIALECTS_GRAPH_INTERFACES_TD

include "mlir/IR/OpBase.td"

def GraphOpInterface : OpInterface<"GraphOpInterface"> {
  let cppNamespace = "::treadle::graph";
  let description = [{
    The meaning of an op, beside its definition. Passes ask ops; they do not list them.
  }];
  let methods = [
    InterfaceMethod<[{
        Computes the results from whole operands: the constant folder, the oracle of tests and the
        meaning of the op at once. `results` comes in with zeroed tensors of the result types' element
        types and of the actual shapes. Fails without a diagnostic where this evaluator has no rule.
      }],
      "::llvm::LogicalResult", "evaluate",
      (ins "::llvm::ArrayRef<::treadle::graph::Tensor>":$operands,
           "::llvm::MutableArrayRef<::treadle::graph::Tensor>":$results)>,
    InterfaceMethod<[{
        The op on small integer tensors whose elements are known as expressions: shapes on their way
        from `sizes` to a reshape. `operands[i]` is null where the elements are not known; elements are
        row-major. Returns the elements of the one result, or fails where they cannot be known.
      }],
      "::mlir::FailureOr<::treadle::graph::Sizes>", "evaluateSizes",
      (ins "::llvm::ArrayRef<const ::treadle::graph::Sizes *>":$operands), "",
      [{ return ::mlir::failure(); }]>,
    InterfaceMethod<[{
        Arithmetic operations that one evaluation takes: a multiply-add counts two, a transcendental
        function eight. Default: one for each element of the first result.
      }],
      "::treadle::graph::DimExpr", "countFlops", (ins), "",
      [{ return ::treadle::graph::elementCount($_op->getResult(0).getType()); }]>,
  ];
}

#endif // TREADLE_DIALECTS_GRAPH_INTERFACES_TD
