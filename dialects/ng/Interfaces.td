//===- Interfaces.td - what ops with a field can be asked -----*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_NG_INTERFACES_TD
#define TREADLE_DIALECTS_NG_INTERFACES_TD

include "mlir/IR/OpBase.td"

def FieldOpInterface : OpInterface<"FieldOpInterface"> {
  let cppNamespace = "::treadle::ng";
  let description = [{
    An op whose region says what is at a position. The region's first arguments are positions, and what else it is told
    of each; then come the captures, in order.
  }];
  let methods = [
    InterfaceMethod<"The field.", "::mlir::Region &", "getField">,
    InterfaceMethod<"The operands that the field takes as they are.", "::mlir::MutableOperandRange",
      "getCapturesMutable">,
    InterfaceMethod<"At how many places a row asks its field at most.", "int64_t", "mostSamples">,
    InterfaceMethod<"Whether places of all rows are brought together before the field is asked.", "bool", "gathers",
      (ins), "", "return false;">,
  ];
}

#endif // TREADLE_DIALECTS_NG_INTERFACES_TD
