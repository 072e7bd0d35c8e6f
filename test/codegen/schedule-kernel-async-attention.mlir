// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-schedule-kernel),canonicalize)' | FileCheck %s
// Attention on a device that copies boxes by itself and multiplies from shared memory, as sm_90; here with a unit for 64 columns.

module attributes {treadle.target = {name = "any", variant = "any", is_simt = true, workgroup_threads = 256, thread_registers = 128, shared_bytes = 49152, most_shared_bytes = 232448,
    shared_units = [{operands = "f16", sum = "f32", shape = array<i64: 64, 64, 16>, lhs_lanes = array<i64: 2, 4, 16, 32, 64, 256, 512>, lhs_elements = array<i64: 1, 128, 8>,
        rhs_lanes = array<i64>, rhs_elements = array<i64>, sum_lanes = array<i64: 2, 4, 64, 128, 256, 1024, 2048>, sum_elements = array<i64: 1, 512, 8, 16, 32>}]}} {
  // Two units of four subgroups multiply, four subgroups, of which one thread works, copy. Queries and keys are upright, V is
  // turned. All keys are whole blocks, so none is masked.
  // CHECK-LABEL: func @attention(
  // CHECK-SAME: %[[Q:[^:]*]]: !tile.box, %[[K:[^:]*]]: !tile.box, %[[V:[^:]*]]: !tile.box)
  // CHECK-SAME: {element = f16, operand = 0 : i64, shape = array<i64: 1, 128, 64>, sizes = #graph.dims<64, 256, 64>, strides = #graph.dims<16384, 64>}
  // CHECK-SAME: {element = f16, operand = 1 : i64, shape = array<i64: 1, 64, 64>
  // CHECK-SAME: {element = f16, operand = 2 : i64, shape = array<i64: 1, 64, 64>
  // CHECK-SAME: treadle.persistent
  // CHECK-SAME: treadle.threads = 384
  // CHECK: tile.barrier_publish
  // CHECK-NEXT: gpu.barrier
  // CHECK: scf.if
  // CHECK: tile.copy_box %[[Q]]
  // CHECK: tile.copy_box %[[K]]
  // CHECK: scf.for
  // CHECK: tile.copy_box %[[K]]
  // CHECK: tile.copy_box %[[V]]
  // CHECK: tile.copy_box %[[V]]
  // CHECK: } else {
  // CHECK: tile.multiply_shared [64, 64, 16] f16 {{.*}} {overwrites}
  // CHECK-COUNT-3: tile.multiply_shared [64, 64, 16] f16
  // CHECK: tile.multiply_wait 0
  // CHECK-NOT: arith.cmpi s
  // CHECK: math.exp2 {{.*}} fastmath<afn>
  // CHECK: scf.for
  // CHECK: tile.multiply_shared [64, 64, 16] f16 {{.*}} {overwrites}
  // CHECK: tile.multiply_commit
  // CHECK-COUNT-4: tile.multiply_held [64, 64, 16] {{.*}} {turnedRhs}
  // CHECK: tile.multiply_commit
  // CHECK: tile.multiply_wait 1
  // CHECK-COUNT-34: math.exp2
  // CHECK: tile.multiply_wait 0
  // CHECK: tile.multiply_held
  // CHECK: gpu.shuffle
  // CHECK: vector.store {{.*}} {alignment = 16 : i64} : memref<?xf16>, vector<8xf16>
  // CHECK: return
  func.func @attention(%q: tensor<64x256x64xf16>, %k: tensor<64x256x64xf16>, %v: tensor<64x256x64xf16>) -> tensor<64x256x64xf16> attributes {treadle.family = "attention", treadle.symbols = []} {
    %0 = graph.attention %q, %k, %v {scale = 0.125 : f64} : (tensor<64x256x64xf16>, tensor<64x256x64xf16>, tensor<64x256x64xf16>) -> tensor<64x256x64xf16>
    return %0 : tensor<64x256x64xf16>
  }

  // A workgroup goes on to further tasks, there and back, and what copies to the ring of stages goes on with it.
  // CHECK-LABEL: func @order(
  // CHECK: %[[GROUP:.*]] = gpu.block_id {{ *}}x
  // CHECK: %[[GROUPS:.*]] = gpu.grid_dim {{ *}}x
  // CHECK: %[[ROUND:.*]] = arith.muli %[[GROUPS]], %c2
  // CHECK: scf.while (%{{.*}} = %[[GROUP]],
  // CHECK: ^bb0(%[[TASK:[^:]*]]: index, %[[STEP:[^:]*]]: index, 
  // CHECK: tile.copy_box
  // CHECK: %[[NEXT:.*]] = arith.addi %[[TASK]], %[[STEP]]
  // CHECK: %[[BACK:.*]] = arith.subi %[[ROUND]], %[[STEP]]
  // CHECK: scf.yield %[[NEXT]], %[[BACK]], %
  // CHECK: return
  func.func @order(%q: tensor<64x256x64xf16>, %k: tensor<64x256x64xf16>, %v: tensor<64x256x64xf16>) -> tensor<64x256x64xf16> attributes {treadle.family = "attention", treadle.symbols = []} {
    %0 = graph.attention %q, %k, %v {causal, scale = 0.125 : f64} : (tensor<64x256x64xf16>, tensor<64x256x64xf16>, tensor<64x256x64xf16>) -> tensor<64x256x64xf16>
    return %0 : tensor<64x256x64xf16>
  }

  // Of 4,096 keys, in blocks of 64, those of a prefix and of a window of 164: the last block first, then what is left of both.
  // CHECK-LABEL: func @window(
  // CHECK: scf.while
  // CHECK: tile.copy_box %{{.*}}[%{{.*}}, %c4032, %c0]
  // CHECK: scf.for %{{.*}} = %c0 to %c3 step %c1
  // CHECK: tile.copy_box
  // CHECK: tile.copy_box
  // CHECK: scf.while
  // CHECK: scf.for %{{.*}} = %c0 to %c3 step %c1
  // CHECK: return
  func.func @window(%q: tensor<4x64x64xf16>, %k: tensor<4x4096x64xf16>, %v: tensor<4x4096x64xf16>) -> tensor<4x64x64xf16> attributes {treadle.family = "attention", treadle.symbols = []} {
    %0 = graph.attention %q, %k, %v {causal, windowLeft = 100, prefix = 4, scale = 0.125 : f64} : (tensor<4x64x64xf16>, tensor<4x4096x64xf16>, tensor<4x4096x64xf16>) -> tensor<4x64x64xf16>
    return %0 : tensor<4x64x64xf16>
  }

  // Of few queries one unit, and a mask for the last block alone.
  // CHECK-LABEL: func @ragged(
  // CHECK-SAME: treadle.threads = 256
  // CHECK: tile.multiply_wait 0
  // CHECK-COUNT-32: arith.cmpi {{s[gl]t}}, {{.*}}index
  // CHECK: scf.for
  // CHECK: tile.multiply_wait 1
  // CHECK-NOT: arith.cmpi s
  // CHECK: tile.multiply_wait 0
  // CHECK: return
  func.func @ragged(%q: tensor<2x64x64xf16>, %k: tensor<2x200x64xf16>, %v: tensor<2x200x64xf16>) -> tensor<2x64x64xf16> attributes {treadle.family = "attention", treadle.symbols = []} {
    %0 = graph.attention %q, %k, %v {scale = 0.125 : f64} : (tensor<2x64x64xf16>, tensor<2x200x64xf16>, tensor<2x200x64xf16>) -> tensor<2x64x64xf16>
    return %0 : tensor<2x64x64xf16>
  }

  // Neither a bias, nor what is computed on the way, nor a handful of queries.
  // CHECK-LABEL: func @bias(
  // CHECK-NOT: tile.
  // CHECK: return
  func.func @bias(%q: tensor<64x64xf16>, %k: tensor<64x64xf16>, %v: tensor<64x64xf16>, %m: tensor<64x64xf16>) -> tensor<64x64xf16> attributes {treadle.family = "attention", treadle.symbols = []} {
    %0 = graph.attention %q, %k, %v, %m {scale = 0.125 : f64} : (tensor<64x64xf16>, tensor<64x64xf16>, tensor<64x64xf16>, tensor<64x64xf16>) -> tensor<64x64xf16>
    return %0 : tensor<64x64xf16>
  }
  // CHECK-LABEL: func @fused(
  // CHECK-NOT: tile.
  // CHECK: return
  func.func @fused(%q: tensor<64x64xf16>, %k: tensor<64x64xf16>, %v: tensor<64x64xf16>) -> tensor<64x64xf16> attributes {treadle.family = "attention", treadle.symbols = []} {
    %0 = graph.neg %q : (tensor<64x64xf16>) -> tensor<64x64xf16>
    %1 = graph.attention %0, %k, %v {scale = 0.125 : f64} : (tensor<64x64xf16>, tensor<64x64xf16>, tensor<64x64xf16>) -> tensor<64x64xf16>
    return %1 : tensor<64x64xf16>
  }
  // CHECK-LABEL: func @few(
  // CHECK-NOT: tile.
  // CHECK: return
  func.func @few(%q: tensor<4x64xf16>, %k: tensor<64x64xf16>, %v: tensor<64x64xf16>) -> tensor<4x64xf16> attributes {treadle.family = "attention", treadle.symbols = []} {
    %0 = graph.attention %q, %k, %v {scale = 0.125 : f64} : (tensor<4x64xf16>, tensor<64x64xf16>, tensor<64x64xf16>) -> tensor<4x64xf16>
    return %0 : tensor<4x64xf16>
  }
}
