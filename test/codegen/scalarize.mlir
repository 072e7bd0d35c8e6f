// RUN: treadle-opt %s --pass-pipeline='builtin.module(func.func(treadle-scalarize,canonicalize))' | FileCheck %s
// Vectors of one lane become numbers, in memory, under masks and through loops.

// CHECK-LABEL: func @memory(
// CHECK-SAME: %[[A:.*]]: memref<?xf32>, %[[AT:.*]]: index, %[[LANE:.*]]: i32, %[[MASK:.*]]: i1)
// CHECK-NOT: vector<1x
// CHECK: %[[X:.*]] = memref.load %[[A]][%[[AT]]]
// CHECK: %[[OFFSET:.*]] = arith.index_cast %[[LANE]] : i32 to index
// CHECK: %[[PLACE:.*]] = arith.addi %[[AT]], %[[OFFSET]]
// What the mask leaves out is not read.
// CHECK: %[[Y:.*]] = scf.if %[[MASK]]
// CHECK-NEXT: %[[LOADED:.*]] = memref.load %[[A]][%[[PLACE]]]
// CHECK-NEXT: scf.yield %[[LOADED]]
// CHECK: %[[SUM:.*]] = math.fma %[[X]], %[[Y]], %[[X]] : f32
// CHECK: scf.if %[[MASK]] {
// CHECK-NEXT: memref.store %[[SUM]], %[[A]][%[[AT]]]
func.func @memory(%a: memref<?xf32>, %at: index, %lane: i32, %inside: i1) {
  %rest = arith.constant dense<2.0> : vector<1xf32>
  %mask = vector.broadcast %inside : i1 to vector<1xi1>
  %lanes = vector.broadcast %lane : i32 to vector<1xi32>
  %x = vector.load %a[%at] : memref<?xf32>, vector<1xf32>
  %y = vector.gather %a[%at] [%lanes], %mask, %rest : memref<?xf32>, vector<1xi32>, vector<1xi1>, vector<1xf32> into vector<1xf32>
  %sum = vector.fma %x, %y, %x : vector<1xf32>
  vector.maskedstore %a[%at], %mask, %sum : memref<?xf32>, vector<1xi1>, vector<1xf32>
  return
}

// CHECK-LABEL: func @loop(
// CHECK: scf.for {{.*}} iter_args(%[[SUM:.*]] = %{{.*}}) -> (f32)
// CHECK: arith.addf %[[SUM]], %{{.*}} : f32
func.func @loop(%a: memref<?xf32>, %n: index) -> f32 {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %start = arith.constant dense<0.0> : vector<1xf32>
  %sum = scf.for %i = %zero to %n step %one iter_args(%before = %start) -> vector<1xf32> {
    %x = vector.load %a[%i] : memref<?xf32>, vector<1xf32>
    %next = arith.addf %before, %x : vector<1xf32>
    scf.yield %next : vector<1xf32>
  }
  %number = vector.extract %sum[0] : f32 from vector<1xf32>
  return %number : f32
}

// CHECK-LABEL: func @wider(
// CHECK: vector.load %{{.*}} vector<4xf32>
func.func @wider(%a: memref<?xf32>, %at: index) -> vector<4xf32> {
  %x = vector.load %a[%at] : memref<?xf32>, vector<4xf32>
  return %x : vector<4xf32>
}
