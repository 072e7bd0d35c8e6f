//===- Buffers.td - where memory comes from -------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_PROGRAM_BUFFERS_TD
#define TREADLE_DIALECTS_PROGRAM_BUFFERS_TD

include "dialects/program/Types.td"
include "dialects/graph/Attributes.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Program_BufferOp<string mnemonic> : Op<Program_Dialect, mnemonic, []> {
  let results = (outs Program_BufferType:$buffer);
}

def Program_InputOp : Program_BufferOp<"input"> {
  let summary = "Memory that the caller brings filled";
  let arguments = (ins StrAttr:$name);
  let assemblyFormat = "$name attr-dict `:` type($buffer)";
}

def Program_OutputOp : Program_BufferOp<"output"> {
  let summary = "Memory that the caller takes away";
  let arguments = (ins StrAttr:$name);
  let assemblyFormat = "$name attr-dict `:` type($buffer)";
}

def Program_ConstantOp : Program_BufferOp<"constant"> {
  let summary = "Weights, in the artifact's data section";
  let arguments = (ins ElementsAttr:$value);
  let assemblyFormat = "$value attr-dict `:` type($buffer)";
  let hasVerifier = 1;
}

def Program_ArenaOp : Program_BufferOp<"arena"> {
  let summary = "Memory of the session's arena, from the first step that names it to the last";
  let assemblyFormat = "attr-dict `:` type($buffer)";
}

def Program_ViewOp : Op<Program_Dialect, "view", [Pure]> {
  let summary = "Part of a buffer, from a byte offset, as another tensor";
  let arguments = (ins Program_BufferType:$source, Graph_DimsAttr:$offset);
  let results = (outs Program_BufferType:$buffer);
  let assemblyFormat = "$source `at` $offset attr-dict `:` type($source) `to` type($buffer)";
  let hasVerifier = 1;
}

#endif // TREADLE_DIALECTS_PROGRAM_BUFFERS_TD
