//===- Steps.td - entry, steps, executables -------------------*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_DIALECTS_PROGRAM_STEPS_TD
#define TREADLE_DIALECTS_PROGRAM_STEPS_TD

include "dialects/program/Types.td"
include "dialects/graph/Attributes.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/IR/RegionKindInterface.td"

def Program_EntryOp : Op<Program_Dialect, "entry", [IsolatedFromAbove, NoTerminator, SingleBlock]> {
  let summary = "The buffers and the steps of a program";
  let arguments = (ins StrAttr:$name);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$name attr-dict-with-keyword $body";
}

def Program_RequireOp : Op<Program_Dialect, "require", []> {
  let summary = "Shapes for which two sizes differ are refused with the message";
  let arguments = (ins Graph_DimsAttr:$lhs, Graph_DimsAttr:$rhs, StrAttr:$message);
  let assemblyFormat = "$lhs `equals` $rhs `,` $message attr-dict";
  let hasVerifier = 1;
}

def Program_DispatchOp : Op<Program_Dialect, "dispatch",
    [AttrSizedOperandSegments, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Run a kernel: it reads some buffers and writes others";
  let description = [{
    `sizes` are the kernel's scalars. `sources` names the model's ops that the kernel computes; `values`
    has for each written buffer the model's name of the value that is then in it and how its dimensions
    are permuted, or an empty name. A buffer that is read and written is worked on in place.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<Program_BufferType>:$reads,
                       Variadic<Program_BufferType>:$writes, Graph_DimsAttr:$sizes,
                       StrArrayAttr:$sources, ArrayAttr:$values, Graph_DimsAttr:$flops, Graph_DimsAttr:$traffic);
  let assemblyFormat = [{
    $kernel `(` $reads `)` `into` `(` $writes `)` `sizes` $sizes attr-dict `:`
    functional-type($reads, $writes)
  }];
  let hasVerifier = 1;
}

def Program_CopyOp : Op<Program_Dialect, "copy", []> {
  let summary = "Copy a buffer's bytes";
  let arguments = (ins Program_BufferType:$from, Program_BufferType:$to);
  let assemblyFormat = "$from `to` $to attr-dict `:` type($from) `,` type($to)";
  let hasVerifier = 1;
}

def Program_ExecutableOp : Op<Program_Dialect, "executable", [IsolatedFromAbove, NoTerminator, SingleBlock, Symbol, SymbolTable]> {
  let summary = "The kernels for one variant of a target";
  let description = [{
    `treadle.target` describes the device. Each kernel is a module of its own that holds one function of
    the same name, so that kernels are compiled side by side. When it has been emitted, `object` is the
    machine code.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<ElementsAttr>:$object);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
}

#endif // TREADLE_DIALECTS_PROGRAM_STEPS_TD
