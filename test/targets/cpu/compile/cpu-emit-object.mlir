// RUN: treadle-opt %s --pass-pipeline='builtin.module(program.executable(treadle-cpu-emit-object))' --split-input-file --verify-diagnostics --mlir-elide-resource-strings-if-larger=20 | FileCheck %s
// An executable's kernels become one shared object, beside the modules that they were. (The error stands first
// because lld, once it has linked, resets LLVM's command line, and with it the pipeline.)

// expected-error @+1 {{is for a CPU that is not in Chips.def, "x86-64-v9"}}
program.executable @cpu attributes {treadle.target = {name = "cpu", variant = "x86-64-v9"}} {
  builtin.module @none {
  }
}

// -----

// CHECK: program.executable @cpu
// CHECK-SAME: object = dense_resource
// CHECK: module @twice
program.executable @cpu attributes {treadle.target = {name = "cpu", variant = "x86-64-v3"}} {
  builtin.module @twice {
    llvm.func @twice(%slices: !llvm.ptr, %scalars: !llvm.ptr, %begin: i64, %end: i64, %scratch: !llvm.ptr) {
      %0 = llvm.load %slices : !llvm.ptr -> !llvm.ptr
      %1 = llvm.load %0 : !llvm.ptr -> f32
      %2 = llvm.fadd %1, %1 : f32
      llvm.store %2, %0 : f32, !llvm.ptr
      llvm.return
    }
  }
}
