// Attention of many lengths, masks and layouts, and the graphs that are recognized as it.

// -----
// name attention
// for CAUSAL in {causal, | {
// for T in f32, f16, bf16, f64
// with l=1 s=1 | l=5 s=9 | l=70 s=70 | l=1 s=300 | l=130 s=197 | l=9 s=5
func.func @main(%q: tensor<2x?x20x$T, #graph.dims<2, l, 20>>, %k: tensor<2x?x20x$T, #graph.dims<2, s, 20>>, %v: tensor<2x?x12x$T, #graph.dims<2, s, 12>>) -> tensor<2x?x12x$T, #graph.dims<2, l, 12>> {
  %0 = graph.attention %q, %k, %v $CAUSAL scale = 0.25 : f64} : (tensor<2x?x20x$T, #graph.dims<2, l, 20>>, tensor<2x?x20x$T, #graph.dims<2, s, 20>>, tensor<2x?x12x$T, #graph.dims<2, s, 12>>) -> tensor<2x?x12x$T, #graph.dims<2, l, 12>>
  return %0 : tensor<2x?x12x$T, #graph.dims<2, l, 12>>
}

// -----
// name attentionOfHeads
// for D in 32, 64, 80, 128
// with l=1 s=1 | l=7 s=7 | l=64 s=64 | l=300 s=300 | l=1 s=64 | l=64 s=300
func.func @main(%q: tensor<2x?x$Dxf32, #graph.dims<2, l, $D>>, %k: tensor<2x?x$Dxf32, #graph.dims<2, s, $D>>, %v: tensor<2x?x$Dxf32, #graph.dims<2, s, $D>>) -> tensor<2x?x$Dxf32, #graph.dims<2, l, $D>> {
  %0 = graph.attention %q, %k, %v {scale = 0.125 : f64} : (tensor<2x?x$Dxf32, #graph.dims<2, l, $D>>, tensor<2x?x$Dxf32, #graph.dims<2, s, $D>>, tensor<2x?x$Dxf32, #graph.dims<2, s, $D>>) -> tensor<2x?x$Dxf32, #graph.dims<2, l, $D>>
  return %0 : tensor<2x?x$Dxf32, #graph.dims<2, l, $D>>
}

// -----
// name attentionOfMatrices
// for T in f16, bf16
// for CAUSAL in {causal, | {
// for D E in 64 64 | 128 128 | 80 72
// with l=64 s=64 | l=150 s=200 | l=129 s=65
func.func @main(%q: tensor<2x?x$Dx$T, #graph.dims<2, l, $D>>, %k: tensor<2x?x$Dx$T, #graph.dims<2, s, $D>>, %v: tensor<2x?x$Ex$T, #graph.dims<2, s, $E>>) -> tensor<2x?x$Ex$T, #graph.dims<2, l, $E>> {
  %0 = graph.attention %q, %k, %v $CAUSAL scale = 0.125 : f64} : (tensor<2x?x$Dx$T, #graph.dims<2, l, $D>>, tensor<2x?x$Dx$T, #graph.dims<2, s, $D>>, tensor<2x?x$Ex$T, #graph.dims<2, s, $E>>) -> tensor<2x?x$Ex$T, #graph.dims<2, l, $E>>
  return %0 : tensor<2x?x$Ex$T, #graph.dims<2, l, $E>>
}

// -----
// name attentionOfMatricesAndMore
// for CAUSAL in {causal, | {
// for L S in 128 256 | 40 136
func.func @main(%q: tensor<1x2x2x$Lx64xf16>, %k: tensor<1x2x1x64x$Sxf16>, %v: tensor<1x1x1x$Sx192xf16>) -> tensor<1x$Lx2x2x192xf16> {
  %0 = graph.transpose %k {permutation = array<i64: 0, 1, 2, 4, 3>} : (tensor<1x2x1x64x$Sxf16>) -> tensor<1x2x1x$Sx64xf16>
  %1 = graph.attention %q, %0, %v $CAUSAL scale = 0.125 : f64} : (tensor<1x2x2x$Lx64xf16>, tensor<1x2x1x$Sx64xf16>, tensor<1x1x1x$Sx192xf16>) -> tensor<1x2x2x$Lx192xf16>
  %2 = graph.neg %1 : (tensor<1x2x2x$Lx192xf16>) -> tensor<1x2x2x$Lx192xf16>
  %3 = graph.transpose %2 {permutation = array<i64: 0, 3, 1, 2, 4>} : (tensor<1x2x2x$Lx192xf16>) -> tensor<1x$Lx2x2x192xf16>
  return %3 : tensor<1x$Lx2x2x192xf16>
}

// -----
// Equal weights, of the keys that are seen: 4 queries, the first of which has the position of key 1.
// name attentionOfWindowsByHand
// table NAME WINDOW EXPECTED
//   all      windowLeft = -1           [[1.2, 1.2, 1.2, 1.2, 1.2], [1.2, 1.2, 1.2, 1.2, 1.2], [1.2, 1.2, 1.2, 1.2, 1.2], [1.2, 1.2, 1.2, 1.2, 1.2]]
//   causal   causal                    [[3.0, 3.0, 0.0, 0.0, 0.0], [2.0, 2.0, 2.0, 0.0, 0.0], [1.5, 1.5, 1.5, 1.5, 0.0], [1.2, 1.2, 1.2, 1.2, 1.2]]
//   left     windowLeft = 0            [[0.0, 1.5, 1.5, 1.5, 1.5], [0.0, 0.0, 2.0, 2.0, 2.0], [0.0, 0.0, 0.0, 3.0, 3.0], [0.0, 0.0, 0.0, 0.0, 6.0]]
//   right    windowRight = 1           [[2.0, 2.0, 2.0, 0.0, 0.0], [1.5, 1.5, 1.5, 1.5, 0.0], [1.2, 1.2, 1.2, 1.2, 1.2], [1.2, 1.2, 1.2, 1.2, 1.2]]
//   sliding  causal, windowLeft = 1    [[3.0, 3.0, 0.0, 0.0, 0.0], [0.0, 3.0, 3.0, 0.0, 0.0], [0.0, 0.0, 3.0, 3.0, 0.0], [0.0, 0.0, 0.0, 3.0, 3.0]]
//   prefix   causal, prefix = 4        [[1.5, 1.5, 1.5, 1.5, 0.0], [1.5, 1.5, 1.5, 1.5, 0.0], [1.5, 1.5, 1.5, 1.5, 0.0], [1.2, 1.2, 1.2, 1.2, 1.2]]
//   sinks    prefix = 1, windowLeft = 1, windowRight = 0    [[3.0, 3.0, 0.0, 0.0, 0.0], [2.0, 2.0, 2.0, 0.0, 0.0], [2.0, 0.0, 2.0, 2.0, 0.0], [2.0, 0.0, 0.0, 2.0, 2.0]]
func.func @main(%q: tensor<4x2xf32> {test.values = dense<0.0> : tensor<4x2xf32>}, %k: tensor<5x2xf32>,
                %v: tensor<5x5xf32> {test.values = dense<[[6.0, 0.0, 0.0, 0.0, 0.0], [0.0, 6.0, 0.0, 0.0, 0.0], [0.0, 0.0, 6.0, 0.0, 0.0], [0.0, 0.0, 0.0, 6.0, 0.0], [0.0, 0.0, 0.0, 0.0, 6.0]]> : tensor<5x5xf32>})
    -> (tensor<4x5xf32> {test.expected = dense<$EXPECTED> : tensor<4x5xf32>}) {
  %0 = graph.attention %q, %k, %v {$WINDOW, scale = 1.0 : f64} : (tensor<4x2xf32>, tensor<5x2xf32>, tensor<5x5xf32>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// -----
// name attentionOfWindows
// for WINDOW in windowLeft = 5, windowRight = 3 | windowLeft = 40 | causal, prefix = 20 | windowLeft = 9, causal, prefix = 3
// for T in f32, f16
// with l=1 s=1 | l=5 s=9 | l=1 s=300 | l=130 s=397 | l=9 s=5
func.func @main(%q: tensor<2x?x20x$T, #graph.dims<2, l, 20>>, %k: tensor<2x?x20x$T, #graph.dims<2, s, 20>>, %v: tensor<2x?x12x$T, #graph.dims<2, s, 12>>) -> tensor<2x?x12x$T, #graph.dims<2, l, 12>> {
  %0 = graph.attention %q, %k, %v {$WINDOW, scale = 0.25 : f64} : (tensor<2x?x20x$T, #graph.dims<2, l, 20>>, tensor<2x?x20x$T, #graph.dims<2, s, 20>>, tensor<2x?x12x$T, #graph.dims<2, s, 12>>) -> tensor<2x?x12x$T, #graph.dims<2, l, 12>>
  return %0 : tensor<2x?x12x$T, #graph.dims<2, l, 12>>
}

// -----
// name attentionOfMatricesAndWindows
// for WINDOW in windowLeft = 70, causal | windowLeft = 200 | windowLeft = 30, windowRight = 150 | causal, prefix = 200 | windowLeft = 64, causal, prefix = 4 | windowRight = 100, windowLeft = 10, prefix = 150
// with l=64 s=64 | l=150 s=600 | l=329 s=265
func.func @main(%q: tensor<2x?x64xf16, #graph.dims<2, l, 64>>, %k: tensor<2x?x64xf16, #graph.dims<2, s, 64>>, %v: tensor<2x?x64xf16, #graph.dims<2, s, 64>>) -> tensor<2x?x64xf16, #graph.dims<2, l, 64>> {
  %0 = graph.attention %q, %k, %v {$WINDOW, scale = 0.125 : f64} : (tensor<2x?x64xf16, #graph.dims<2, l, 64>>, tensor<2x?x64xf16, #graph.dims<2, s, 64>>, tensor<2x?x64xf16, #graph.dims<2, s, 64>>) -> tensor<2x?x64xf16, #graph.dims<2, l, 64>>
  return %0 : tensor<2x?x64xf16, #graph.dims<2, l, 64>>
}

// -----
// name attentionOfWholeBlocksAndWindows
// for WINDOW in causal | windowLeft = 127, causal | windowLeft = 100, causal, prefix = 130
func.func @main(%q: tensor<2x512x64xf16>, %k: tensor<2x512x64xf16>, %v: tensor<2x512x64xf16>) -> tensor<2x512x64xf16> {
  %0 = graph.attention %q, %k, %v {$WINDOW, scale = 0.125 : f64} : (tensor<2x512x64xf16>, tensor<2x512x64xf16>, tensor<2x512x64xf16>) -> tensor<2x512x64xf16>
  return %0 : tensor<2x512x64xf16>
}

// -----
// name attentionStatic
// for BIAS in 2x3x$Lx$S, $Lx$S, 3x1x$S, 1x$S
// for L S in 3 4 | 33 200 | 64 130
// for D E in 16 16 | 7 9
func.func @main(%q: tensor<2x3x$Lx$Dxf32>, %k: tensor<2x3x$Sx$Dxf32>, %v: tensor<2x3x$Sx$Exf32>, %m: tensor<$BIASxf32>) -> tensor<2x3x$Lx$Exf32> {
  %0 = graph.attention %q, %k, %v, %m {scale = 1.0 : f64} : (tensor<2x3x$Lx$Dxf32>, tensor<2x3x$Sx$Dxf32>, tensor<2x3x$Sx$Exf32>, tensor<$BIASxf32>) -> tensor<2x3x$Lx$Exf32>
  return %0 : tensor<2x3x$Lx$Exf32>
}

// -----
// name attentionBiased
// for T in f32, bf16
// with l=1 s=1 | l=9 s=5 | l=70 s=70 | l=64 s=300
func.func @main(%q: tensor<2x3x?x8x$T, #graph.dims<2, 3, l, 8>>, %k: tensor<2x3x?x8x$T, #graph.dims<2, 3, s, 8>>, %v: tensor<2x3x?x8x$T, #graph.dims<2, 3, s, 8>>, %m: tensor<2x1x?x?x$T, #graph.dims<2, 1, l, s>>) -> tensor<2x3x?x8x$T, #graph.dims<2, 3, l, 8>> {
  %0 = graph.attention %q, %k, %v, %m {scale = 0.5 : f64} : (tensor<2x3x?x8x$T, #graph.dims<2, 3, l, 8>>, tensor<2x3x?x8x$T, #graph.dims<2, 3, s, 8>>, tensor<2x3x?x8x$T, #graph.dims<2, 3, s, 8>>, tensor<2x1x?x?x$T, #graph.dims<2, 1, l, s>>) -> tensor<2x3x?x8x$T, #graph.dims<2, 3, l, 8>>
  return %0 : tensor<2x3x?x8x$T, #graph.dims<2, 3, l, 8>>
}

// -----
// name attentionOfGroups
// for CAUSAL in {causal, | {
// with l=1 s=9 | l=21 s=21 | l=70 s=130
func.func @main(%q: tensor<2x3x4x?x16xf32, #graph.dims<2, 3, 4, l, 16>>, %k: tensor<2x3x1x?x16xf32, #graph.dims<2, 3, 1, s, 16>>, %v: tensor<1x3x1x?x10xf32, #graph.dims<1, 3, 1, s, 10>>) -> tensor<2x3x4x?x10xf32, #graph.dims<2, 3, 4, l, 10>> {
  %0 = graph.attention %q, %k, %v $CAUSAL scale = 0.25 : f64} : (tensor<2x3x4x?x16xf32, #graph.dims<2, 3, 4, l, 16>>, tensor<2x3x1x?x16xf32, #graph.dims<2, 3, 1, s, 16>>, tensor<1x3x1x?x10xf32, #graph.dims<1, 3, 1, s, 10>>) -> tensor<2x3x4x?x10xf32, #graph.dims<2, 3, 4, l, 10>>
  return %0 : tensor<2x3x4x?x10xf32, #graph.dims<2, 3, 4, l, 10>>
}

// -----
// name attentionOfBert
// with n=1 l=8 | n=3 l=21 | n=2 l=128
func.func @main(%q: tensor<?x?x3x16xf32, #graph.dims<n, l, 3, 16>>, %k: tensor<?x?x3x16xf32, #graph.dims<n, l, 3, 16>>, %v: tensor<?x?x3x16xf32, #graph.dims<n, l, 3, 16>>, %mask: tensor<?x1x1x?xi1, #graph.dims<n, 1, 1, l>>) -> tensor<?x?x3x16xf32, #graph.dims<n, l, 3, 16>> {
  %0 = graph.transpose %q {permutation = array<i64: 0, 2, 1, 3>} : (tensor<?x?x3x16xf32, #graph.dims<n, l, 3, 16>>) -> tensor<?x3x?x16xf32, #graph.dims<n, 3, l, 16>>
  %1 = graph.transpose %k {permutation = array<i64: 0, 2, 3, 1>} : (tensor<?x?x3x16xf32, #graph.dims<n, l, 3, 16>>) -> tensor<?x3x16x?xf32, #graph.dims<n, 3, 16, l>>
  %2 = graph.transpose %v {permutation = array<i64: 0, 2, 1, 3>} : (tensor<?x?x3x16xf32, #graph.dims<n, l, 3, 16>>) -> tensor<?x3x?x16xf32, #graph.dims<n, 3, l, 16>>
  %3 = graph.matmul %0, %1 : (tensor<?x3x?x16xf32, #graph.dims<n, 3, l, 16>>, tensor<?x3x16x?xf32, #graph.dims<n, 3, 16, l>>) -> tensor<?x3x?x?xf32, #graph.dims<n, 3, l, l>>
  %c = graph.constant dense<4.0> : tensor<f32>
  %least = graph.constant dense<-3.40282347E+38> : tensor<f32>
  %4 = graph.div %3, %c : (tensor<?x3x?x?xf32, #graph.dims<n, 3, l, l>>, tensor<f32>) -> tensor<?x3x?x?xf32, #graph.dims<n, 3, l, l>>
  %5 = graph.select %mask, %4, %least : (tensor<?x1x1x?xi1, #graph.dims<n, 1, 1, l>>, tensor<?x3x?x?xf32, #graph.dims<n, 3, l, l>>, tensor<f32>) -> tensor<?x3x?x?xf32, #graph.dims<n, 3, l, l>>
  %6 = graph.softmax %5 {axis = 3 : i64} : (tensor<?x3x?x?xf32, #graph.dims<n, 3, l, l>>) -> tensor<?x3x?x?xf32, #graph.dims<n, 3, l, l>>
  %7 = graph.matmul %6, %2 : (tensor<?x3x?x?xf32, #graph.dims<n, 3, l, l>>, tensor<?x3x?x16xf32, #graph.dims<n, 3, l, 16>>) -> tensor<?x3x?x16xf32, #graph.dims<n, 3, l, 16>>
  %8 = graph.transpose %7 {permutation = array<i64: 0, 2, 1, 3>} : (tensor<?x3x?x16xf32, #graph.dims<n, 3, l, 16>>) -> tensor<?x?x3x16xf32, #graph.dims<n, l, 3, 16>>
  return %8 : tensor<?x?x3x16xf32, #graph.dims<n, l, 3, 16>>
}

// -----
// name attentionFollowed
// with l=1 | l=21 | l=70
func.func @main(%q: tensor<3x?x16xf32, #graph.dims<3, l, 16>>, %k: tensor<3x?x16xf32, #graph.dims<3, l, 16>>, %v: tensor<3x?x16xf32, #graph.dims<3, l, 16>>) -> tensor<?x3x16xf32, #graph.dims<l, 3, 16>> {
  %0 = graph.attention %q, %k, %v {scale = 0.25 : f64} : (tensor<3x?x16xf32, #graph.dims<3, l, 16>>, tensor<3x?x16xf32, #graph.dims<3, l, 16>>, tensor<3x?x16xf32, #graph.dims<3, l, 16>>) -> tensor<3x?x16xf32, #graph.dims<3, l, 16>>
  %1 = graph.add %0, %q : (tensor<3x?x16xf32, #graph.dims<3, l, 16>>, tensor<3x?x16xf32, #graph.dims<3, l, 16>>) -> tensor<3x?x16xf32, #graph.dims<3, l, 16>>
  %2 = graph.transpose %1 {permutation = array<i64: 1, 0, 2>} : (tensor<3x?x16xf32, #graph.dims<3, l, 16>>) -> tensor<?x3x16xf32, #graph.dims<l, 3, 16>>
  return %2 : tensor<?x3x16xf32, #graph.dims<l, 3, 16>>
}
