// Matrix products: sizes around those of tiles, sides that lie transposed or broadcast, nothing to add up.

// -----
// name sizes
// for W in {test.constant} | {}
// for M N in 1 1 | 1 4 | 1 37 | 3 16 | 5 17 | 13 15 | 14 33 | 31 8 | 67 5
// for K in 1, 40
func.func @main(%a: tensor<$Mx$Kxf32>, %b: tensor<$Kx$Nxf32> $W) -> tensor<$Mx$Nxf32> {
  %0 = graph.matmul %a, %b : (tensor<$Mx$Kxf32>, tensor<$Kx$Nxf32>) -> tensor<$Mx$Nxf32>
  return %0 : tensor<$Mx$Nxf32>
}

// -----
// name sides
// for W in {test.constant} | {}
// for T U in f32 f32 | bf16 bf16 | f16 f16 | f64 f64 | i8 i32 | ui8 i32 | i16 i16 | i32 i32 | i64 i64
// table NAME A B S
//   plain    11x20  20x18  {}
//   lhs      20x11  20x18  {transposeLhs}
//   rhs      11x20  18x20  {transposeRhs}
//   both     20x11  18x20  {transposeLhs, transposeRhs}
func.func @main(%a: tensor<$Ax$T>, %b: tensor<$Bx$T> $W) -> tensor<11x18x$U> {
  %0 = graph.matmul %a, %b $S : (tensor<$Ax$T>, tensor<$Bx$T>) -> tensor<11x18x$U>
  return %0 : tensor<11x18x$U>
}

// -----
// name deepAndSmall
// for W in {test.constant} | {}
// for T U in f16 f16 | bf16 bf16 | f32 f32 | ui8 i32
// table NAME A B C S
//   plain    40x1000  1000x72  40x72  {}
//   lhs      1000x40  1000x72  40x72  {transposeLhs}
//   rhs      40x1000  72x1000  40x72  {transposeRhs}
//   ragged   37x777   777x51   37x51  {}
func.func @main(%a: tensor<$Ax$T>, %b: tensor<$Bx$T> $W) -> tensor<$Cx$U> {
  %0 = graph.matmul %a, %b $S : (tensor<$Ax$T>, tensor<$Bx$T>) -> tensor<$Cx$U>
  return %0 : tensor<$Cx$U>
}

// -----
// name bytesOfBothKinds
// for W in test.constant | test.argument
// for A B in ui8 i8 | i8 ui8
// for N in 2, 20
func.func @main(%a: tensor<9x33x$A> {test.range = array<f64: 0.0, 128.0>}, %b: tensor<33x$Nx$B> {test.range = array<f64: 0.0, 128.0>, $W}) -> tensor<9x$Nxi32> {
  %0 = graph.matmul %a, %b : (tensor<9x33x$A>, tensor<33x$Nx$B>) -> tensor<9x$Nxi32>
  return %0 : tensor<9x$Nxi32>
}

// -----
// name bytesAreWide
// for A B in ui8 i8 | i8 i8 | ui8 ui8
func.func @main(%a: tensor<5x300x$A> {test.range = array<f64: 120.0, 128.0>}, %b: tensor<300x19x$B> {test.range = array<f64: 120.0, 128.0>}) -> tensor<5x19xi32> {
  %0 = graph.matmul %a, %b : (tensor<5x300x$A>, tensor<300x19x$B>) -> tensor<5x19xi32>
  return %0 : tensor<5x19xi32>
}

// -----
// name broadcast
// for W in {test.constant} | {}
// for S in {}, {transposeLhs}
// table NAME A B C
//   alike     2x3x7x7    2x3x7x18   2x3x7x18
//   rhsOnce   2x3x7x7    7x18       2x3x7x18
//   rhsInner  2x3x7x7    2x1x7x18   2x3x7x18
//   rhsOuter  2x3x7x7    3x7x18     2x3x7x18
//   lhsOnce   7x7        2x3x7x18   2x3x7x18
//   lhsInner  2x1x7x7    2x3x7x18   2x3x7x18
//   crossed   2x1x7x7    1x3x7x18   2x3x7x18
//   outward   1x7x7      2x3x7x1    2x3x7x1
//   ones      1x1x7x7    1x7x4      1x1x7x4
func.func @main(%a: tensor<$Axf32>, %b: tensor<$Bxf32> $W) -> tensor<$Cxf32> {
  %0 = graph.matmul %a, %b $S : (tensor<$Axf32>, tensor<$Bxf32>) -> tensor<$Cxf32>
  return %0 : tensor<$Cxf32>
}

// -----
// name broadcastTransposed
// for T in f32, f16, f64
// table NAME A B C S
//   rhs      2x5x9   2x21x9    2x5x21    {transposeRhs}
//   rhsOnce  2x5x9   21x9      2x5x21    {transposeRhs}
//   both     2x9x5   1x21x9    2x5x21    {transposeLhs, transposeRhs}
//   lhsOnce  9x5     4x9x21    4x5x21    {transposeLhs}
func.func @main(%a: tensor<$Ax$T>, %b: tensor<$Bx$T>) -> tensor<$Cx$T> {
  %0 = graph.matmul %a, %b $S : (tensor<$Ax$T>, tensor<$Bx$T>) -> tensor<$Cx$T>
  return %0 : tensor<$Cx$T>
}

// -----
// name nothing
// for W in {test.constant} | {}
// for T U in f32 f32 | bf16 bf16 | i8 i32
// table NAME A B C
//   rows     0x5     5x7     0x7
//   depth    3x0     0x7     3x7
//   columns  3x5     5x0     3x0
//   batch    0x3x5   5x7     0x3x7
//   batches  0x3x5   0x5x7   0x3x7
//   all      0x0     0x0     0x0
func.func @main(%a: tensor<$Ax$T>, %b: tensor<$Bx$T> $W) -> tensor<$Cx$U> {
  %0 = graph.matmul %a, %b : (tensor<$Ax$T>, tensor<$Bx$T>) -> tensor<$Cx$U>
  return %0 : tensor<$Cx$U>
}

// -----
// name unknown
// for S L R in {} m,k k,n | {transposeLhs} k,m k,n | {transposeRhs} m,k n,k | {transposeLhs,transposeRhs} k,m n,k
// for T in f32, bf16, i32
// with m=1 k=1 n=1 | m=9 k=33 n=20 | m=40 k=5 n=3 | m=0 k=4 n=4 | m=4 k=0 n=4 | m=4 k=4 n=0
func.func @main(%a: tensor<?x?x$T, #graph.dims<$L>>, %b: tensor<?x?x$T, #graph.dims<$R>>) -> tensor<?x?x$T, #graph.dims<m, n>> {
  %0 = graph.matmul %a, %b $S : (tensor<?x?x$T, #graph.dims<$L>>, tensor<?x?x$T, #graph.dims<$R>>) -> tensor<?x?x$T, #graph.dims<m, n>>
  return %0 : tensor<?x?x$T, #graph.dims<m, n>>
}

// -----
// name unknownBatch
// for W in {test.constant} | {}
// for T in f32, f16
// with b=1 c=1 m=1 | b=2 c=3 m=5 | b=5 c=1 m=33 | b=0 c=2 m=3
func.func @main(%a: tensor<?x?x?x24x$T, #graph.dims<b, c, m, 24>>, %b: tensor<24x40x$T> $W) -> tensor<?x?x?x40x$T, #graph.dims<b, c, m, 40>> {
  %0 = graph.matmul %a, %b : (tensor<?x?x?x24x$T, #graph.dims<b, c, m, 24>>, tensor<24x40x$T>) -> tensor<?x?x?x40x$T, #graph.dims<b, c, m, 40>>
  return %0 : tensor<?x?x?x40x$T, #graph.dims<b, c, m, 40>>
}

// -----
// name strideOfPages
// for W in {test.constant} | {}
// with m=1 | m=20
func.func @main(%a: tensor<?x1024xf32, #graph.dims<m, 1024>>, %b: tensor<1024x5xf32> $W) -> tensor<?x5xf32, #graph.dims<m, 5>> {
  %0 = graph.matmul %a, %b : (tensor<?x1024xf32, #graph.dims<m, 1024>>, tensor<1024x5xf32>) -> tensor<?x5xf32, #graph.dims<m, 5>>
  return %0 : tensor<?x5xf32, #graph.dims<m, 5>>
}

// -----
// name epilogue
// for W in {test.constant} | {}
// for T in f32, bf16
// for N in 3, 20
// with n=1 m=1 | n=2 m=9 | n=0 m=4
!x = tensor<?x?x12x$T, #graph.dims<n, m, 12>>
!y = tensor<?x?x$Nx$T, #graph.dims<n, m, $N>>
!row = tensor<?x1x1x$T, #graph.dims<n, 1, 1>>
func.func @main(%a: !x, %b: tensor<12x$Nx$T> $W, %bias: tensor<$Nx$T>, %r: !y, %s: !row) -> (!y, !y) {
  %0 = graph.matmul %a, %b : (!x, tensor<12x$Nx$T>) -> !y
  %1 = graph.add %0, %bias : (!y, tensor<$Nx$T>) -> !y
  %2 = graph.mul %1, %s : (!y, !row) -> !y
  %3 = graph.tanh %2 : (!y) -> !y
  %4 = graph.add %3, %r : (!y, !y) -> !y
  return %4, %1 : !y, !y
}

// -----
// name prologue
// for W in {test.constant} | {}
// with m=1 | m=17
!x = tensor<?x20xf32, #graph.dims<m, 20>>
!y = tensor<?x16xf32, #graph.dims<m, 16>>
func.func @main(%a: !x, %b: tensor<20x16xf32> $W, %c: tensor<16x20xf32> $W) -> !x {
  %0 = graph.sigmoid %a : (!x) -> !x
  %1 = graph.mul %0, %a : (!x, !x) -> !x
  %2 = graph.matmul %1, %b : (!x, tensor<20x16xf32>) -> !y
  %3 = graph.abs %2 : (!y) -> !y
  %4 = graph.matmul %3, %c : (!y, tensor<16x20xf32>) -> !x
  %5 = graph.add %4, %1 : (!x, !x) -> !x
  return %5 : !x
}

// -----
// name quantized
// with m=1 | m=18
!x = tensor<?x40xf32, #graph.dims<m, 40>>
!q = tensor<?x40xi8, #graph.dims<m, 40>>
!sum = tensor<?x24xi32, #graph.dims<m, 24>>
!y = tensor<?x24xf32, #graph.dims<m, 24>>
func.func @main(%a: !x, %b: tensor<40x24xi8> {test.constant}) -> !y {
  %scale = graph.constant dense<16.0> : tensor<f32>
  %0 = graph.mul %a, %scale : (!x, tensor<f32>) -> !x
  %1 = graph.round %0 : (!x) -> !x
  %2 = graph.cast %1 {to = i8, saturate} : (!x) -> !q
  %3 = graph.matmul %2, %b : (!q, tensor<40x24xi8>) -> !sum
  %4 = graph.cast %3 {to = f32} : (!sum) -> !y
  %5 = graph.div %4, %scale : (!y, tensor<f32>) -> !y
  return %5 : !y
}

// -----
// name reshapedHeads
// with n=1 l=1 | n=2 l=9
!x = tensor<?x?x24xf32, #graph.dims<n, l, 24>>
!split = tensor<?x?x3x8xf32, #graph.dims<n, l, 3, 8>>
!heads = tensor<?x3x?x8xf32, #graph.dims<n, 3, l, 8>>
!scores = tensor<?x3x?x?xf32, #graph.dims<n, 3, l, l>>
func.func @main(%a: !x, %b: tensor<24x24xf32> {test.constant}) -> !x {
  %0 = graph.matmul %a, %b : (!x, tensor<24x24xf32>) -> !x
  %1 = graph.reshape %0 : (!x) -> !split
  %2 = graph.transpose %1 {permutation = array<i64: 0, 2, 1, 3>} : (!split) -> !heads
  %3 = graph.matmul %2, %2 {transposeRhs} : (!heads, !heads) -> !scores
  %4 = graph.matmul %3, %2 : (!scores, !heads) -> !heads
  %5 = graph.transpose %4 {permutation = array<i64: 0, 2, 1, 3>} : (!heads) -> !split
  %6 = graph.reshape %5 : (!split) -> !x
  %7 = graph.matmul %6, %b {transposeRhs} : (!x, tensor<24x24xf32>) -> !x
  return %7 : !x
}
