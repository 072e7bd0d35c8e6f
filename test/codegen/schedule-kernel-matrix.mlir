// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-schedule-kernel),canonicalize)' --split-input-file | FileCheck %s
// Products on a device with matrix units: which unit there is, and how blocks come to shared memory, are its numbers.

// As sm_80: squares of 8 x 16 bytes, asynchronous copies.
module attributes {treadle.target = {name = "any", variant = "any", is_simt = true, workgroup_threads = 256, most_shared_bytes = 166912, async_copy_bytes = 16, loads_matrices = true,
    matrix_units = [{operands = "f16", sum = "f32", shape = array<i64: 16, 8, 16>, lhs_lanes = array<i64: 2, 4, 16, 32, 64>, lhs_elements = array<i64: 1, 128, 8>,
        rhs_lanes = array<i64: 2, 4, 16, 32, 64>, rhs_elements = array<i64: 1, 8>, sum_lanes = array<i64: 2, 4, 8, 16, 32>, sum_elements = array<i64: 1, 64>}]}} {
  // Chunks are copied; both operands are read as squares.
  // CHECK-LABEL: func @contiguous(
  // CHECK: tile.copy_async 8
  // CHECK: tile.commit
  // CHECK: scf.for {{.*}} -> (vector<4xf32>
  // CHECK: tile.wait 2
  // CHECK-NEXT: gpu.barrier
  // CHECK: tile.copy_async 8
  // CHECK: tile.load_matrix {{.*}} -> vector<8xf16>
  // CHECK: tile.multiply [16, 8, 16] {{.*}} : vector<8xf16>, vector<4xf16>, vector<4xf32>
  // CHECK-NOT: memref.load {{.*}} : memref<?xf16>
  // CHECK: return
  func.func @contiguous(%a: tensor<256x128xf16>, %w: tensor<64x128xf16>) -> tensor<256x64xf16> attributes {treadle.family = "contraction", treadle.symbols = []} {
    %0 = graph.matmul %a, %w {transposeRhs} : (tensor<256x128xf16>, tensor<64x128xf16>) -> tensor<256x64xf16>
    return %0 : tensor<256x64xf16>
  }

  // Few tiles: of 32 x 32, each by eight subgroups with a slice of the depth, in blocks of 256 for all of them; a
  // workgroup has a multiprocessor for itself. The sums of eight slices are added up.
  // CHECK-LABEL: func @deep(
  // CHECK-SAME: treadle.alone
  // CHECK-SAME: treadle.grid = #graph.dims<4>
  // CHECK-SAME: treadle.threads = 256
  // CHECK: %[[DEPTH:.*]] = arith.constant 2048
  // CHECK: scf.for {{.*}} to %[[DEPTH]] step %c256
  // CHECK: tile.multiply
  // CHECK: gpu.barrier
  // CHECK: vector.load {{.*}}, #gpu.address_space<workgroup>>, vector<1xf32>
  // CHECK-COUNT-7: arith.addf
  // CHECK: return
  func.func @deep(%a: tensor<49x2048xf16>, %w: tensor<64x2048xf16>) -> tensor<49x64xf16> attributes {treadle.family = "contraction", treadle.symbols = []} {
    %0 = graph.matmul %a, %w {transposeRhs} : (tensor<49x2048xf16>, tensor<64x2048xf16>) -> tensor<49x64xf16>
    return %0 : tensor<49x64xf16>
  }

  // What is fused into an operand is computed on the way to shared memory.
  // CHECK-LABEL: func @fused(
  // CHECK: tile.copy_async 8 of %arg1
  // CHECK: arith.negf
  // CHECK: scf.for
  // CHECK: tile.multiply
  // CHECK: return
  func.func @fused(%a: tensor<256x128xf16>, %w: tensor<64x128xf16>) -> tensor<256x64xf16> attributes {treadle.family = "contraction", treadle.symbols = []} {
    %0 = graph.neg %a : (tensor<256x128xf16>) -> tensor<256x128xf16>
    %1 = graph.matmul %0, %w {transposeRhs} : (tensor<256x128xf16>, tensor<64x128xf16>) -> tensor<256x64xf16>
    return %1 : tensor<256x64xf16>
  }

  // Of a depth that no chunk divides nothing is copied whole.
  // CHECK-LABEL: func @odd(
  // CHECK-NOT: tile.copy_async
  // CHECK: tile.multiply
  // CHECK: return
  func.func @odd(%a: tensor<256x121xf16>, %w: tensor<64x121xf16>) -> tensor<256x64xf16> attributes {treadle.family = "contraction", treadle.symbols = []} {
    %0 = graph.matmul %a, %w {transposeRhs} : (tensor<256x121xf16>, tensor<64x121xf16>) -> tensor<256x64xf16>
    return %0 : tensor<256x64xf16>
  }

  // A depth that is known at run time decides there: where chunks divide it not, elements are loaded.
  // CHECK-LABEL: func @symbolic(
  // CHECK-SAME: %[[K:[^:]*]]: index, %{{[^:]*}}: index)
  // CHECK: arith.remui %[[K]]
  // CHECK: scf.if
  // CHECK: tile.copy_async 8
  // CHECK: } else {
  // CHECK-NOT: tile.copy_async
  // CHECK: memref.load {{.*}} : memref<?xf16>
  // CHECK: tile.multiply
  // CHECK: return
  func.func @symbolic(%a: tensor<256x?xf16, #graph.dims<256, s0>>, %w: tensor<64x?xf16, #graph.dims<64, s0>>) -> tensor<256x64xf16> attributes {treadle.family = "contraction", treadle.symbols = ["s0"]} {
    %0 = graph.matmul %a, %w {transposeRhs} : (tensor<256x?xf16, #graph.dims<256, s0>>, tensor<64x?xf16, #graph.dims<64, s0>>) -> tensor<256x64xf16>
    return %0 : tensor<256x64xf16>
  }

  // Neither f32, nor what is smaller than a unit.
  // CHECK-LABEL: func @others(
  // CHECK-NOT: tile.multiply
  // CHECK: return
  func.func @others(%a: tensor<256x128xf32>, %w: tensor<64x128xf32>) -> tensor<256x64xf32> attributes {treadle.family = "contraction", treadle.symbols = []} {
    %0 = graph.matmul %a, %w {transposeRhs} : (tensor<256x128xf32>, tensor<64x128xf32>) -> tensor<256x64xf32>
    return %0 : tensor<256x64xf32>
  }
  // CHECK-LABEL: func @small(
  // CHECK-NOT: tile.multiply
  // CHECK: return
  func.func @small(%a: tensor<256x8xf16>, %w: tensor<64x8xf16>) -> tensor<256x64xf16> attributes {treadle.family = "contraction", treadle.symbols = []} {
    %0 = graph.matmul %a, %w {transposeRhs} : (tensor<256x8xf16>, tensor<64x8xf16>) -> tensor<256x64xf16>
    return %0 : tensor<256x64xf16>
  }
}

// -----

// As gfx90a: whole chunks through registers, and each of them is a thread's part of several products.
module attributes {treadle.target = {name = "any", variant = "any", is_simt = true, workgroup_threads = 256, subgroup_threads = 64,
    matrix_units = [{operands = "f32", sum = "f32", shape = array<i64: 32, 32, 2>, lhs_lanes = array<i64: 2, 4, 8, 16, 32, 1>, lhs_elements = array<i64>,
        rhs_lanes = array<i64: 2, 4, 8, 16, 32, 1>, rhs_elements = array<i64>, sum_lanes = array<i64: 1, 2, 4, 8, 16, 128>, sum_elements = array<i64: 32, 64, 256, 512>}]}} {
  // CHECK-LABEL: func @plain_memory(
  // CHECK: scf.for {{.*}} iter_args
  // CHECK-NEXT: gpu.barrier
  // CHECK: vector.load %arg0{{.*}} {alignment = 16 : i64} : memref<?xf32>, vector<4xf32>
  // CHECK: %[[CHUNK:.*]] = vector.load {{.*}} {alignment = 16 : i64} : memref<{{.*}}, #gpu.address_space<workgroup>>, vector<4xf32>
  // CHECK: vector.extract %[[CHUNK]][0]
  // CHECK-COUNT-8: tile.multiply [32, 32, 2] {{.*}} : f32, f32, vector<16xf32>
  // CHECK: vector.store {{.*}} {alignment = 16 : i64} : memref<{{.*}}, #gpu.address_space<workgroup>>, vector<4xf32>
  func.func @plain_memory(%a: tensor<256x128xf32>, %w: tensor<64x128xf32>) -> tensor<256x64xf32> attributes {treadle.family = "contraction", treadle.symbols = []} {
    %0 = graph.matmul %a, %w {transposeRhs} : (tensor<256x128xf32>, tensor<64x128xf32>) -> tensor<256x64xf32>
    return %0 : tensor<256x64xf32>
  }
}

// -----

// As Vulkan: matrices as values, through shared memory.
module attributes {treadle.target = {name = "any", variant = "any", is_simt = true, workgroup_threads = 256, subgroup_threads = 32,
    opaque_units = [{operands = "f16", sum = "f32", shape = array<i64: 16, 16, 16>}]}} {
  // CHECK-LABEL: func @matrices(
  // CHECK-SAME: treadle.subgroup = 32
  // CHECK-SAME: treadle.threads = 128
  // CHECK: gpu.subgroup_id
  // CHECK: tile.fragment_fill
  // CHECK: arith.negf
  // CHECK: scf.for {{.*}} iter_args
  // CHECK-NEXT: gpu.barrier
  // CHECK: memref.store {{.*}}, #gpu.address_space<workgroup>>
  // CHECK: gpu.barrier
  // CHECK: tile.fragment_load {{.*}} pitch 40 : {{.*}} -> <16 x 16 x f16, "lhs">
  // CHECK: tile.fragment_load {{.*}} pitch 40 {turned} : {{.*}} -> <16 x 16 x f16, "rhs">
  // CHECK-COUNT-8: tile.fragment_multiply
  // CHECK: tile.fragment_store {{.*}} pitch 68
  // CHECK: gpu.barrier
  // CHECK: memref.store {{.*}} : memref<?xf16>
  func.func @matrices(%a: tensor<256x128xf16>, %w: tensor<64x128xf16>) -> tensor<256x64xf16> attributes {treadle.family = "contraction", treadle.symbols = []} {
    %0 = graph.neg %a : (tensor<256x128xf16>) -> tensor<256x128xf16>
    %1 = graph.matmul %0, %w {transposeRhs} : (tensor<256x128xf16>, tensor<64x128xf16>) -> tensor<256x64xf16>
    return %1 : tensor<256x64xf16>
  }
}
