// RUN: treadle-opt %s --pass-pipeline='builtin.module(builtin.module(treadle-cuda-convert-kernel))' | FileCheck %s
// A kernel becomes a function that is launched; buffers are memory of the device, shared memory is a variable.

// CHECK: module @halve
// CHECK: llvm.mlir.global internal @[[SHARED:shared_.*]]() {addr_space = 3 : i32{{.*}}} : !llvm.array<64 x f32>
// CHECK: llvm.func @halve(%[[IN:.*]]: !llvm.ptr<1>, %[[OUT:.*]]: !llvm.ptr<1>, %[[SIZE:.*]]: i64, %[[TASKS:.*]]: i32, %[[GROUPS:.*]]: i32)
// CHECK-SAME: nvvm.kernel
// CHECK-SAME: nvvm.maxntid = array<i32: 64, 1, 1>
// CHECK: llvm.trunc %[[SIZE]] : i64 to i32
// CHECK: nvvm.read.ptx.sreg.tid.x
// CHECK: nvvm.read.ptx.sreg.ctaid.x
// CHECK: nvvm.barrier
// CHECK: llvm.add %{{.*}}, %[[GROUPS]]
builtin.module @halve {
  func.func @halve(%in: memref<?xf32>, %out: memref<?xf32>, %size: index, %tasks: index)
      attributes {treadle.grid = #graph.dims<1>, treadle.scratch = #graph.dim<0>, treadle.buffers = 2 : i64, treadle.symbols = ["s0"], treadle.threads = 64 : i64} {
    %half = arith.constant 0.5 : f32
    %shared = memref.alloca() : memref<64xf32, #gpu.address_space<workgroup>>
    %thread = gpu.thread_id x
    %group = gpu.block_id x
    %groups = gpu.grid_dim x
    scf.for %task = %group to %tasks step %groups {
      %at = arith.addi %thread, %size : index
      %x = memref.load %in[%at] : memref<?xf32>
      %y = arith.mulf %x, %half : f32
      memref.store %y, %shared[%thread] : memref<64xf32, #gpu.address_space<workgroup>>
      gpu.barrier
      %z = memref.load %shared[%thread] : memref<64xf32, #gpu.address_space<workgroup>>
      memref.store %z, %out[%thread] : memref<?xf32>
    }
    return
  }
}

// What is no such kernel stays.
// CHECK: module @other
// CHECK-NEXT: func.func @other
builtin.module @other {
  func.func @other() {
    return
  }
}
