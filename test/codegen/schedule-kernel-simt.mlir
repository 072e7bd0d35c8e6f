// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-schedule-kernel),canonicalize)' --split-input-file | FileCheck %s
// For a device whose tasks are workgroups of threads: a thread's number says which elements it does.

module attributes {treadle.target = {name = "any", variant = "any", is_simt = true, workgroup_threads = 64 : i64, subgroup_threads = 8 : i64, shared_load_cycles = 40 : i64}} {
  // CHECK-LABEL: func @map(
  // CHECK-SAME: %{{.*}}: memref<?xf32>, %{{.*}}: memref<?xf32>, %[[TASKS:.*]]: index)
  // CHECK-SAME: treadle.threads = 64 : i64
  // CHECK-DAG: %[[GROUP:.*]] = gpu.block_id x
  // CHECK-DAG: %[[GROUPS:.*]] = gpu.grid_dim x
  // CHECK-DAG: %[[THREAD:.*]] = gpu.thread_id x
  // CHECK: scf.for %{{.*}} = %[[GROUP]] to %[[TASKS]] step %[[GROUPS]]
  // CHECK: arith.negf %{{.*}} : vector<1xf32>
  func.func @map(%a: tensor<1000xf32>) -> tensor<1000xf32> attributes {treadle.family = "map", treadle.symbols = []} {
    %0 = graph.neg %a : (tensor<1000xf32>) -> tensor<1000xf32>
    return %0 : tensor<1000xf32>
  }

  // A long row is a subgroup's, whose threads exchange their sums.
  // CHECK-LABEL: func @rows(
  // CHECK-SAME: treadle.threads = 8 : i64
  // CHECK-COUNT-3: gpu.shuffle xor
  // CHECK-NOT: gpu.barrier
  func.func @rows(%a: tensor<?x640xf32, #graph.dims<s0, 640>>) -> tensor<?x1xf32, #graph.dims<s0, 1>> attributes {treadle.family = "rows", treadle.symbols = ["s0"]} {
    %0 = graph.reduce sum %a {axes = array<i64: 1>} : (tensor<?x640xf32, #graph.dims<s0, 640>>) -> tensor<?x1xf32, #graph.dims<s0, 1>>
    return %0 : tensor<?x1xf32, #graph.dims<s0, 1>>
  }

  // A short one is a thread's.
  // CHECK-LABEL: func @short_rows(
  // CHECK-NOT: gpu.barrier
  // CHECK: return
  func.func @short_rows(%a: tensor<?x6xf32, #graph.dims<s0, 6>>) -> tensor<?x1xf32, #graph.dims<s0, 1>> attributes {treadle.family = "rows", treadle.symbols = ["s0"]} {
    %0 = graph.reduce sum %a {axes = array<i64: 1>} : (tensor<?x6xf32, #graph.dims<s0, 6>>) -> tensor<?x1xf32, #graph.dims<s0, 1>>
    return %0 : tensor<?x1xf32, #graph.dims<s0, 1>>
  }

  // A very long one is the workgroup's, which puts its subgroups' sums together in shared memory.
  // CHECK-LABEL: func @long_rows(
  // CHECK-SAME: treadle.threads = 64 : i64
  // CHECK: memref.alloca() : memref<8xf32, #gpu.address_space<workgroup>>
  // CHECK: gpu.shuffle xor
  // CHECK: gpu.barrier
  func.func @long_rows(%a: tensor<?x64000xf32, #graph.dims<s0, 64000>>) -> tensor<?x1xf32, #graph.dims<s0, 1>> attributes {treadle.family = "rows", treadle.symbols = ["s0"]} {
    %0 = graph.reduce sum %a {axes = array<i64: 1>} : (tensor<?x64000xf32, #graph.dims<s0, 64000>>) -> tensor<?x1xf32, #graph.dims<s0, 1>>
    return %0 : tensor<?x1xf32, #graph.dims<s0, 1>>
  }

  // Spread: each thread of the subgroup loads elements of A of one row for all of them.
  // CHECK-LABEL: func @contraction(
  // CHECK-NOT: memref.alloca
  // CHECK: gpu.subgroup_broadcast
  // CHECK: vector.fma
  func.func @contraction(%a: tensor<12x8xf32>, %w: tensor<8x32xf32>) -> tensor<12x32xf32> attributes {treadle.family = "contraction", treadle.symbols = []} {
    %0 = graph.matmul %a, %w : (tensor<12x8xf32>, tensor<8x32xf32>) -> tensor<12x32xf32>
    return %0 : tensor<12x32xf32>
  }
}

// -----

// Where shared memory is near, rows' sums come together there, and a block of both operands is copied to it first.
module attributes {treadle.target = {name = "any", variant = "any", is_simt = true}} {
  // CHECK-LABEL: func @shared_rows(
  // CHECK: memref.alloca() : memref<128xf32, #gpu.address_space<workgroup>>
  // CHECK: gpu.barrier
  func.func @shared_rows(%a: tensor<?x640xf32, #graph.dims<s0, 640>>) -> tensor<?x1xf32, #graph.dims<s0, 1>> attributes {treadle.family = "rows", treadle.symbols = ["s0"]} {
    %0 = graph.reduce sum %a {axes = array<i64: 1>} : (tensor<?x640xf32, #graph.dims<s0, 640>>) -> tensor<?x1xf32, #graph.dims<s0, 1>>
    return %0 : tensor<?x1xf32, #graph.dims<s0, 1>>
  }

  // CHECK-LABEL: func @staged(
  // CHECK-COUNT-2: memref.alloca() : memref<{{.*}}xf32, #gpu.address_space<workgroup>>
  // CHECK: gpu.barrier
  // CHECK: vector.fma
  func.func @staged(%a: tensor<128x64xf32>, %w: tensor<64x128xf32>) -> tensor<128x128xf32> attributes {treadle.family = "contraction", treadle.symbols = []} {
    %0 = graph.matmul %a, %w : (tensor<128x64xf32>, tensor<64x128xf32>) -> tensor<128x128xf32>
    return %0 : tensor<128x128xf32>
  }
}

// -----

// Where subgroups have one size, their threads exchange what they carry: shared memory holds a value for each of the two.
module attributes {treadle.target = {name = "any", variant = "any", is_simt = true, workgroup_threads = 64 : i64, subgroup_threads = 32 : i64, fixed_subgroups = true}} {
  // CHECK-LABEL: func @exchanged(
  // CHECK: memref.alloca() : memref<2xf32, #gpu.address_space<workgroup>>
  // CHECK-COUNT-5: gpu.shuffle xor
  // CHECK-NOT: gpu.shuffle
  // CHECK-COUNT-2: gpu.barrier
  // CHECK-NOT: gpu.barrier
  func.func @exchanged(%a: tensor<?x640xf32, #graph.dims<s0, 640>>) -> tensor<?x1xf32, #graph.dims<s0, 1>> attributes {treadle.family = "rows", treadle.symbols = ["s0"]} {
    %0 = graph.reduce sum %a {axes = array<i64: 1>} : (tensor<?x640xf32, #graph.dims<s0, 640>>) -> tensor<?x1xf32, #graph.dims<s0, 1>>
    return %0 : tensor<?x1xf32, #graph.dims<s0, 1>>
  }
}
