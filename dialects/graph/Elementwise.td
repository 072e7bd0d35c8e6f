//===- Elementwise.td - one element of each operand, one result -*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_GRAPH_ELEMENTWISE_TD
#define TREADLE_DIALECTS_GRAPH_ELEMENTWISE_TD

include "dialects/graph/Op.td"

/// Result element i depends on element i of each operand alone, after broadcasting.
def Graph_Elementwise : NativeOpTrait<"Elementwise"> { let cppNamespace = "::treadle::graph"; }
/// op(a, b) == op(b, a)
def Graph_Commutes : NativeOpTrait<"Commutes"> { let cppNamespace = "::treadle::graph"; }

class Graph_ElementwiseOp<string mnemonic, list<Trait> traits = [], list<string> overrides = []>
    : Graph_InferredOp<mnemonic, traits # [Graph_Elementwise], overrides>;

class Graph_UnaryOp<string mnemonic, string what, list<string> overrides = []>
    : Graph_ElementwiseOp<mnemonic, [], overrides> {
  let summary = what;
  let arguments = (ins Graph_Tensor:$input);
}

/// One that takes about as long as eight multiplications.
class Graph_TranscendentalOp<string mnemonic, string what>
    : Graph_UnaryOp<mnemonic, what, ["countFlops"]> {
  let arguments = (ins Graph_FloatTensor:$input);
}

class Graph_BinaryOp<string mnemonic, string what, list<Trait> traits = [], list<string> overrides = []>
    : Graph_ElementwiseOp<mnemonic, traits, overrides> {
  let summary = what;
  let arguments = (ins Graph_Tensor:$lhs, Graph_Tensor:$rhs);
}

/// Those that shape arithmetic is made of.
class Graph_SizeBinaryOp<string mnemonic, string what, list<Trait> traits = []>
    : Graph_BinaryOp<mnemonic, what, traits, ["evaluateSizes"]>;

/// Those with a neutral right operand, which folds away.
class Graph_NeutralBinaryOp<string mnemonic, string what, list<Trait> traits = []>
    : Graph_SizeBinaryOp<mnemonic, what, traits> {
  let hasFolder = 1;
}

// ---- one operand ------------------------------------------------------------------------------

def Graph_NegOp : Graph_UnaryOp<"neg", "-x; wraps around for integers", ["evaluateSizes"]>;
def Graph_AbsOp : Graph_UnaryOp<"abs", "The absolute value">;
def Graph_SignOp : Graph_UnaryOp<"sign", "-1, 0 or 1; NaN stays NaN">;
def Graph_NotOp : Graph_UnaryOp<"not", "The bitwise complement; for i1, the logical one"> {
  let arguments = (ins Graph_IntTensor:$input);
}
def Graph_FloorOp : Graph_UnaryOp<"floor", "The greatest integer at most x", ["evaluateSizes"]> {
  let arguments = (ins Graph_FloatTensor:$input);
}
def Graph_CeilOp : Graph_UnaryOp<"ceil", "The least integer at least x", ["evaluateSizes"]> {
  let arguments = (ins Graph_FloatTensor:$input);
}
def Graph_RoundOp : Graph_UnaryOp<"round", "The nearest integer, halves to the even one", ["evaluateSizes"]> {
  let arguments = (ins Graph_FloatTensor:$input);
}
def Graph_SqrtOp : Graph_UnaryOp<"sqrt", "The square root; NaN below zero"> {
  let arguments = (ins Graph_FloatTensor:$input);
}
def Graph_ExpOp : Graph_TranscendentalOp<"exp", "e to the power x">;
def Graph_LogOp : Graph_TranscendentalOp<"log", "The natural logarithm">;
def Graph_Log1pOp : Graph_TranscendentalOp<"log1p", "log(1 + x), exact near zero">;
def Graph_SinOp : Graph_TranscendentalOp<"sin", "The sine, of radians">;
def Graph_CosOp : Graph_TranscendentalOp<"cos", "The cosine, of radians">;
def Graph_TanOp : Graph_TranscendentalOp<"tan", "The tangent, of radians">;
def Graph_AsinOp : Graph_TranscendentalOp<"asin", "The inverse sine">;
def Graph_AcosOp : Graph_TranscendentalOp<"acos", "The inverse cosine">;
def Graph_AtanOp : Graph_TranscendentalOp<"atan", "The inverse tangent">;
def Graph_SinhOp : Graph_TranscendentalOp<"sinh", "The hyperbolic sine">;
def Graph_CoshOp : Graph_TranscendentalOp<"cosh", "The hyperbolic cosine">;
def Graph_TanhOp : Graph_TranscendentalOp<"tanh", "The hyperbolic tangent">;
def Graph_AsinhOp : Graph_TranscendentalOp<"asinh", "The inverse hyperbolic sine">;
def Graph_AcoshOp : Graph_TranscendentalOp<"acosh", "The inverse hyperbolic cosine">;
def Graph_AtanhOp : Graph_TranscendentalOp<"atanh", "The inverse hyperbolic tangent">;
def Graph_ErfOp : Graph_TranscendentalOp<"erf", "The error function">;
def Graph_SigmoidOp : Graph_TranscendentalOp<"sigmoid", "1 / (1 + exp(-x))">;

def Graph_IsNanOp : Graph_UnaryOp<"is_nan", "Whether x is NaN"> {
  let arguments = (ins Graph_FloatTensor:$input);
  let results = (outs Graph_BoolTensor:$result);
}
def Graph_IsInfOp : Graph_UnaryOp<"is_inf", "Whether x is infinite, of a sign that is asked for"> {
  let arguments = (ins Graph_FloatTensor:$input, UnitAttr:$positive, UnitAttr:$negative);
  let results = (outs Graph_BoolTensor:$result);
}

def Graph_CastOp : Graph_ElementwiseOp<"cast", [], ["evaluateSizes"]> {
  let summary = "The same number in another element type";
  let description = [{
    To a float: rounded to nearest, ties to even. From a float to an integer: towards zero; a value out
    of range is implementation-defined, as in ONNX, but in `saturate` form clamped, NaN to 0. To a float of
    8 bits or fewer, what is out of range is infinite or NaN, but in `saturate` form clamped. To i1: whether
    it is not 0.

    ```mlir
    %0 = graph.cast %x {to = i64} : (tensor<2xf32>) -> tensor<2xi64>
    ```
  }];
  let arguments = (ins Graph_Tensor:$input, TypeAttr:$to, UnitAttr:$saturate);
  let hasFolder = 1;
}

// ---- two operands -----------------------------------------------------------------------------

def Graph_AddOp : Graph_NeutralBinaryOp<"add", "a + b", [Graph_Commutes]>;
def Graph_SubOp : Graph_NeutralBinaryOp<"sub", "a - b">;
def Graph_MulOp : Graph_NeutralBinaryOp<"mul", "a * b", [Graph_Commutes]>;
def Graph_DivOp : Graph_NeutralBinaryOp<"div", "a / b; towards zero for integers, 0 where b is 0">;
def Graph_ModOp : Graph_SizeBinaryOp<"mod", "The remainder of a / b"> {
  let description = [{
    With the sign of b (Python's %), or with `truncated` the sign of a (C's % and fmod). 0 for integers
    where b is 0.
  }];
  let arguments = (ins Graph_Tensor:$lhs, Graph_Tensor:$rhs, UnitAttr:$truncated);
}
def Graph_PowOp : Graph_BinaryOp<"pow", "a to the power b, in a's element type", [], ["countFlops"]>;
def Graph_MinOp : Graph_SizeBinaryOp<"min", "The lesser; NaN if one is NaN", [Graph_Commutes]>;
def Graph_MaxOp : Graph_SizeBinaryOp<"max", "The greater; NaN if one is NaN", [Graph_Commutes]>;

class Graph_BitwiseOp<string mnemonic, string what, list<Trait> traits = []>
    : Graph_BinaryOp<mnemonic, what, traits> {
  let arguments = (ins Graph_IntTensor:$lhs, Graph_IntTensor:$rhs);
}
def Graph_AndOp : Graph_BitwiseOp<"and", "Bitwise and; for i1, the logical one", [Graph_Commutes]>;
def Graph_OrOp : Graph_BitwiseOp<"or", "Bitwise or; for i1, the logical one", [Graph_Commutes]>;
def Graph_XorOp : Graph_BitwiseOp<"xor", "Bitwise exclusive or; for i1, the logical one", [Graph_Commutes]>;
def Graph_ShlOp : Graph_BitwiseOp<"shl", "a shifted left by b bits; 0 from the width on">;
def Graph_ShrOp : Graph_BitwiseOp<"shr", "a shifted right by b bits, logically; 0 from the width on">;

def Graph_CompareOp : Graph_ElementwiseOp<"compare", [], ["evaluateSizes"]> {
  let summary = "Whether a and b stand in a relation";
  let description = [{
    Comparisons with NaN are false, `ne` is true.

    ```mlir
    %0 = graph.compare lt %a, %b : (tensor<4xf32>, tensor<f32>) -> tensor<4xi1>
    ```
  }];
  let arguments = (ins Graph_PredicateAttr:$predicate, Graph_Tensor:$lhs, Graph_Tensor:$rhs);
  let results = (outs Graph_BoolTensor:$result);
  let assemblyFormat = [{
    custom<PredicateWord>($predicate) $lhs `,` $rhs attr-dict `:` functional-type(operands, results)
  }];
}

def Graph_SelectOp : Graph_ElementwiseOp<"select", [], ["evaluateSizes"]> {
  let summary = "The second operand where the first is true, else the third";
  let arguments = (ins Graph_BoolTensor:$condition, Graph_Tensor:$onTrue, Graph_Tensor:$onFalse);
}

#endif // TREADLE_DIALECTS_GRAPH_ELEMENTWISE_TD
