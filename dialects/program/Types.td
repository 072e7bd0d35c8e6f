//===- Types.td - buffers -------------------------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_PROGRAM_TYPES_TD
#define TREADLE_DIALECTS_PROGRAM_TYPES_TD

include "dialects/program/Dialect.td"
include "mlir/IR/AttrTypeBase.td"

def Program_BufferType : TypeDef<Program_Dialect, "Buffer"> {
  let mnemonic = "buffer";
  let summary = "Memory that holds a tensor, dense and row-major";
  let parameters = (ins "::mlir::RankedTensorType":$tensor);
  let assemblyFormat = "`<` $tensor `>`";
  let genVerifyDecl = 1;
}

#endif // TREADLE_DIALECTS_PROGRAM_TYPES_TD
