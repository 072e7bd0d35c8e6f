// RUN: treadle-opt %s --pass-pipeline='builtin.module(builtin.module(treadle-vulkan-convert-kernel))' | FileCheck %s
// A kernel becomes a module whose entry point finds its arguments through the push constants; elements are reached
// through pointers made from addresses.

// CHECK: module @halve
// CHECK: spirv.module PhysicalStorageBuffer64 GLSL450 requires #spirv.vce<v1.5, [
// CHECK-SAME: treadle.threads = 64 : i64
// CHECK-DAG: spirv.GlobalVariable @[[SHARED:shared_.*]] : !spirv.ptr<!spirv.array<64 x f32>, Workgroup>
// CHECK-DAG: spirv.GlobalVariable @arguments : !spirv.ptr<!spirv.struct<(i64 [0], i32 [8])>, PushConstant>
// CHECK: spirv.func @main() "None"
// CHECK: spirv.Load "PushConstant"
// The number of tasks, last.
// CHECK: spirv.ConvertUToPtr %{{.*}} : i64 to !spirv.ptr<f32, PhysicalStorageBuffer>
// CHECK: spirv.Load "PhysicalStorageBuffer" %{{.*}} ["Aligned", 4] : f32
// CHECK: spirv.FMul %{{.*}} {no_contraction} : f32
// CHECK: spirv.Store "Workgroup"
// CHECK: spirv.ControlBarrier
// CHECK: spirv.Store "PhysicalStorageBuffer" %{{.*}} ["Aligned", 4] : f32
// CHECK: spirv.EntryPoint "GLCompute" @main
// CHECK: spirv.ExecutionMode @main "LocalSize", 64, 1, 1
builtin.module @halve {
  func.func @halve(%in: memref<?xf32>, %out: memref<?xf32>, %tasks: index)
      attributes {treadle.grid = #graph.dims<1>, treadle.scratch = #graph.dim<0>, treadle.buffers = 2 : i64, treadle.symbols = [], treadle.threads = 64 : i64} {
    %half = arith.constant 0.5 : f32
    %shared = memref.alloca() : memref<64xf32, #gpu.address_space<workgroup>>
    %thread = gpu.thread_id x
    %group = gpu.block_id x
    %groups = gpu.grid_dim x
    scf.for %task = %group to %tasks step %groups {
      %x = memref.load %in[%thread] : memref<?xf32>
      %y = arith.mulf %x, %half : f32
      memref.store %y, %shared[%thread] : memref<64xf32, #gpu.address_space<workgroup>>
      gpu.barrier
      %z = memref.load %shared[%thread] : memref<64xf32, #gpu.address_space<workgroup>>
      memref.store %z, %out[%thread] : memref<?xf32>
    }
    return
  }
}

// What a loop carries is what it started from where it runs no times. Nothing is contracted, fma included.
// CHECK: module @sum
// CHECK: spirv.GL.Fma %{{.*}} {no_contraction} : f32
// CHECK: %[[SUM:.*]] = spirv.Load "Function"
// CHECK: spirv.Select %{{.*}}, %[[SUM]], %{{.*}} : i1, f32
builtin.module @sum {
  func.func @sum(%in: memref<?xf32>, %out: memref<?xf32>, %size: index, %tasks: index)
      attributes {treadle.grid = #graph.dims<1>, treadle.scratch = #graph.dim<0>, treadle.buffers = 2 : i64, treadle.symbols = ["s0"], treadle.threads = 64 : i64} {
    %zero = arith.constant 0 : index
    %one = arith.constant 1 : index
    %start = arith.constant 1.0 : f32
    %sum = scf.for %i = %zero to %size step %one iter_args(%before = %start) -> f32 {
      %x = memref.load %in[%i] : memref<?xf32>
      %next = math.fma %x, %x, %before : f32
      scf.yield %next : f32
    }
    memref.store %sum, %out[%zero] : memref<?xf32>
    return
  }
}

// Two neighbours of 32 bits are one word. What a subgroup's thread hands round is a shuffle, which llvmpipe does in one
// instruction.
// CHECK: module @pair
// CHECK: GroupNonUniformShuffle
// CHECK: spirv.IMul
// CHECK: %[[WORD:.*]] = spirv.Load "PhysicalStorageBuffer" %{{.*}} ["Aligned", 8] : i64
// CHECK: %[[BOTH:.*]] = spirv.Bitcast %[[WORD]] : i64 to vector<2xf32>
// CHECK: spirv.CompositeExtract %[[BOTH]][1 : i32]
// CHECK: spirv.GroupNonUniformShuffle <Subgroup>
// CHECK: spirv.GroupNonUniformShuffleXor <Subgroup>
builtin.module @pair {
  func.func @pair(%in: memref<?xf32>, %out: memref<?xf32>, %tasks: index)
      attributes {treadle.grid = #graph.dims<1>, treadle.scratch = #graph.dim<0>, treadle.buffers = 2 : i64, treadle.symbols = [], treadle.threads = 64 : i64} {
    %two = arith.constant 2 : index
    %lane = arith.constant 3 : i32
    %thread = gpu.thread_id x
    %at = arith.muli %thread, %two : index
    %both = vector.load %in[%at] {alignment = 8 : i64} : memref<?xf32>, vector<2xf32>
    %second = vector.extract %both[1] : f32 from vector<2xf32>
    %spread = gpu.subgroup_broadcast %second, specific_lane %lane : f32
    %width = arith.constant 8 : i32
    %exchanged, %valid = gpu.shuffle xor %spread, %lane, %width : f32
    memref.store %exchanged, %out[%thread] : memref<?xf32>
    return
  }
}

// What a subgroup's threads say of something, as bits.
// CHECK: module @ballot
// CHECK: %[[WORDS:.*]] = spirv.GroupNonUniformBallot <Subgroup> %{{.*}} : vector<4xi32>
// CHECK: spirv.CompositeExtract %[[WORDS]][0 : i32]
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

// Matrices that the device holds are cooperative ones, in Vulkan's memory model, where what is shared says so.
// CHECK: module @product
// CHECK: spirv.module PhysicalStorageBuffer64 Vulkan requires #spirv.vce<v1.6, [{{.*}}CooperativeMatrixKHR{{.*}}VulkanMemoryModel{{.*}}], [SPV_KHR_cooperative_matrix]>
// CHECK: spirv.CompositeConstruct %{{.*}} : (f32) -> !spirv.coopmatrix<16x16xf32, Subgroup, MatrixAcc>
// CHECK: spirv.Load "PhysicalStorageBuffer" %{{.*}} ["Aligned|NonPrivatePointer", 2] : f16
// CHECK: spirv.Store "Workgroup" %{{.*}} ["NonPrivatePointer"] : f16
// CHECK: spirv.ControlBarrier <Workgroup>, <Workgroup>, <AcquireRelease|WorkgroupMemory|MakeAvailable|MakeVisible>
// CHECK: spirv.KHR.CooperativeMatrixLoad %{{.*}}, %{{.*}}, <RowMajor>, <NonPrivatePointer> : !spirv.ptr<f16, Workgroup>, i32 -> !spirv.coopmatrix<16x16xf16, Subgroup, MatrixA>
// CHECK: spirv.KHR.CooperativeMatrixLoad %{{.*}}, %{{.*}}, <ColumnMajor>, <NonPrivatePointer>
// CHECK: spirv.KHR.CooperativeMatrixMulAdd
// CHECK: spirv.KHR.CooperativeMatrixStore
builtin.module @product {
  func.func @product(%in: memref<?xf16>, %out: memref<?xf32>, %tasks: index)
      attributes {treadle.grid = #graph.dims<1>, treadle.scratch = #graph.dim<0>, treadle.buffers = 2 : i64, treadle.symbols = [], treadle.threads = 32 : i64} {
    %zero = arith.constant 0.0 : f32
    %first = arith.constant 0 : index
    %operands = memref.alloca() : memref<384xf16, #gpu.address_space<workgroup>>
    %results = memref.alloca() : memref<320xf32, #gpu.address_space<workgroup>>
    %thread = gpu.thread_id x
    %none = tile.fragment_fill %zero : f32 -> !tile.fragment<16 x 16 x f32, "sums">
    %x = memref.load %in[%thread] : memref<?xf16>
    memref.store %x, %operands[%thread] : memref<384xf16, #gpu.address_space<workgroup>>
    gpu.barrier
    %a = tile.fragment_load %operands[%first] pitch 24 : memref<384xf16, #gpu.address_space<workgroup>> -> !tile.fragment<16 x 16 x f16, "lhs">
    %b = tile.fragment_load %operands[%first] pitch 24 {turned} : memref<384xf16, #gpu.address_space<workgroup>> -> !tile.fragment<16 x 16 x f16, "rhs">
    %c = tile.fragment_multiply %a, %b, %none : !tile.fragment<16 x 16 x f16, "lhs">, !tile.fragment<16 x 16 x f16, "rhs">, !tile.fragment<16 x 16 x f32, "sums">
    tile.fragment_store %c to %results[%first] pitch 20 : !tile.fragment<16 x 16 x f32, "sums">, memref<320xf32, #gpu.address_space<workgroup>>
    gpu.barrier
    %y = memref.load %results[%thread] : memref<320xf32, #gpu.address_space<workgroup>>
    memref.store %y, %out[%thread] : memref<?xf32>
    return
  }
}

// Four elements are a word, or where they are 16 bytes a vector of words.
// CHECK: module @four
// CHECK: spirv.Load "PhysicalStorageBuffer" %{{.*}} ["Aligned", 16] : vector<4xi32>
// CHECK: spirv.Bitcast %{{.*}} : vector<4xi32> to vector<4xf32>
// CHECK: %[[BYTES:.*]] = spirv.Bitcast %{{.*}} : vector<4xi8> to i32
// CHECK: spirv.Store "PhysicalStorageBuffer" %{{.*}}, %[[BYTES]] ["Aligned", 4] : i32
// CHECK: %[[WORDS:.*]] = spirv.Bitcast %{{.*}} : vector<4xf32> to vector<4xi32>
// CHECK: spirv.Store "PhysicalStorageBuffer" %{{.*}}, %[[WORDS]] ["Aligned", 16] : vector<4xi32>
builtin.module @four {
  func.func @four(%in: memref<?xf32>, %bytes: memref<?xi8>, %out: memref<?xf32>, %tasks: index)
      attributes {treadle.grid = #graph.dims<1>, treadle.scratch = #graph.dim<0>, treadle.buffers = 3 : i64, treadle.symbols = [], treadle.threads = 64 : i64} {
    %four = arith.constant 4 : index
    %thread = gpu.thread_id x
    %at = arith.muli %thread, %four : index
    %all = vector.load %in[%at] {alignment = 16 : i64} : memref<?xf32>, vector<4xf32>
    %narrow = arith.fptoui %all : vector<4xf32> to vector<4xi8>
    vector.store %narrow, %bytes[%at] {alignment = 4 : i64} : memref<?xi8>, vector<4xi8>
    vector.store %all, %out[%at] {alignment = 16 : i64} : memref<?xf32>, vector<4xf32>
    return
  }
}

// Each thread goes through the elements that it has of a matrix, as many as the device says; a matrix of device memory is
// aligned. A subgroup's barrier is one of memory alone where nobody can be ahead.
// CHECK: module @map
// CHECK: spirv.KHR.CooperativeMatrixLoad {{.*}} <ColumnMajor>, <Aligned|NonPrivatePointer>, 16 : !spirv.ptr<f16, PhysicalStorageBuffer>
// CHECK: %[[ALL:.*]] = spirv.Variable : !spirv.ptr<!spirv.coopmatrix<16x16xf32, Subgroup, MatrixAcc>, Function>
// CHECK: %[[LENGTH:.*]] = spirv.KHR.CooperativeMatrixLength : !spirv.coopmatrix<16x16xf32, Subgroup, MatrixAcc>
// CHECK: spirv.mlir.loop
// CHECK: spirv.SLessThan %{{.*}}, %[[LENGTH]] : i32
// CHECK: %[[OWN:.*]] = spirv.AccessChain %[[ALL]]
// CHECK: %[[X:.*]] = spirv.Load "Function" %[[OWN]] : f32
// CHECK: %[[Y:.*]] = spirv.FMul %[[X]], %[[X]]
// CHECK: spirv.Store "Function" %[[OWN]], %[[Y]] : f32
// CHECK: spirv.FConvert %{{.*}} : !spirv.coopmatrix<16x16xf32, Subgroup, MatrixAcc> to !spirv.coopmatrix<16x16xf16, Subgroup, MatrixAcc>
// CHECK: spirv.ControlBarrier <Subgroup>, <Subgroup>, <AcquireRelease|WorkgroupMemory|MakeAvailable|MakeVisible>
builtin.module @map {
  func.func @map(%in: memref<?xf16>, %tasks: index)
      attributes {treadle.grid = #graph.dims<1>, treadle.scratch = #graph.dim<0>, treadle.buffers = 1 : i64, treadle.symbols = [], treadle.threads = 32 : i64, treadle.subgroup = 32 : i64} {
    %zero = arith.constant 0.0 : f32
    %first = arith.constant 0 : index
    %memory = memref.alloca() : memref<384xf16, #gpu.address_space<workgroup>>
    %none = tile.fragment_fill %zero : f32 -> !tile.fragment<16 x 16 x f32, "sums">
    %a = tile.fragment_load %memory[%first] pitch 24 : memref<384xf16, #gpu.address_space<workgroup>> -> !tile.fragment<16 x 16 x f16, "lhs">
    %b = tile.fragment_load %in[%first] pitch 16 {turned} : memref<?xf16> -> !tile.fragment<16 x 16 x f16, "rhs">
    %c = tile.fragment_multiply %a, %b, %none : !tile.fragment<16 x 16 x f16, "lhs">, !tile.fragment<16 x 16 x f16, "rhs">, !tile.fragment<16 x 16 x f32, "sums">
    %d = tile.fragment_map %c : !tile.fragment<16 x 16 x f32, "sums"> {
    ^bb0(%x: f32):
      %y = arith.mulf %x, %x : f32
      tile.yield %y : f32
    }
    %e = tile.fragment_convert %d : !tile.fragment<16 x 16 x f32, "sums"> -> !tile.fragment<16 x 16 x f16, "sums">
    tile.subgroup_barrier
    tile.fragment_store %e to %memory[%first] pitch 24 : !tile.fragment<16 x 16 x f16, "sums">, memref<384xf16, #gpu.address_space<workgroup>>
    return
  }
}

// CHECK: module @lockstep
// CHECK: spirv.MemoryBarrier <Subgroup>, <AcquireRelease|WorkgroupMemory>
builtin.module @lockstep attributes {treadle.target = {name = "vulkan", variant = "cpu", is_simt = true, in_lockstep = true}} {
  func.func @lockstep(%in: memref<?xf16>, %tasks: index)
      attributes {treadle.grid = #graph.dims<1>, treadle.scratch = #graph.dim<0>, treadle.buffers = 1 : i64, treadle.symbols = [], treadle.threads = 32 : i64} {
    tile.subgroup_barrier
    return
  }
}
