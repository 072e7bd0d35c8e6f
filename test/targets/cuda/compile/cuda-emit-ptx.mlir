// RUN: treadle-opt %s --pass-pipeline='builtin.module(program.executable(treadle-cuda-emit-ptx))' --split-input-file --verify-diagnostics --mlir-elide-resource-strings-if-larger=20 | FileCheck %s
// Each kernel becomes a text of its own; where it lies stands on the kernel.

// expected-error @+1 {{is for a device that is not in Chips.def, sm_1}}
program.executable @cuda attributes {treadle.target = {name = "cuda", variant = "sm_1"}} {
}

// -----

// CHECK: program.executable @cuda
// CHECK-SAME: object = dense_resource
// CHECK: llvm.func @twice{{.*}}treadle.bytes = {{[0-9]+}} : i64, {{.*}}treadle.offset = 0 : i64
program.executable @cuda attributes {treadle.target = {name = "cuda", variant = "sm_80"}} {
  builtin.module @twice {
    llvm.func @twice(%out: !llvm.ptr<1>) attributes {nvvm.kernel, treadle.grid = #graph.dims<1>} {
      %0 = llvm.load %out : !llvm.ptr<1> -> f32
      %1 = llvm.fadd %0, %0 : f32
      llvm.store %1, %out : f32, !llvm.ptr<1>
      llvm.return
    }
  }
}

// -----

// Another target's executable is left alone.
// CHECK: program.executable @cpu
// CHECK-NOT: object
program.executable @cpu attributes {treadle.target = {name = "cpu", variant = "x86-64-v3"}} {
}
