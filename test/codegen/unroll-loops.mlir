// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-unroll-loops))' --split-input-file --verify-diagnostics > %t
// RUN: FileCheck %s < %t
// Where a device ends loops after so many turns, they do several steps a turn; what is left is in a loop after.

module attributes {treadle.target = {name = "vulkan", variant = "cpu", is_simt = true, loop_turns = 65535 : i64}} {
  // CHECK-LABEL: func @unknown(
  // CHECK: %[[END:.*]] = arith.maxsi
  // CHECK: %[[SUM:.*]] = scf.for %{{.*}} iter_args
  // CHECK-COUNT-16: arith.addf
  // CHECK: scf.yield
  // CHECK: scf.for %{{.*}} to %[[END]] step %{{.*}} iter_args(%{{.*}} = %[[SUM]])
  // CHECK-COUNT-1: arith.addf
  // CHECK-NOT: arith.addf
  // CHECK: return
  func.func @unknown(%in: memref<?xf32>, %out: memref<?xf32>, %from: index, %to: index) {
    %one = arith.constant 1 : index
    %zero = arith.constant 0.0 : f32
    %sum = scf.for %i = %from to %to step %one iter_args(%before = %zero) -> f32 {
      %x = memref.load %in[%i] : memref<?xf32>
      %next = arith.addf %before, %x : f32
      scf.yield %next : f32
    }
    memref.store %sum, %out[%from] : memref<?xf32>
    return
  }

  // A workgroup has few tasks.
  // CHECK-LABEL: func @tasks(
  // CHECK-COUNT-1: memref.store
  // CHECK-NOT: memref.store
  // CHECK: return
  func.func @tasks(%out: memref<?xf32>, %x: f32, %count: index) {
    %first = gpu.block_id x
    %step = gpu.grid_dim x
    scf.for %task = %first to %count step %step {
      memref.store %x, %out[%task] : memref<?xf32>
    }
    return
  }

  // All threads wait for each other as often as before.
  // CHECK-LABEL: func @barrier(
  // CHECK-COUNT-1: gpu.barrier
  // CHECK-NOT: gpu.barrier
  // CHECK: return
  func.func @barrier(%to: index) {
    %zero = arith.constant 0 : index
    %one = arith.constant 1 : index
    scf.for %i = %zero to %to step %one {
      gpu.barrier
    }
    return
  }
}

// -----

// CHECK-LABEL: func @free(
// CHECK-COUNT-1: memref.store
// CHECK-NOT: memref.store
// CHECK: return
module attributes {treadle.target = {name = "vulkan", variant = "gpu", is_simt = true}} {
  func.func @free(%out: memref<?xf32>, %x: f32, %to: index) {
    %zero = arith.constant 0 : index
    %one = arith.constant 1 : index
    scf.for %i = %zero to %to step %one {
      memref.store %x, %out[%i] : memref<?xf32>
    }
    return
  }
}

// -----

module attributes {treadle.target = {name = "vulkan", variant = "cpu", is_simt = true, loop_turns = 65535 : i64}} {
  // expected-error @below {{takes 70000 turns of loops in one thread, and a device that is a CPU ends them after 65535}}
  func.func @long(%to: index) {
    %zero = arith.constant 0 : index
    %one = arith.constant 1 : index
    %many = arith.constant 70000 : index
    scf.for %i = %zero to %to step %one {
      scf.for %j = %zero to %many step %one {
        gpu.barrier
      }
    }
    return
  }
}
