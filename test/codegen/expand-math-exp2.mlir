// RUN: treadle-opt %s --treadle-expand-math | FileCheck %s
// With an instruction for 2^x nothing is left of exp but what its argument is made of; its polynomial otherwise.
module attributes {treadle.target = {name = "any", variant = "any", is_simt = true, approximates_exp2 = true}} {
  // CHECK-LABEL: func @approximateByInstruction(
  // CHECK-NEXT: arith.constant dense<1.44269
  // CHECK-NEXT: arith.mulf
  // CHECK-NEXT: math.exp2 {{.*}} fastmath<afn>
  // CHECK-NEXT: return
  func.func @approximateByInstruction(%x: vector<1xf32>) -> vector<1xf32> {
    %0 = math.exp %x fastmath<afn> : vector<1xf32>
    return %0 : vector<1xf32>
  }
  // CHECK-LABEL: func @exactByInstruction(
  // CHECK-COUNT-3: math.fma
  // CHECK-NOT: math.fma
  // CHECK: math.exp2 {{.*}} fastmath<afn>
  // CHECK-COUNT-2: arith.shli
  func.func @exactByInstruction(%x: vector<1xf32>) -> vector<1xf32> {
    %0 = math.exp %x : vector<1xf32>
    return %0 : vector<1xf32>
  }
}
