// RUN: treadle-opt %s --pass-pipeline='builtin.module(builtin.module(treadle-hip-convert-kernel))' | FileCheck %s
// A kernel becomes a function that is launched; buffers are memory of the device, shared memory is a variable.

// CHECK: module @halve
// CHECK: llvm.mlir.global internal @[[SHARED:shared_.*]]() {addr_space = 3 : i32{{.*}}} : !llvm.array<64 x f32>
// CHECK: llvm.func @halve(%[[IN:.*]]: !llvm.ptr<1>, %[[OUT:.*]]: !llvm.ptr<1>, %[[SIZE:.*]]: i64, %[[TASKS:.*]]: i32, %[[GROUPS:.*]]: i32)
// CHECK-SAME: rocdl.flat_work_group_size = "64,64", rocdl.kernel
// CHECK: llvm.trunc %[[SIZE]] : i64 to i32
// CHECK: rocdl.workitem.id.x
// CHECK: rocdl.workgroup.id.x
// CHECK: rocdl.barrier
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

// Products of fragments; single elements are fragments too.
// CHECK: module @product
// CHECK: rocdl.mfma.f32.32x32x8f16 {{.*}}vector<4xf16>, vector<4xf16>, vector<16xf32>
// CHECK: rocdl.mfma.f32.32x32x2f32 {{.*}}f32, f32, vector<16xf32>
builtin.module @product {
  func.func @product(%in: memref<?xf16>, %out: memref<?xf32>, %tasks: index)
      attributes {treadle.grid = #graph.dims<1>, treadle.scratch = #graph.dim<0>, treadle.buffers = 2 : i64, treadle.symbols = [], treadle.threads = 64 : i64} {
    %thread = gpu.thread_id x
    %a = vector.load %in[%thread] {alignment = 8} : memref<?xf16>, vector<4xf16>
    %x = memref.load %out[%thread] : memref<?xf32>
    %zero = arith.constant dense<0.0> : vector<16xf32>
    %sums = tile.multiply [32, 32, 8] %a, %a, %zero : vector<4xf16>, vector<4xf16>, vector<16xf32>
    %more = tile.multiply [32, 32, 2] %x, %x, %sums : f32, f32, vector<16xf32>
    vector.store %more, %out[%thread] : memref<?xf32>, vector<16xf32>
    return
  }
}

// What a subgroup's threads say of something, as bits.
// CHECK: module @ballot
// CHECK: rocdl.ballot %{{.*}} : i64
builtin.module @ballot {
  func.func @ballot(%in: memref<?xi64>, %out: memref<?xi64>, %tasks: index)
      attributes {treadle.grid = #graph.dims<1>, treadle.scratch = #graph.dim<0>, treadle.buffers = 2 : i64, treadle.symbols = [], treadle.threads = 64 : i64} {
    %thread = gpu.thread_id x
    %x = memref.load %in[%thread] : memref<?xi64>
    %zero = arith.constant 0 : i64
    %truth = arith.cmpi ne, %x, %zero : i64
    %bits = tile.ballot %truth : i64
    memref.store %bits, %out[%thread] : memref<?xi64>
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

// An approximation of 2^x is the device's own.
// CHECK: module @power
// CHECK: llvm.call_intrinsic "llvm.amdgcn.exp2.f32"({{.*}}) : (f32) -> f32
builtin.module @power {
  func.func @power(%in: memref<?xf32>, %out: memref<?xf32>, %tasks: index)
      attributes {treadle.grid = #graph.dims<1>, treadle.scratch = #graph.dim<0>, treadle.buffers = 2 : i64, treadle.symbols = [], treadle.threads = 64 : i64} {
    %thread = gpu.thread_id x
    %x = memref.load %in[%thread] : memref<?xf32>
    %power = math.exp2 %x fastmath<afn> : f32
    memref.store %power, %out[%thread] : memref<?xf32>
    return
  }
}
