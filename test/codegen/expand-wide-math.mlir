// RUN: treadle-opt %s --treadle-expand-wide-math | FileCheck %s
// Functions of f64, and remainders, become arithmetic on numbers.

// CHECK-LABEL: func @exp(
// CHECK-NOT: math.exp
// CHECK: arith.mulf %{{.*}} : f64
func.func @exp(%x: f64) -> f64 {
  %0 = math.exp %x : f64
  return %0 : f64
}

// Huge angles by themselves, whose quarters are found in whole numbers.
// CHECK-LABEL: func @sin(
// CHECK: scf.if %{{.*}} -> (f64, i64)
// CHECK: arith.muli %{{.*}} : i64
// CHECK: else
// CHECK-NOT: arith.muli
// CHECK-NOT: math.sin
func.func @sin(%x: f64) -> f64 {
  %0 = math.sin %x : f64
  return %0 : f64
}

// A few bits of the quotient at a time.
// CHECK-LABEL: func @remainder(
// CHECK: %[[MANTISSA:.*]] = arith.maxui
// CHECK: scf.for
// CHECK: arith.remui %{{.*}}, %[[MANTISSA]] : i32
// CHECK-NOT: arith.remf
func.func @remainder(%x: f32, %y: f32) -> f32 {
  %0 = arith.remf %x, %y : f32
  return %0 : f32
}

// CHECK-LABEL: func @wideRemainder(
// CHECK: arith.remui %{{.*}} : i64
// Zeros are counted in 32 bits.
// CHECK: math.ctlz %{{.*}} : i32
func.func @wideRemainder(%x: f64, %y: f64) -> f64 {
  %0 = arith.remf %x, %y : f64
  return %0 : f64
}

// What stays.
// CHECK-LABEL: func @others(
// CHECK: math.exp %{{.*}} : f32
// CHECK: math.exp %{{.*}} : vector<2xf64>
// CHECK: math.sqrt %{{.*}} : f64
func.func @others(%x: f32, %y: vector<2xf64>, %z: f64) -> (f32, vector<2xf64>, f64) {
  %0 = math.exp %x : f32
  %1 = math.exp %y : vector<2xf64>
  %2 = math.sqrt %z : f64
  return %0, %1, %2 : f32, vector<2xf64>, f64
}
