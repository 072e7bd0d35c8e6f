// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-schedule-kernel),canonicalize)' | FileCheck %s
// Products on a device that copies boxes by itself and multiplies from shared memory, as sm_90; here with a unit for 64 columns.

module attributes {treadle.target = {name = "any", variant = "any", is_simt = true, workgroup_threads = 256, shared_bytes = 49152, most_shared_bytes = 232448,
    shared_units = [{operands = "f16", sum = "f32", shape = array<i64: 64, 64, 16>, lhs_lanes = array<i64>, lhs_elements = array<i64>,
        rhs_lanes = array<i64>, rhs_elements = array<i64>, sum_lanes = array<i64: 2, 4, 64, 128, 256, 1024, 2048>, sum_elements = array<i64: 1, 512, 8, 16, 32>}]}} {
  // Four subgroups multiply, the fifth starts copies. Rows and k of A; of B, k and columns, as it lies.
  // CHECK-LABEL: func @product(
  // CHECK-SAME: %[[A:[^:]*]]: !tile.box, %[[B:[^:]*]]: !tile.box)
  // CHECK-SAME: treadle.boxes = [{element = f16, operand = 0 : i64, shape = array<i64: 64, 64>, sizes = #graph.dims<s0, 128>, strides = #graph.dims<128>},
  // CHECK-SAME: {element = f16, operand = 1 : i64, shape = array<i64: 64, 64>, sizes = #graph.dims<128, 64>, strides = #graph.dims<64>}]
  // CHECK-SAME: treadle.threads = 160
  // CHECK: tile.barrier_init {{.*}}, 1 :
  // CHECK: tile.barrier_init {{.*}}, 4 :
  // CHECK: tile.barrier_publish
  // CHECK-NEXT: gpu.barrier
  // CHECK: scf.if
  // CHECK: scf.for
  // CHECK-NEXT: tile.barrier_wait %{{.*}}[%[[STAGE:.*]]], %{{.*}} :
  // CHECK: tile.multiply_begin
  // CHECK-COUNT-4: tile.multiply_shared [64, 64, 16] f16 {{.*}} depth 64 {turnedRhs}
  // CHECK: tile.multiply_commit
  // CHECK-NEXT: tile.multiply_wait 1
  // CHECK: tile.barrier_arrive
  // CHECK: tile.multiply_wait 0
  // CHECK: } else {
  // CHECK: scf.for %[[K:[^ ]*]] =
  // CHECK: tile.barrier_wait
  // CHECK: tile.barrier_expect {{.*}}, 16384 :
  // CHECK: tile.copy_box %[[A]][%{{.*}}, %[[K]]]
  // CHECK: tile.copy_box %[[B]][%[[K]], %{{.*}}]
  // CHECK: gpu.barrier
  // CHECK: memref.store {{.*}} : memref<?xf16>
  // CHECK: tile.barrier_end
  // CHECK: return
  func.func @product(%a: tensor<?x128xf16, #graph.dims<s0, 128>>, %w: tensor<128x64xf16>) -> tensor<?x64xf16, #graph.dims<s0, 64>> attributes {treadle.family = "contraction", treadle.symbols = ["s0"]} {
    %0 = graph.matmul %a, %w : (tensor<?x128xf16, #graph.dims<s0, 128>>, tensor<128x64xf16>) -> tensor<?x64xf16, #graph.dims<s0, 64>>
    return %0 : tensor<?x64xf16, #graph.dims<s0, 64>>
  }

  // Each product of a batch, and a convolution that is one.
  // CHECK-LABEL: func @batch(
  // CHECK-SAME: sizes = #graph.dims<3, 256, 128>, strides = #graph.dims<32768, 128>
  // CHECK: tile.multiply_shared
  // CHECK: return
  func.func @batch(%a: tensor<3x256x128xf16>, %w: tensor<3x64x128xf16>) -> tensor<3x256x64xf16> attributes {treadle.family = "contraction", treadle.symbols = []} {
    %0 = graph.matmul %a, %w {transposeRhs} : (tensor<3x256x128xf16>, tensor<3x64x128xf16>) -> tensor<3x256x64xf16>
    return %0 : tensor<3x256x64xf16>
  }
  // CHECK-LABEL: func @point(
  // CHECK-SAME: sizes = #graph.dims<392, 128>, strides = #graph.dims<128>
  // CHECK: tile.multiply_shared
  // CHECK: return
  func.func @point(%a: tensor<2x14x14x128xf16>, %w: tensor<64x128x1x1xf16>) -> tensor<2x14x14x64xf16> attributes {treadle.family = "contraction", treadle.symbols = []} {
    %0 = graph.conv %a, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, padLow = array<i64: 0, 0>, padHigh = array<i64: 0, 0>, groups = 1 : i64, channelsLast} : (tensor<2x14x14x128xf16>, tensor<64x128x1x1xf16>) -> tensor<2x14x14x64xf16>
    return %0 : tensor<2x14x14x64xf16>
  }

  // Neither what is computed on the way, nor strides of 8 bytes, nor what is smaller than a unit.
  // CHECK-LABEL: func @fused(
  // CHECK-NOT: tile.
  // CHECK: return
  func.func @fused(%a: tensor<256x128xf16>, %w: tensor<128x64xf16>) -> tensor<256x64xf16> attributes {treadle.family = "contraction", treadle.symbols = []} {
    %0 = graph.neg %a : (tensor<256x128xf16>) -> tensor<256x128xf16>
    %1 = graph.matmul %0, %w : (tensor<256x128xf16>, tensor<128x64xf16>) -> tensor<256x64xf16>
    return %1 : tensor<256x64xf16>
  }
  // CHECK-LABEL: func @strides(
  // CHECK-NOT: tile.
  // CHECK: return
  func.func @strides(%a: tensor<256x132xf16>, %w: tensor<132x64xf16>) -> tensor<256x64xf16> attributes {treadle.family = "contraction", treadle.symbols = []} {
    %0 = graph.matmul %a, %w : (tensor<256x132xf16>, tensor<132x64xf16>) -> tensor<256x64xf16>
    return %0 : tensor<256x64xf16>
  }
  // CHECK-LABEL: func @small(
  // CHECK-NOT: tile.
  // CHECK: return
  func.func @small(%a: tensor<32x128xf16>, %w: tensor<128x64xf16>) -> tensor<32x64xf16> attributes {treadle.family = "contraction", treadle.symbols = []} {
    %0 = graph.matmul %a, %w : (tensor<32x128xf16>, tensor<128x64xf16>) -> tensor<32x64xf16>
    return %0 : tensor<32x64xf16>
  }
}
