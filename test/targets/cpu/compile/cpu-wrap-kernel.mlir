// RUN: treadle-opt %s --treadle-cpu-wrap-kernel | FileCheck %s
// Around a kernel comes the function that the runtime calls: addresses and scalars in arrays, a range of tasks, scratch memory.

// CHECK: llvm.func @scale(%[[SLICES:.*]]: !llvm.ptr, %[[SCALARS:.*]]: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64, %[[SCRATCH:.*]]: !llvm.ptr)
// CHECK: %[[FIRST:.*]] = llvm.getelementptr %[[SLICES]][0]
// CHECK: %[[A:.*]] = llvm.load %[[FIRST]] : !llvm.ptr -> !llvm.ptr
// CHECK: %[[SIZE:.*]] = llvm.getelementptr %[[SCALARS]][0]
// CHECK: %[[N:.*]] = llvm.load %[[SIZE]] : !llvm.ptr -> i64
// CHECK: llvm.call @scale.body(%[[A]], %[[A]], %{{.*}}, %{{.*}}, %{{.*}}, %[[N]], %[[BEGIN]], %[[END]], %[[SCRATCH]], %[[SCRATCH]],
// CHECK: llvm.func internal @scale.body{{.*}}always_inline
llvm.func @scale(%a: !llvm.ptr, %a1: !llvm.ptr, %a2: i64, %a3: i64, %a4: i64, %n: i64, %begin: i64, %end: i64,
                 %s: !llvm.ptr, %s1: !llvm.ptr, %s2: i64, %s3: i64, %s4: i64)
    attributes {treadle.buffers = 1 : i64, treadle.symbols = ["n"]} {
  llvm.return
}

// CHECK: llvm.func @other() {
// CHECK-NOT: @other.body
llvm.func @other() {
  llvm.return
}
