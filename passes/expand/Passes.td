//===- Passes.td - ops of special fields become ops of graphs -*- tablegen -*-===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===------------------------------------------------------------------------===//

#ifndef TREADLE_PASSES_EXPAND_PASSES_TD
#define TREADLE_PASSES_EXPAND_PASSES_TD

include "mlir/Pass/PassBase.td"

def ExpandNeuralGraphics : Pass<"treadle-expand-neural-graphics", "::mlir::func::FuncOp"> {
  let summary = "Writes ops of neural graphics as compositions of ops of the graph dialect";
  let description = [{
    What: a grid becomes gathers from its table, one for each vertex of a cell, added up with their weights, for
    all levels at once; other encodings become elementwise ops, spherical harmonics a matrix product of powers of
    z too; a perceptron becomes matrix products and activations. A march and a delta track ask their field at all places
    of all rays at once, and composite with a product along each ray; a sphere trace is written step by step.
    What the kernel family `field` computes whole (codegen/field/FieldOps.h) stays, unless all of it is encodings of
    elementwise ops, with constants of several numbers, which are in its fields, among its captures.
    Before: ops of ng and graph.
    After: ops of graph, and of ng those that stay; with fuse=false ops of graph.
    Needs: nothing.
    Guarantees: equal up to rounding. Constants have a few numbers a level, bin or frequency: tables are read where
    they are. Rays take memory for all their samples, whether they need them or not.
    Leaves alone: ops of graph.
  }];
  let options = [Option<"fuse", "fuse", "bool", "true", "Whether ops that one kernel computes stay">];
  let dependentDialects = ["::treadle::graph::GraphDialect", "::treadle::ng::NgDialect"];
}

#endif // TREADLE_PASSES_EXPAND_PASSES_TD
