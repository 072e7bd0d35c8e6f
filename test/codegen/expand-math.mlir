// RUN: treadle-opt %s --treadle-expand-math | FileCheck %s
// Functions of f32 become arithmetic; those of f64 stay.

// CHECK-LABEL: func @exp(
// CHECK-NOT: math.exp
// CHECK: math.fma
// Two factors of 2^n.
// CHECK-COUNT-2: arith.shli
func.func @exp(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.exp %x : vector<8xf32>
  return %0 : vector<8xf32>
}

// CHECK-LABEL: func @approximateExp(
// CHECK-COUNT-1: arith.shli
// CHECK-NOT: arith.shli
func.func @approximateExp(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.exp %x fastmath<afn> : vector<8xf32>
  return %0 : vector<8xf32>
}

// CHECK-LABEL: func @number(
// CHECK-NOT: math.tanh
func.func @number(%x: f32) -> f32 {
  %0 = math.tanh %x : f32
  return %0 : f32
}

// Huge angles are reduced in integers, where there is one.
// CHECK-LABEL: func @sin(
// CHECK: %[[HUGE:.*]] = arith.cmpf oge
// CHECK: %[[ANY:.*]] = vector.reduction <or>
// CHECK: scf.if %[[ANY]]
// CHECK: arith.muli %{{.*}} : vector<4xi64>
// CHECK: else
// CHECK-NOT: math.sin
func.func @sin(%x: vector<4xf32>) -> vector<4xf32> {
  %0 = math.sin %x : vector<4xf32>
  return %0 : vector<4xf32>
}

// CHECK-LABEL: func @sinOfNumber(
// CHECK: scf.if %{{.*}} -> (f32, i32)
// CHECK: arith.muli %{{.*}} : i64
func.func @sinOfNumber(%x: f32) -> f32 {
  %0 = math.sin %x : f32
  return %0 : f32
}

// CHECK-LABEL: func @others(
// CHECK: math.exp %{{.*}} : vector<4xf64>
// CHECK-NOT: math.powf
// CHECK: math.sqrt
func.func @others(%x: vector<4xf64>, %y: vector<4xf32>) -> (vector<4xf64>, vector<4xf32>, vector<4xf32>) {
  %0 = math.exp %x : vector<4xf64>
  %1 = math.powf %y, %y : vector<4xf32>
  %2 = math.sqrt %y : vector<4xf32>
  return %0, %1, %2 : vector<4xf64>, vector<4xf32>, vector<4xf32>
}

// A number's power and angle need no f64.
// CHECK-LABEL: func @numbers(
// CHECK-NOT: f64
// CHECK-NOT: math.powf
// CHECK: return
func.func @numbers(%x: f32, %y: f32) -> (f32, f32) {
  %0 = math.powf %x, %y : f32
  %1 = math.cos %x : f32
  return %0, %1 : f32, f32
}
