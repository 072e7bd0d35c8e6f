// RUN: treadle-opt %s --pass-pipeline='builtin.module(builtin.module(treadle-vulkan-convert-kernel))' | FileCheck %s
// A kernel becomes a module whose entry point finds its arguments through the push constants; elements are reached
// through pointers made from addresses.

// CHECK: module @halve
// CHECK: spirv.module PhysicalStorageBuffer64 GLSL450 requires #spirv.vce<v1.5, [
// CHECK-SAME: treadle.threads = 64 : i64
// CHECK-DAG: spirv.GlobalVariable @[[SHARED:shared_.*]] : !spirv.ptr<!spirv.array<64 x f32>, Workgroup>
// CHECK-DAG: spirv.GlobalVariable @arguments : !spirv.ptr<!spirv.struct<(i64 [0], i32 [8])>, PushConstant>
// CHECK: spirv.func @main() "None"
// CHECK: spirv.Load "PushConstant"
// The number of tasks, last.
// CHECK: spirv.ConvertUToPtr %{{.*}} : i64 to !spirv.ptr<f32, PhysicalStorageBuffer>
// CHECK: spirv.Load "PhysicalStorageBuffer" %{{.*}} ["Aligned", 4] : f32
// CHECK: spirv.FMul %{{.*}} {no_contraction} : f32
// CHECK: spirv.Store "Workgroup"
// CHECK: spirv.ControlBarrier
// CHECK: spirv.Store "PhysicalStorageBuffer" %{{.*}} ["Aligned", 4] : f32
// CHECK: spirv.EntryPoint "GLCompute" @main
// CHECK: spirv.ExecutionMode @main "LocalSize", 64, 1, 1
builtin.module @halve {
  func.func @halve(%in: memref<?xf32>, %out: memref<?xf32>, %tasks: index)
      attributes {treadle.grid = #graph.dims<1>, treadle.scratch = #graph.dim<0>, treadle.buffers = 2 : i64, treadle.symbols = [], treadle.threads = 64 : i64} {
    %half = arith.constant 0.5 : f32
    %shared = memref.alloca() : memref<64xf32, #gpu.address_space<workgroup>>
    %thread = gpu.thread_id x
    %group = gpu.block_id x
    %groups = gpu.grid_dim x
    scf.for %task = %group to %tasks step %groups {
      %x = memref.load %in[%thread] : memref<?xf32>
      %y = arith.mulf %x, %half : f32
      memref.store %y, %shared[%thread] : memref<64xf32, #gpu.address_space<workgroup>>
      gpu.barrier
      %z = memref.load %shared[%thread] : memref<64xf32, #gpu.address_space<workgroup>>
      memref.store %z, %out[%thread] : memref<?xf32>
    }
    return
  }
}

// What a loop carries is what it started from where it runs no times. Nothing is contracted, fma included.
// CHECK: module @sum
// CHECK: spirv.GL.Fma %{{.*}} {no_contraction} : f32
// CHECK: %[[SUM:.*]] = spirv.Load "Function"
// CHECK: spirv.Select %{{.*}}, %[[SUM]], %{{.*}} : i1, f32
builtin.module @sum {
  func.func @sum(%in: memref<?xf32>, %out: memref<?xf32>, %size: index, %tasks: index)
      attributes {treadle.grid = #graph.dims<1>, treadle.scratch = #graph.dim<0>, treadle.buffers = 2 : i64, treadle.symbols = ["s0"], treadle.threads = 64 : i64} {
    %zero = arith.constant 0 : index
    %one = arith.constant 1 : index
    %start = arith.constant 1.0 : f32
    %sum = scf.for %i = %zero to %size step %one iter_args(%before = %start) -> f32 {
      %x = memref.load %in[%i] : memref<?xf32>
      %next = math.fma %x, %x, %before : f32
      scf.yield %next : f32
    }
    memref.store %sum, %out[%zero] : memref<?xf32>
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
