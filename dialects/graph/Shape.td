//===- Shape.td - constants and movement of whole tensors -----*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_SHAPE_TD
#define TREADLE_DIALECTS_GRAPH_SHAPE_TD

include "dialects/graph/Op.td"

def Graph_ConstantOp : Op<Graph_Dialect, "constant", [Pure, ConstantLike, InferTypeOpAdaptor]> {
  let summary = "A tensor that is known";
  let description = [{
    Up to 16 elements stand inline; more are a resource whose bytes are the model file's, mapped, or the
    result of folding.
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Graph_Tensor:$result);
  let assemblyFormat = "$value attr-dict";
  let hasFolder = 1;
}

def Graph_SizesOp : Graph_InferredOp<"sizes", [], ["evaluateSizes"]> {
  let summary = "Integer expressions as a tensor of rank 1, or a scalar";
  let description = [{
    How a shape enters the computation. Mostly it goes on to a reshape and is gone when shapes are
    inferred; what remains is a kernel's argument.

    ```mlir
    %0 = graph.sizes <batch, 2 * h> : () -> tensor<2xi64>
    %1 = graph.sizes <batch> {scalar} : () -> tensor<i64>
    ```
  }];
  let arguments = (ins Graph_DimsAttr:$values, UnitAttr:$scalar);
  let assemblyFormat = "$values attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Graph_RequireOp : Op<Graph_Dialect, "require", []> {
  let summary = "Two sizes that must be equal for the graph to mean anything";
  let description = [{
    Checked by the runtime when shapes are settled, before anything runs; `message` names the model's op.

    ```mlir
    graph.require <h floordiv 2> equals <w>, "Concat \"cat1\": ..."
    ```
  }];
  let arguments = (ins Graph_DimsAttr:$lhs, Graph_DimsAttr:$rhs, StrAttr:$message);
  let assemblyFormat = "$lhs `equals` $rhs `,` $message attr-dict";
}

def Graph_IotaOp : Graph_Op<"iota", [], ["evaluateSizes"]> {
  let summary = "The index along one dimension: 0, 1, 2, ...";
  let arguments = (ins I64Attr:$axis);
  let hasVerifier = 1;
}

def Graph_ReshapeOp : Graph_Op<"reshape", [], ["evaluateSizes", "countFlops"]> {
  let summary = "The same elements in row-major order, in another shape";
  let arguments = (ins Graph_Tensor:$input);
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  let builders = [OpBuilder<(ins "::mlir::Value":$input, "::llvm::ArrayRef<DimExpr>":$dims)>];
}

def Graph_TransposeOp : Graph_InferredOp<"transpose", [], ["countFlops"]> {
  let summary = "Dimensions in another order: result dimension i is input dimension permutation[i]";
  let arguments = (ins Graph_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Graph_BroadcastOp : Graph_Op<"broadcast", [], ["evaluateSizes", "countFlops"]> {
  let summary = "Dimensions of size 1 repeated, and new ones put in front";
  let arguments = (ins Graph_Tensor:$input);
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
  let builders = [OpBuilder<(ins "::mlir::Value":$input, "::llvm::ArrayRef<DimExpr>":$dims)>];
}

def Graph_SliceOp : Graph_Op<"slice", [], ["evaluateSizes", "countFlops"]> {
  let summary = "Elements starts[i] + k * steps[i] along each dimension i";
  let description = [{
    Starts are within the input (a frontend has resolved negative and clamped ones); the result's shape
    says how many elements are taken; a step may be negative.

    ```mlir
    %0 = graph.slice %x starts <0, h - 1> steps [1, -1]
        : (tensor<4x?xf32, #graph.dims<4, h>>) -> tensor<4x?xf32, #graph.dims<4, h>>
    ```
  }];
  let arguments = (ins Graph_Tensor:$input, Graph_DimsAttr:$starts, DenseI64ArrayAttr:$steps);
  let assemblyFormat = [{
    $input `starts` $starts `steps` $steps attr-dict `:` functional-type(operands, results)
  }];
  let extraClassDeclaration = [{
    /// Of a result that lies in the input as it is, in a row, so many bytes from its beginning: null if it does not, or
    /// if that is known only at run time.
    std::optional<int64_t> byteOffset();
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Graph_PadOp : Graph_InferredOp<"pad", [], ["countFlops"]> {
  let summary = "Elements put before and after along each dimension";
  let description = [{
    What is put there depends on the mode: `value` (constant), or elements of the input: mirrored without
    repeating the border (reflect), the border's (edge), the opposite end's (wrap).

    ```mlir
    %0 = graph.pad %x, %v low <0, 1> high <0, 2> {mode = #graph.pad_mode<constant>}
        : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x6xf32>
    ```
  }];
  let arguments = (ins Graph_Tensor:$input, Graph_Tensor:$value, Graph_DimsAttr:$low, Graph_DimsAttr:$high,
                       Graph_PadModeAttr:$mode);
  let assemblyFormat = [{
    $input `,` $value `low` $low `high` $high attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Graph_ConcatOp : Graph_InferredOp<"concat", [], ["evaluateSizes", "countFlops"]> {
  let summary = "Tensors one after another along a dimension";
  let arguments = (ins Variadic<Graph_Tensor>:$inputs, I64Attr:$axis);
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

#endif // TREADLE_DIALECTS_GRAPH_SHAPE_TD
