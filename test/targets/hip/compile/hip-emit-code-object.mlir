// RUN: treadle-opt %s --pass-pipeline='builtin.module(program.executable(treadle-hip-emit-code-object))' --split-input-file --verify-diagnostics --mlir-elide-resource-strings-if-larger=20 | FileCheck %s
// An executable's kernels become one code object. (The error stands first because lld, once it has linked, resets
// LLVM's command line, and with it the pipeline.)

// expected-error @+1 {{is for a device that is not in Chips.def, gfx1}}
program.executable @hip attributes {treadle.target = {name = "hip", variant = "gfx1"}} {
}

// -----

// CHECK: program.executable @hip
// CHECK-SAME: object = dense_resource
program.executable @hip attributes {treadle.target = {name = "hip", variant = "gfx90a"}} {
  builtin.module @twice {
    llvm.func @twice(%out: !llvm.ptr<1>) attributes {rocdl.kernel, treadle.grid = #graph.dims<1>} {
      %0 = llvm.load %out : !llvm.ptr<1> -> f32
      %1 = llvm.fadd %0, %0 : f32
      llvm.store %1, %out : f32, !llvm.ptr<1>
      llvm.return
    }
  }
}
