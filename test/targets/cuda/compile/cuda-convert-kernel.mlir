// RUN: treadle-opt %s --pass-pipeline='builtin.module(builtin.module(treadle-cuda-convert-kernel))' | FileCheck %s
// A kernel becomes a function that is launched; buffers are memory of the device, shared memory is a variable.

// CHECK: module @halve
// CHECK: llvm.mlir.global internal @[[SHARED:shared_.*]]() {addr_space = 3 : i32{{.*}}} : !llvm.array<64 x f32>
// CHECK: llvm.func @halve(%[[IN:.*]]: !llvm.ptr<1>, %[[OUT:.*]]: !llvm.ptr<1>, %[[SIZE:.*]]: i64, %[[TASKS:.*]]: i32, %[[GROUPS:.*]]: i32)
// CHECK-SAME: nvvm.kernel
// CHECK-SAME: nvvm.maxntid = array<i32: 64, 1, 1>
// CHECK: llvm.trunc %[[SIZE]] : i64 to i32
// CHECK: nvvm.read.ptx.sreg.tid.x
// CHECK: nvvm.read.ptx.sreg.ctaid.x
// CHECK: nvvm.barrier
// CHECK: llvm.add %{{.*}}, %[[GROUPS]]
builtin.module @halve {
  func.func @halve(%in: memref<?xf32>, %out: memref<?xf32>, %size: index, %tasks: index)
      attributes {treadle.grid = #graph.dims<1>, treadle.scratch = #graph.dim<0>, treadle.buffers = 2 : i64, treadle.symbols = ["s0"], treadle.threads = 64 : i64} {
    %half = arith.constant 0.5 : f32
    %shared = memref.alloca() : memref<64xf32, #gpu.address_space<workgroup>>
    %thread = gpu.thread_id x
    %group = gpu.block_id x
    %groups = gpu.grid_dim x
    scf.for %task = %group to %tasks step %groups {
      %at = arith.addi %thread, %size : index
      %x = memref.load %in[%at] : memref<?xf32>
      %y = arith.mulf %x, %half : f32
      memref.store %y, %shared[%thread] : memref<64xf32, #gpu.address_space<workgroup>>
      gpu.barrier
      %z = memref.load %shared[%thread] : memref<64xf32, #gpu.address_space<workgroup>>
      memref.store %z, %out[%thread] : memref<?xf32>
    }
    return
  }
}

// Products of fragments take registers of 32 bits; copies that do not exist read no byte.
// CHECK: module @product
// CHECK: %[[COUNT:.*]] = llvm.select %{{.*}}, %{{.*}}, %{{.*}} : i1, i32
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg, %[[COUNT]]
// CHECK: nvvm.cp.async.commit.group
// CHECK: nvvm.cp.async.wait.group 0
// CHECK: nvvm.barrier
// CHECK: nvvm.ldmatrix %{{.*}} {{.*}}num = 4
// CHECK: nvvm.ldmatrix %{{.*}} {{.*}}layout = #nvvm.mma_layout<col>, num = 2
// CHECK: nvvm.mma.sync A[%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}] B[%{{.*}}, %{{.*}}] C[%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}]
// CHECK-SAME: (vector<2xf16>, vector<2xf16>, f32)
// CHECK: nvvm.mma.sync
// CHECK-SAME: multiplicandAPtxType = #nvvm.mma_type<u8>, multiplicandBPtxType = #nvvm.mma_type<s8>
builtin.module @product {
  func.func @product(%in: memref<?xf16>, %out: memref<?xf16>, %tasks: index)
      attributes {treadle.grid = #graph.dims<1>, treadle.scratch = #graph.dim<0>, treadle.buffers = 2 : i64, treadle.symbols = [], treadle.threads = 32 : i64} {
    %shared = memref.alloca() : memref<512xf16, #gpu.address_space<workgroup>>
    %thread = gpu.thread_id x
    %exists = arith.cmpi ult, %thread, %tasks : index
    tile.copy_async 8 of %in[%thread] to %shared[%thread] if %exists : memref<?xf16>, index, memref<512xf16, #gpu.address_space<workgroup>>, index
    tile.commit
    tile.wait 0
    gpu.barrier
    %a = tile.load_matrix %shared[%thread] : (memref<512xf16, #gpu.address_space<workgroup>>, index) -> vector<8xf16>
    %b = tile.load_matrix %shared[%thread] {transpose} : (memref<512xf16, #gpu.address_space<workgroup>>, index) -> vector<4xf16>
    %zero = arith.constant dense<0.0> : vector<4xf32>
    %sums = tile.multiply [16, 8, 16] %a, %b, %zero : vector<8xf16>, vector<4xf16>, vector<4xf32>
    %narrow = arith.fptosi %sums : vector<4xf32> to vector<4xi32>
    %c = vector.bitcast %a : vector<8xf16> to vector<16xi8>
    %d = vector.bitcast %b : vector<4xf16> to vector<8xi8>
    %counts = tile.multiply [16, 8, 32] %c, %d, %narrow {unsignedLhs} : vector<16xi8>, vector<8xi8>, vector<4xi32>
    %halves = vector.bitcast %counts : vector<4xi32> to vector<8xf16>
    vector.store %halves, %out[%thread] : memref<?xf16>, vector<8xf16>
    return
  }
}

// What a subgroup's threads say of something, as bits.
// CHECK: module @ballot
// CHECK: nvvm.vote.sync ballot
builtin.module @ballot {
  func.func @ballot(%in: memref<?xi32>, %out: memref<?xi32>, %tasks: index)
      attributes {treadle.grid = #graph.dims<1>, treadle.scratch = #graph.dim<0>, treadle.buffers = 2 : i64, treadle.symbols = [], treadle.threads = 64 : i64} {
    %thread = gpu.thread_id x
    %x = memref.load %in[%thread] : memref<?xi32>
    %zero = arith.constant 0 : i32
    %truth = arith.cmpi ne, %x, %zero : i32
    %bits = tile.ballot %truth : i32
    memref.store %bits, %out[%thread] : memref<?xi32>
    return
  }
}

// What is no such kernel stays.
// CHECK: module @other
// CHECK-NEXT: func.func @other
builtin.module @other {
  func.func @other() {
    return
  }
}

// Boxes are handed over by value, after all else; more shared memory than code can have by itself is what the kernel is
// launched with.
// CHECK: module @boxes
// CHECK: llvm.mlir.global external @launched_shared() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
// CHECK: llvm.func @boxes(%{{.*}}: !llvm.ptr<1>, %{{.*}}: i32, %[[GROUPS:.*]]: i32, %[[BOX:.*]]: !llvm.ptr {llvm.align = 64 : i64, llvm.byval = !llvm.array<128 x i8>, nvvm.grid_constant})
// CHECK-SAME: treadle.shared = 65552
// CHECK: llvm.getelementptr %{{.*}}[65536]
// CHECK: mbarrier.init.shared.b64 [$0], 1;
// CHECK: fence.mbarrier_init.release.cluster;{{.*}}fence.proxy.async.shared::cta;
// CHECK: mbarrier.arrive.expect_tx.shared.b64 _, [$0], 16384;
// CHECK: cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [$0], [$1, {$2, $3}], [$4];
// CHECK-SAME: %[[BOX]]
// CHECK: mbarrier.try_wait.parity.shared.b64 ended, [$0], $1;
// CHECK: wgmma.fence.sync.aligned;
// CHECK: wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {$0, $1, $2, $3}, $8, $9, adds, 1, 1, 0, 1;
// CHECK: wgmma.commit_group.sync.aligned;
// CHECK: wgmma.wait_group.sync.aligned 0;
// CHECK-SAME: "=f,=f,=f,=f,0,1,2,3,~{memory}"
// CHECK: setmaxnreg.inc.sync.aligned.u32 240;
// CHECK: setp.ne.b32 adds, 0, 0;{{.*}}wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {$0, $1, $2, $3}, {$4, $5, $6, $7}, $8, adds, 1, 1, 1;
// CHECK-SAME: "=f,=f,=f,=f,r,r,r,r,l,~{memory}"
// CHECK: llvm.intr.maxnum
// CHECK: llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f32"
// CHECK: setmaxnreg.dec.sync.aligned.u32 24;
// CHECK: llvm.add %{{.*}}, %[[GROUPS]]
builtin.module @boxes {
  func.func @boxes(%out: memref<?xf32>, %tasks: index, %box: !tile.box)
      attributes {treadle.grid = #graph.dims<1>, treadle.scratch = #graph.dim<0>, treadle.buffers = 1 : i64, treadle.symbols = [], treadle.threads = 128 : i64, treadle.boxes = [{}]} {
    %barriers = memref.alloca() : memref<2xi64, #gpu.address_space<workgroup>>
    %shared = memref.alloca() {alignment = 1024 : i64} : memref<32768xi16, #gpu.address_space<workgroup>>
    %zero = arith.constant 0 : index
    %group = gpu.block_id x
    %groups = gpu.grid_dim x
    scf.for %task = %group to %tasks step %groups {
      tile.barrier_init %barriers[%zero], 1 : memref<2xi64, #gpu.address_space<workgroup>>
      tile.barrier_publish
      gpu.barrier
      tile.barrier_expect %barriers[%zero], 16384 : memref<2xi64, #gpu.address_space<workgroup>>
      tile.copy_box %box[%task, %zero] to %shared[%zero] then %barriers[%zero] : memref<32768xi16, #gpu.address_space<workgroup>>, memref<2xi64, #gpu.address_space<workgroup>>
      tile.barrier_wait %barriers[%zero], %zero : memref<2xi64, #gpu.address_space<workgroup>>
      tile.multiply_begin
      %none = arith.constant dense<0.0> : vector<4xf32>
      %started = tile.multiply_shared [64, 8, 16] bf16 %shared[%zero], %shared[%zero], %none depth 64 {turnedRhs} : memref<32768xi16, #gpu.address_space<workgroup>>, memref<32768xi16, #gpu.address_space<workgroup>>, vector<4xf32>
      tile.multiply_commit
      %sums = tile.multiply_wait 0, %started : vector<4xf32>
      tile.registers 240
      %ones = arith.constant dense<1.0> : vector<8xbf16>
      %held = tile.multiply_held [64, 8, 16] %ones, %shared[%zero], %sums depth 64 {overwrites, turnedRhs} : vector<8xbf16>, memref<32768xi16, #gpu.address_space<workgroup>>, vector<4xf32>
      tile.multiply_commit
      %more = tile.multiply_wait 0, %held : vector<4xf32>
      %sum = vector.extract %more[0] : f32 from vector<4xf32>
      %last = vector.extract %more[1] : f32 from vector<4xf32>
      %greater = arith.maxnumf %sum, %last : f32
      %power = math.exp2 %greater fastmath<afn> : f32
      memref.store %power, %out[%zero] : memref<?xf32>
      tile.registers 24 fewer
    }
    return
  }
}

// What is below 0 is 0, and rounded, by one instruction for two numbers; the first is the lower half.
// CHECK: module @rectified
// CHECK-COUNT-2: llvm.call_intrinsic "llvm.nvvm.ff2f16x2.rn.relu"({{.*}}) : (f32, f32) -> vector<2xf16>
// CHECK: llvm.call_intrinsic "llvm.nvvm.f2bf16.rn.relu"({{.*}}) : (f32) -> bf16
// Below 1 is not below 0.
// CHECK: llvm.fptrunc
builtin.module @rectified {
  func.func @rectified(%in: memref<?xf32>, %halves: memref<?xf16>, %out: memref<?xi16>, %others: memref<?xf16>, %tasks: index)
      attributes {treadle.grid = #graph.dims<1>, treadle.scratch = #graph.dim<0>, treadle.buffers = 4 : i64, treadle.symbols = [], treadle.threads = 64 : i64} {
    %thread = gpu.thread_id x
    %zeros = arith.constant dense<0.0> : vector<4xf32>
    %all = vector.load %in[%thread] : memref<?xf32>, vector<4xf32>
    %below = arith.cmpf olt, %all, %zeros : vector<4xf32>
    %rectified = arith.select %below, %zeros, %all : vector<4xi1>, vector<4xf32>
    %narrow = arith.truncf %rectified : vector<4xf32> to vector<4xf16>
    vector.store %narrow, %halves[%thread] : memref<?xf16>, vector<4xf16>
    %zero = arith.constant 0.0 : f32
    %x = memref.load %in[%thread] : memref<?xf32>
    %isBelow = arith.cmpf olt, %x, %zero : f32
    %number = arith.select %isBelow, %zero, %x : f32
    %rounded = arith.truncf %number : f32 to bf16
    %bits = arith.bitcast %rounded : bf16 to i16
    memref.store %bits, %out[%thread] : memref<?xi16>
    %one = arith.constant 1.0 : f32
    %isBelowOne = arith.cmpf olt, %x, %one : f32
    %another = arith.select %isBelowOne, %zero, %x : f32
    %half = arith.truncf %another : f32 to f16
    memref.store %half, %others[%thread] : memref<?xf16>
    return
  }
}
