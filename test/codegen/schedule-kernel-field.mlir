// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-schedule-kernel),canonicalize)' --split-input-file | FileCheck %s
// A lane for each row, or a thread; rays in loops that end.

module attributes {treadle.target = {name = "cpu", variant = "x86-64-v3", vector_bytes = 32 : i64, vector_registers = 16 : i64}} {
  // Weights are unpacked once; a layer's sums are in registers, the last layer has those columns alone that are read.
  // CHECK-LABEL: func @network(
  // CHECK: arith.extf {{.*}} vector<16xf16> to vector<16xf32>
  // CHECK: scf.for
  // CHECK: scf.for {{.*}} iter_args({{.*}}, {{.*}}, {{.*}}, {{.*}}) -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
  // CHECK-COUNT-4: vector.fma
  // CHECK-NOT: vector.fma
  // Four sums of every fourth column: one would wait for itself.
  // CHECK: scf.for {{.*}} step %c4 {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
  // CHECK-COUNT-4: vector.fma
  // CHECK-NOT: vector.fma
  func.func @network(%x: tensor<?x16xf16, #graph.dims<s0, 16>>, %a: tensor<64x16xf16>, %c: tensor<16x64xf16>) -> tensor<?x1xf16, #graph.dims<s0, 1>> attributes {treadle.family = "field", treadle.symbols = ["s0"]} {
    %0 = ng.mlp %x, %a, %c {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>} : (tensor<?x16xf16, #graph.dims<s0, 16>>, tensor<64x16xf16>, tensor<16x64xf16>) -> tensor<?x16xf16, #graph.dims<s0, 16>>
    %1 = graph.slice %0 starts <0, 0> steps [1, 1] : (tensor<?x16xf16, #graph.dims<s0, 16>>) -> tensor<?x1xf16, #graph.dims<s0, 1>>
    return %1 : tensor<?x1xf16, #graph.dims<s0, 1>>
  }
}

// -----

!points = tensor<?x3xf32, #graph.dims<samples, 3>>
module attributes {treadle.target = {name = "vulkan", variant = "gpu", is_simt = true, shared_bytes = 32768 : i64, workgroup_threads = 128 : i64, subgroup_threads = 32 : i64}} {
  // The two features of a vertex are one load, and go from there into the network.
  // CHECK-LABEL: func @rays(
  // CHECK-SAME: treadle.threads = 128
  // CHECK: scf.while
  // CHECK: scf.while
  // CHECK: scf.condition
  // CHECK-COUNT-8: vector.load %{{.*}} : memref<?xf32>, vector<2xf32>
  // CHECK-NOT: vector.store
  // CHECK: vector.fma
  func.func @rays(%o: tensor<?x3xf32, #graph.dims<s0, 3>>, %d: tensor<?x3xf32, #graph.dims<s0, 3>>, %t: tensor<64x2xf32>, %w: tensor<4x2xf32>) -> tensor<?x3xf32, #graph.dims<s0, 3>> attributes {treadle.family = "field", treadle.symbols = ["s0"]} {
    %0:3 = ng.march %o, %d captures(%t, %w) {
    ^bb0(%p: !points, %r: !points, %table: tensor<64x2xf32>, %v: tensor<4x2xf32>):
      %1 = ng.grid_encoding %p, %table {
        levels = [#ng.level<scale = 3.0 : f32, resolution = 4, offset = 0, entries = 64, index = dense>],
        interpolation = #ng.interpolation<linear>
      } : (!points, tensor<64x2xf32>) -> tensor<?x2xf32, #graph.dims<samples, 2>>
      %2 = ng.mlp %1, %v {activation = #ng.activation<none>, outputActivation = #ng.activation<sigmoid>}
          : (tensor<?x2xf32, #graph.dims<samples, 2>>, tensor<4x2xf32>) -> tensor<?x4xf32, #graph.dims<samples, 4>>
      %density = graph.slice %2 starts <0, 0> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> tensor<?x1xf32, #graph.dims<samples, 1>>
      %c = graph.slice %2 starts <0, 1> steps [1, 1] : (tensor<?x4xf32, #graph.dims<samples, 4>>) -> !points
      ng.yield %density, %c : tensor<?x1xf32, #graph.dims<samples, 1>>, !points
    } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, minStep = 0.01 : f32, maxStep = 0.01 : f32, coneAngle = 0.0 : f32,
       maxSteps = 200 : i64, start = 0.5 : f32, minTransmittance = 0.01 : f32}
        : (tensor<?x3xf32, #graph.dims<s0, 3>>, tensor<?x3xf32, #graph.dims<s0, 3>>, tensor<64x2xf32>, tensor<4x2xf32>)
        -> (tensor<?x3xf32, #graph.dims<s0, 3>>, tensor<?x1xf32, #graph.dims<s0, 1>>, tensor<?x1xf32, #graph.dims<s0, 1>>)
    return %0#0 : tensor<?x3xf32, #graph.dims<s0, 3>>
  }
}

// -----

!points = tensor<?x3xf32, #graph.dims<samples, 3>>
!one = tensor<?x1xf32, #graph.dims<samples, 1>>
!rays = tensor<?x3xf32, #graph.dims<s0, 3>>
!column = tensor<?x1xf32, #graph.dims<s0, 1>>
module attributes {treadle.target = {name = "vulkan", variant = "gpu", is_simt = true, shared_bytes = 32768 : i64, workgroup_threads = 128 : i64, subgroup_threads = 32 : i64}} {
  // A word of bits is a block of cells. How many steps of one length there are up to its end is computed,
  // CHECK-LABEL: func @even(
  // CHECK-COUNT-3: scf.while
  // CHECK: vector.load {{.*}} {alignment = 4 : i64} : memref<?xi8>, vector<4xi8>
  // CHECK: arith.fptosi
  // CHECK-NOT: scf.while
  // CHECK: return
  func.func @even(%o: !rays, %d: !rays, %bits: tensor<1x512xui8>) -> !column attributes {treadle.family = "field", treadle.symbols = ["s0"]} {
    %0:3 = ng.march %o, %d occupancy(%bits) captures() {
    ^bb0(%p: !points, %r: !points):
      %density = graph.slice %p starts <0, 0> steps [1, 1] : (!points) -> !one
      ng.yield %density, %r : !one, !points
    } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, minStep = 0.01 : f32, maxStep = 0.01 : f32, coneAngle = 0.0 : f32,
       maxSteps = 200 : i64, start = 0.5 : f32, minTransmittance = 0.01 : f32}
        : (!rays, !rays, tensor<1x512xui8>) -> (!rays, !column, !column)
    return %0#1 : !column
  }
  // of others they are taken,
  // CHECK-LABEL: func @growing(
  // CHECK-COUNT-4: scf.while
  // CHECK: vector.load {{.*}} {alignment = 4 : i64} : memref<?xi8>, vector<4xi8>
  // CHECK: return
  func.func @growing(%o: !rays, %d: !rays, %bits: tensor<1x512xui8>) -> !column attributes {treadle.family = "field", treadle.symbols = ["s0"]} {
    %0:3 = ng.march %o, %d occupancy(%bits) captures() {
    ^bb0(%p: !points, %r: !points):
      %density = graph.slice %p starts <0, 0> steps [1, 1] : (!points) -> !one
      ng.yield %density, %r : !one, !points
    } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, minStep = 0.01 : f32, maxStep = 1.0 : f32, coneAngle = 0.004 : f32,
       maxSteps = 200 : i64, start = 0.5 : f32, minTransmittance = 0.01 : f32}
        : (!rays, !rays, tensor<1x512xui8>) -> (!rays, !column, !column)
    return %0#1 : !column
  }
  // and where each leaves its cell nothing is known ahead.
  // CHECK-LABEL: func @far(
  // CHECK-COUNT-3: scf.while
  // CHECK-NOT: scf.while
  // CHECK: return
  func.func @far(%o: !rays, %d: !rays, %bits: tensor<1x512xui8>) -> !column attributes {treadle.family = "field", treadle.symbols = ["s0"]} {
    %0:3 = ng.march %o, %d occupancy(%bits) captures() {
    ^bb0(%p: !points, %r: !points):
      %density = graph.slice %p starts <0, 0> steps [1, 1] : (!points) -> !one
      ng.yield %density, %r : !one, !points
    } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, minStep = 0.1 : f32, maxStep = 1.0 : f32, coneAngle = 0.004 : f32,
       maxSteps = 200 : i64, start = 0.5 : f32, minTransmittance = 0.01 : f32}
        : (!rays, !rays, tensor<1x512xui8>) -> (!rays, !column, !column)
    return %0#1 : !column
  }
}

// -----

// As sm_80. Weights come to shared memory before any task, then 16 bytes at a time to registers; a row there and back.
// What one layer's products are is the next one's operand, and only columns that are read are made of the last.
module attributes {treadle.target = {name = "any", variant = "any", is_simt = true, workgroup_threads = 256, subgroup_threads = 32 : i64,
    matrix_units = [{operands = "f16", sum = "f32", shape = array<i64: 16, 8, 16>, lhs_lanes = array<i64: 2, 4, 16, 32, 64>, lhs_elements = array<i64: 1, 128, 8>,
        rhs_lanes = array<i64: 2, 4, 16, 32, 64>, rhs_elements = array<i64: 1, 8>, sum_lanes = array<i64: 2, 4, 8, 16, 32>, sum_elements = array<i64: 1, 64>}]}} {
  // CHECK-LABEL: func @upright(
  // CHECK-SAME: treadle.persistent
  // CHECK: vector.store {{.*}} : memref<1024xf16, #gpu.address_space<workgroup>>, vector<4xf16>
  // CHECK: gpu.barrier
  // CHECK: scf.while
  // CHECK: vector.store {{.*}}, vector<8xf16>
  // CHECK: tile.subgroup_barrier
  // CHECK-COUNT-2: vector.load {{.*}} : memref<8192xf16, #gpu.address_space<workgroup>>, vector<8xf16>
  // CHECK: vector.load {{.*}} : memref<1024xf16, #gpu.address_space<workgroup>>, vector<8xf16>
  // CHECK: %[[SUM:.*]] = tile.multiply [16, 8, 16] %{{.*}}, %{{.*}}, %cst
  // CHECK: tile.multiply
  // CHECK-COUNT-6: tile.multiply
  // CHECK-NOT: vector.store
  // CHECK: vector.from_elements {{.*}} : vector<8xf16>
  // CHECK-COUNT-2: tile.multiply
  // CHECK: tile.subgroup_barrier
  // CHECK: vector.store
  // CHECK: tile.subgroup_barrier
  // CHECK: vector.load {{.*}} : memref<8192xf16, #gpu.address_space<workgroup>>, vector<4xf16>
  // CHECK-NOT: tile.multiply
  // CHECK: return
  func.func @upright(%x: tensor<?x16xf16, #graph.dims<s0, 16>>, %a: tensor<32x16xf16>, %c: tensor<16x32xf16>) -> tensor<?x1xf16, #graph.dims<s0, 1>> attributes {treadle.family = "field", treadle.symbols = ["s0"]} {
    %0 = ng.mlp %x, %a, %c {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>} : (tensor<?x16xf16, #graph.dims<s0, 16>>, tensor<32x16xf16>, tensor<16x32xf16>) -> tensor<?x16xf16, #graph.dims<s0, 16>>
    %1 = graph.slice %0 starts <0, 0> steps [1, 1] : (tensor<?x16xf16, #graph.dims<s0, 16>>) -> tensor<?x1xf16, #graph.dims<s0, 1>>
    return %1 : tensor<?x1xf16, #graph.dims<s0, 1>>
  }
  // Numbers of f32 are not for the unit: a row is computed by its thread alone.
  // CHECK-LABEL: func @wider(
  // CHECK-NOT: tile.
  // CHECK: return
  func.func @wider(%x: tensor<?x16xf32, #graph.dims<s0, 16>>, %a: tensor<16x16xf32>) -> tensor<?x16xf32, #graph.dims<s0, 16>> attributes {treadle.family = "field", treadle.symbols = ["s0"]} {
    %0 = ng.mlp %x, %a {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>} : (tensor<?x16xf32, #graph.dims<s0, 16>>, tensor<16x16xf32>) -> tensor<?x16xf32, #graph.dims<s0, 16>>
    return %0 : tensor<?x16xf32, #graph.dims<s0, 16>>
  }
}

// -----

// As gfx90a: transposed, of the two units the one that multiplies fewer zeros.
module attributes {treadle.target = {name = "any", variant = "any", is_simt = true, workgroup_threads = 256, subgroup_threads = 64 : i64, shared_bytes = 65536,
    matrix_units = [{operands = "f16", sum = "f32", shape = array<i64: 32, 32, 8>, lhs_lanes = array<i64: 8, 16, 32, 64, 128, 4>, lhs_elements = array<i64: 1, 2>,
        rhs_lanes = array<i64: 8, 16, 32, 64, 128, 4>, rhs_elements = array<i64: 1, 2>, sum_lanes = array<i64: 1, 2, 4, 8, 16, 128>, sum_elements = array<i64: 32, 64, 256, 512>},
       {operands = "f16", sum = "f32", shape = array<i64: 16, 16, 16>, lhs_lanes = array<i64: 16, 32, 64, 128, 4, 8>, lhs_elements = array<i64: 1, 2>,
        rhs_lanes = array<i64: 16, 32, 64, 128, 4, 8>, rhs_elements = array<i64: 1, 2>, sum_lanes = array<i64: 1, 2, 4, 8, 64, 128>, sum_elements = array<i64: 16, 32>}]}} {
  // Rows come and results go four elements at a time.
  // CHECK-LABEL: func @transposed(
  // CHECK-COUNT-4: vector.load %arg0{{.*}} {alignment = 8 : i64} : memref<?xf16>, vector<4xf16>
  // CHECK: tile.multiply [16, 16, 16] {{.*}} : vector<4xf16>, vector<4xf16>, vector<4xf32>
  // CHECK-COUNT-4: vector.store {{.*}} {alignment = 8 : i64} : memref<?xf16>, vector<4xf16>
  // CHECK: return
  func.func @transposed(%x: tensor<?x16xf16, #graph.dims<s0, 16>>, %a: tensor<32x16xf16>, %c: tensor<16x32xf16>) -> tensor<?x16xf16, #graph.dims<s0, 16>> attributes {treadle.family = "field", treadle.symbols = ["s0"]} {
    %0 = ng.mlp %x, %a, %c {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>} : (tensor<?x16xf16, #graph.dims<s0, 16>>, tensor<32x16xf16>, tensor<16x32xf16>) -> tensor<?x16xf16, #graph.dims<s0, 16>>
    return %0 : tensor<?x16xf16, #graph.dims<s0, 16>>
  }
}

// -----

module attributes {treadle.target = {name = "vulkan", variant = "cpu", is_simt = true, shared_bytes = 32768 : i64, workgroup_threads = 64 : i64, subgroup_threads = 8 : i64, shared_load_cycles = 40 : i64, memory_load_cycles = 40 : i64, broadcast_cycles = 2 : i64, load_bytes = 8 : i64}} {
  // Where threads hand each other values: four rows of a thread share weights, four columns of a row a word of memory.
  // CHECK-LABEL: func @shared_weights(
  // CHECK: memref.alloca() : memref<{{.*}}xi64, #gpu.address_space<workgroup>>
  // CHECK-COUNT-16: vector.load %arg0{{.*}} vector<4xf16>
  // CHECK: scf.for
  // CHECK: vector.load %arg1{{.*}} vector<4xf16>
  // CHECK-COUNT-64: gpu.subgroup_broadcast
  // CHECK-COUNT-256: vector.fma
  // CHECK-COUNT-4: vector.store {{.*}} vector<1xi64>
  // CHECK: }
  // CHECK-COUNT-64: vector.load {{.*}} vector<1xi64>
  // CHECK-NOT: vector.load {{.*}} vector<1xi64>
  func.func @shared_weights(%x: tensor<?x16xf16, #graph.dims<s0, 16>>, %a: tensor<64x16xf16>, %c: tensor<16x64xf16>) -> tensor<?x1xf16, #graph.dims<s0, 1>> attributes {treadle.family = "field", treadle.symbols = ["s0"]} {
    %0 = ng.mlp %x, %a, %c {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>} : (tensor<?x16xf16, #graph.dims<s0, 16>>, tensor<64x16xf16>, tensor<16x64xf16>) -> tensor<?x16xf16, #graph.dims<s0, 16>>
    %1 = graph.slice %0 starts <0, 0> steps [1, 1] : (tensor<?x16xf16, #graph.dims<s0, 16>>) -> tensor<?x1xf16, #graph.dims<s0, 1>>
    return %1 : tensor<?x1xf16, #graph.dims<s0, 1>>
  }
}

// -----

!points = tensor<?x3xf32, #graph.dims<samples, 3>>
module attributes {treadle.target = {name = "cpu", variant = "x86-64-v3", vector_bytes = 32 : i64, vector_registers = 16 : i64, rays_of_lane = 4 : i64, idle_lanes = 3 : i64}} {
  // Lanes take next rays: what is known of a run's rays, in memory by rows; rays to their ends, which are stored, and next
  // ones where three of sixteen lanes are idle as long as there are any; the results by rows.
  // CHECK-LABEL: func @queue(
  // CHECK: %[[QUEUED:.*]] = scf.for %{{.*}} = %c0 to %{{.*}} step %c16 iter_args(%{{.*}} = %c0_i32) -> (i32)
  // CHECK-COUNT-8: vector.store {{.*}} : memref<720xi32>
  // CHECK: vector.scatter
  // CHECK: scf.while
  // CHECK: arith.cmpi slt, %{{.*}}, %[[QUEUED]] : i32
  // CHECK-COUNT-2: vector.scatter
  // CHECK-COUNT-9: vector.gather {{.*}} : memref<?xi32>
  // CHECK: arith.select %{{.*}}, %c13_i32, %c0_i32 : i32
  // CHECK: scf.while
  // CHECK: math.ctpop
  // CHECK: vector.fma
  // CHECK: scf.for %{{.*}} = %c0 to %{{.*}} step %c16
  // CHECK: vector.load {{.*}} : memref<720xi32>
  // CHECK: vector.maskedstore %arg3
  func.func @queue(%o: tensor<?x3xf32, #graph.dims<s0, 3>>, %d: tensor<?x3xf32, #graph.dims<s0, 3>>, %w: tensor<1x3xf32>) -> tensor<?x1xf32, #graph.dims<s0, 1>> attributes {treadle.family = "field", treadle.symbols = ["s0"]} {
    %0:3 = ng.sphere_trace %o, %d captures(%w) {
    ^bb0(%p: !points, %v: tensor<1x3xf32>):
      %1 = ng.mlp %p, %v {activation = #ng.activation<none>, outputActivation = #ng.activation<none>}
          : (!points, tensor<1x3xf32>) -> tensor<?x1xf32, #graph.dims<samples, 1>>
      ng.yield %1 : tensor<?x1xf32, #graph.dims<samples, 1>>
    } {box = array<f32: 0.0, 0.0, 0.0, 1.0, 1.0, 1.0>, maxSteps = 64 : i64, stepScale = 0.95 : f32, offset = 0.0 : f32, epsilon = 5.0e-5 : f32}
        : (tensor<?x3xf32, #graph.dims<s0, 3>>, tensor<?x3xf32, #graph.dims<s0, 3>>, tensor<1x3xf32>)
        -> (tensor<?x3xf32, #graph.dims<s0, 3>>, tensor<?x1xf32, #graph.dims<s0, 1>>, tensor<?x1xi1, #graph.dims<s0, 1>>)
    return %0#1 : tensor<?x1xf32, #graph.dims<s0, 1>>
  }
}

// -----

module attributes {treadle.target = {name = "cpu", variant = "x86-64-v3", vector_bytes = 32 : i64, vector_registers = 16 : i64}} {
  // The eight vertices' weights and numbers are in memory; then a turn loads an entry of two features for each lane.
  // CHECK-LABEL: func @grid(
  // CHECK-COUNT-16: vector.store
  // CHECK: scf.for {{.*}} to %c128 step %c16 {{.*}} -> (vector<16xf32>, vector<16xf32>)
  // CHECK-COUNT-16: memref.load
  // CHECK-NOT: memref.load
  // CHECK: vector.deinterleave {{.*}} : vector<32xf32>
  // CHECK-NOT: memref.load
  func.func @grid(%x: tensor<?x3xf32, #graph.dims<s0, 3>>, %t: tensor<64x2xf32>) -> tensor<?x2xf32, #graph.dims<s0, 2>> attributes {treadle.family = "field", treadle.symbols = ["s0"]} {
    %0 = ng.grid_encoding %x, %t {
      levels = [#ng.level<scale = 3.0 : f32, resolution = 4, offset = 0, entries = 64, index = dense>],
      interpolation = #ng.interpolation<linear>
    } : (tensor<?x3xf32, #graph.dims<s0, 3>>, tensor<64x2xf32>) -> tensor<?x2xf32, #graph.dims<s0, 2>>
    return %0 : tensor<?x2xf32, #graph.dims<s0, 2>>
  }
}

// -----

module attributes {treadle.target = {name = "vulkan", variant = "gpu-matrix", is_simt = true, workgroup_threads = 256 : i64, subgroup_threads = 32 : i64, thread_registers = 128 : i64, shared_bytes = 32768 : i64,
    opaque_units = [{operands = "f16", sum = "f32", shape = array<i64: 16, 16, 16>}]}} {
  // Of units that only the device knows: weights to shared memory, once; a layer's operands and then its sums where the
  // subgroup's rows are; the 23 columns of the first are 32, of which the last nine become zeros again.
  // CHECK-LABEL: func @fragments(
  // CHECK-SAME: treadle.subgroup = 32
  // CHECK: gpu.subgroup_id
  // CHECK: memref.store {{.*}} : memref<1408xf16, #gpu.address_space<workgroup>>
  // CHECK: gpu.barrier
  // CHECK: vector.store {{.*}} : memref<10240xf16, #gpu.address_space<workgroup>>, vector<1xf16>
  // CHECK: tile.subgroup_barrier
  // CHECK-COUNT-2: tile.fragment_load {{.*}} pitch 40 : {{.*}} -> <16 x 16 x f16, "lhs">
  // CHECK: tile.subgroup_barrier
  // CHECK: tile.fragment_load {{.*}} pitch 24 {turned} : {{.*}} -> <16 x 16 x f16, "rhs">
  // CHECK-COUNT-2: tile.fragment_multiply
  // CHECK: tile.fragment_map
  // CHECK: arith.select
  // CHECK: tile.yield
  // CHECK: tile.fragment_convert
  // CHECK: tile.fragment_store {{.*}} pitch 40
  // CHECK: tile.subgroup_barrier
  // CHECK-COUNT-9: vector.store
  // CHECK-NOT: vector.store
  // CHECK: tile.subgroup_barrier
  // CHECK: tile.fragment_load {{.*}} pitch 40 {turned} : {{.*}} -> <16 x 16 x f16, "rhs">
  // CHECK-NOT: tile.fragment_map
  // CHECK: vector.load {{.*}} : memref<10240xf16, #gpu.address_space<workgroup>>, vector<1xf16>
  func.func @fragments(%x: tensor<?x16xf16, #graph.dims<s0, 16>>, %a: tensor<23x16xf16>, %c: tensor<16x23xf16>) -> tensor<?x1xf16, #graph.dims<s0, 1>> attributes {treadle.family = "field", treadle.symbols = ["s0"]} {
    %0 = ng.mlp %x, %a, %c {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>} : (tensor<?x16xf16, #graph.dims<s0, 16>>, tensor<23x16xf16>, tensor<16x23xf16>) -> tensor<?x16xf16, #graph.dims<s0, 16>>
    %1 = graph.slice %0 starts <0, 0> steps [1, 1] : (tensor<?x16xf16, #graph.dims<s0, 16>>) -> tensor<?x1xf16, #graph.dims<s0, 1>>
    return %1 : tensor<?x1xf16, #graph.dims<s0, 1>>
  }

  // What of weights has no room is loaded where it is needed, if it is whole fragments; else nothing is.
  // CHECK-LABEL: func @wide(
  // CHECK: tile.fragment_load %arg1{{.*}} pitch 128 {turned} : memref<?xf16> -> <16 x 16 x f16, "rhs">
  func.func @wide(%x: tensor<?x128xf16, #graph.dims<s0, 128>>, %a: tensor<128x128xf16>) -> tensor<?x128xf16, #graph.dims<s0, 128>> attributes {treadle.family = "field", treadle.symbols = ["s0"]} {
    %0 = ng.mlp %x, %a {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>} : (tensor<?x128xf16, #graph.dims<s0, 128>>, tensor<128x128xf16>) -> tensor<?x128xf16, #graph.dims<s0, 128>>
    return %0 : tensor<?x128xf16, #graph.dims<s0, 128>>
  }
  // CHECK-LABEL: func @wideAndOdd(
  // CHECK-NOT: tile.fragment_load
  func.func @wideAndOdd(%x: tensor<?x128xf16, #graph.dims<s0, 128>>, %a: tensor<125x128xf16>) -> tensor<?x125xf16, #graph.dims<s0, 125>> attributes {treadle.family = "field", treadle.symbols = ["s0"]} {
    %0 = ng.mlp %x, %a {activation = #ng.activation<relu>, outputActivation = #ng.activation<none>} : (tensor<?x128xf16, #graph.dims<s0, 128>>, tensor<125x128xf16>) -> tensor<?x125xf16, #graph.dims<s0, 125>>
    return %0 : tensor<?x125xf16, #graph.dims<s0, 125>>
  }
}
