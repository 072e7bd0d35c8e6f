//===- AsyncMatrix.cpp - the matrix unit of sm_90, from shared memory --------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// wgmma of "PTX ISA": four neighbouring warps multiply 64 rows of A by B, each warp 16 of them, which it does here by
// itself. A is in registers, laid out as for mma, or like B in shared memory, where a descriptor of 64 bits says:
//
//     bits 0-13, 16-29, 32-45   start, leading and stride offset, in units of 16 bytes
//     bits 62-63                the swizzle: 0 none, 1, 2, 3 over rows of 128, 64, 32 bytes
//
// With rows of s bytes that swizzle, rows along K (K-major) lie s bytes apart, each 8 of them `stride` apart. Rows
// along M or N (transposed) lie s bytes apart, each 8 of K `stride` apart, and each s bytes along M or N `leading`
// apart. Bits 4 and up of an address are changed by those 3 above them, as many as the swizzle has. Rows that do not
// swizzle are not known.
//
//===----------------------------------------------------------------------===//

#include "tools/simulator/ptx/FloatOps.h"
#include <cstring>
#include <fmt/format.h>
#include <type_traits>

namespace treadle::simulator::ptx {
namespace {

constexpr unsigned rows = 16, groupThreads = 128; // rows of a warp, threads of four
constexpr uint64_t chunk = 16;

struct Descriptor {
  explicit Descriptor(uint64_t bits)
      : start((bits & 0x3fff) * chunk), leading((bits >> 16 & 0x3fff) * chunk), stride((bits >> 32 & 0x3fff) * chunk) {
    unsigned swizzle = bits >> 62;
    if (swizzle == 0)
      throw Fault("matrices that do not swizzle are not known");
    if (bits >> 49 & 7)
      throw Fault("matrices that start within a pattern are not known");
    rowBytes = 256 >> swizzle;
  }
  /// Where element `along` (M or N), `k` of `bytes` bytes is.
  uint64_t place(unsigned along, unsigned k, unsigned bytes, bool isTransposed) const {
    uint64_t at = start;
    if (isTransposed) {
      unsigned perRow = rowBytes / bytes;
      at += along % perRow * bytes + along / perRow * leading + k % 8 * rowBytes + k / 8 * stride;
    } else {
      at += k * bytes + along % 8 * rowBytes + along / 8 * stride;
    }
    uint64_t mask = rowBytes / chunk - 1;
    return at ^ (at >> 7 & mask) << 4;
  }

  uint64_t start, leading, stride, rowBytes;
};

/// What has been read: each piece of 16 bytes once.
class Reader {
public:
  explicit Reader(Warp &warp) : warp(warp) {}

  template <typename T> T element(uint64_t address) {
    uint64_t from = address / chunk * chunk;
    auto [found, isNew] = pieces.try_emplace(from);
    if (isNew) {
      std::memcpy(found->second.data(), warp.shared.access(from, chunk, Access::read, warp.first), chunk);
      warp.products.open.push_back({from, found->second});
    }
    T value;
    std::memcpy(&value, found->second.data() + address % chunk, sizeof(T));
    return value;
  }

private:
  Warp &warp;
  std::map<uint64_t, std::array<char, chunk>> pieces;
};

// In Op::number.
constexpr int64_t fromRegisters = 1, transposedA = 2, transposedB = 4, negatedA = 8, negatedB = 16;

/// at: A's descriptor or its four registers; then B's; then the predicate that says whether D is added to.
template <typename A, typename B, typename C> void multiply(Warp &warp, const Op &op) {
  using Sum = std::conditional_t<std::is_integral_v<C>, uint32_t, double>;
  constexpr unsigned depth = 32 / sizeof(A), p = Packed<A>::count;
  const std::vector<uint32_t> &places = warp.listOf(op.target);
  auto columns = static_cast<unsigned>(2 * places.size());
  if (warp.mask != allLanes || warp.first / groupThreads * groupThreads + groupThreads > warp.launch.threads())
    throw Fault("not all of four neighbouring warps take part");
  Reader reader(warp);
  std::vector<Sum> a(rows * depth), b(depth * columns);
  unsigned next = 0;
  if (op.number & fromRegisters) {
    for (unsigned r = 0; r < rows * depth / p / warpThreads; ++r, ++next)
      for (unsigned lane = 0; lane < warpThreads; ++lane)
        for (unsigned i = 0; i < p; ++i)
          a[(lane / 4 + 8 * (r % 2)) * depth + p * (lane % 4) + 4 * p * (r / 2) + i] =
              Sum(Packed<A>::get(warp.lanes<uint32_t>(op.at[next])[lane], i));
  } else {
    Descriptor from(warp.lanes<uint64_t>(op.at[next++])[0]);
    for (unsigned i = 0; i < rows; ++i)
      for (unsigned k = 0; k < depth; ++k)
        a[i * depth + k] = Sum(reader.element<A>(
            from.place(rows * (warp.first / warpThreads % 4) + i, k, sizeof(A), op.number & transposedA)));
  }
  Descriptor from(warp.lanes<uint64_t>(op.at[next++])[0]);
  for (unsigned k = 0; k < depth; ++k)
    for (unsigned j = 0; j < columns; ++j)
      b[k * columns + j] = Sum(reader.element<B>(from.place(j, k, sizeof(B), op.number & transposedB)));
  std::vector<Sum> products(rows * columns);
  for (unsigned i = 0; i < rows; ++i)
    for (unsigned k = 0; k < depth; ++k)
      for (unsigned j = 0; j < columns; ++j) // neighbours, so that these are vectors
        products[i * columns + j] += a[i * depth + k] * b[k * columns + j];
  bool negates = bool(op.number & negatedA) != bool(op.number & negatedB);
  for (unsigned r = 0; r < places.size(); ++r) {
    auto [result, isNew] = warp.products.results.try_emplace(places[r]);
    result->second.group = warp.products.committed;
    uint32_t *inRegister = warp.lanes<uint32_t>(places[r]);
    for (unsigned lane = 0; lane < warpThreads; ++lane) {
      unsigned row = lane / 4 + 8 * (r / 2 % 2), column = 8 * (r / 4) + 2 * (lane % 4) + r % 2;
      Sum sum = products[row * columns + column];
      if (negates)
        sum = -sum;
      if (warp.bitsOf(op.at[next]) >> lane & 1)
        sum += Sum(std::bit_cast<C>(isNew ? inRegister[lane] : result->second.values[lane]));
      result->second.values[lane] = std::bit_cast<uint32_t>(static_cast<C>(sum));
      inRegister[lane] = ~UINT32_C(0); // who looks too early sees a NaN
    }
  }
  ++warp.counters.matrix;
  warp.counters.matrixFlops += 2 * rows * columns * depth;
}

void commit(Warp &warp, const Op &) {
  warp.products.groups.push_back(std::move(warp.products.open));
  warp.products.open.clear();
  ++warp.products.committed;
}

/// All but the last `number` groups are done.
void wait(Warp &warp, const Op &op) {
  auto &groups = warp.products.groups;
  while (groups.size() > static_cast<size_t>(op.number)) {
    for (const Warp::Products::Read &read : groups.front())
      if (std::memcmp(warp.shared.access(read.address, chunk, Access::read, warp.first), read.data.data(), chunk) != 0)
        throw Fault(fmt::format("byte {} of shared memory has changed while a product read it", read.address));
    groups.erase(groups.begin());
  }
  uint64_t done = warp.products.committed - groups.size();
  std::erase_if(warp.products.results, [&](const auto &result) {
    const auto &[place, held] = result;
    if (held.group < done)
      std::copy(held.values.begin(), held.values.end(), warp.lanes<uint32_t>(place));
    return held.group < done;
  });
}

void fence(Warp &, const Op &) {}

/// mma_async.sync.aligned.m64n128k16.f32.f16.f16 {d ..}, a, b, p, scale of A, scale of B {, order of A}, order of B
Handler multiplyRow(Decoder &decoder) {
  std::string_view shape = decoder.take();
  Type d = decoder.type(), a = decoder.type(), b = decoder.type();
  bool isWide = bitsOf(a) == 16;
  Op &op = decoder.op;
  op.target = decoder.longList();
  size_t columns = 2 * decoder.code.lists[op.target].size();
  if (shape != fmt::format("m64n{}k{}", columns, isWide ? 16 : 32))
    decoder.unknown("the shape is not known");
  if (decoder.nextIsList()) {
    decoder.list(32, 4);
    op.number |= fromRegisters;
  } else {
    decoder.operand(64);
  }
  decoder.operand(64);
  decoder.operand(Type::pred);
  auto flag = [&](int64_t meaning, uint64_t yes) {
    uint64_t number = decoder.number();
    op.number |= number == yes ? meaning : 0;
  };
  if (isWide) {
    flag(negatedA, UINT64_MAX);
    flag(negatedB, UINT64_MAX);
    if (!(op.number & fromRegisters))
      flag(transposedA, 1);
    flag(transposedB, 1);
  }
  struct Known {
    Type sum, a, b;
    Handler handler;
  };
  static constexpr Known known[] = {
      {Type::f32, Type::f16, Type::f16, multiply<Half, Half, float>},
      {Type::f32, Type::bf16, Type::bf16, multiply<Brain, Brain, float>},
      {Type::s32, Type::s8, Type::s8, multiply<int8_t, int8_t, int32_t>},
      {Type::s32, Type::u8, Type::s8, multiply<uint8_t, int8_t, int32_t>},
      {Type::s32, Type::s8, Type::u8, multiply<int8_t, uint8_t, int32_t>},
      {Type::s32, Type::u8, Type::u8, multiply<uint8_t, uint8_t, int32_t>},
  };
  for (const Known &row : known)
    if (row.sum == d && row.a == a && row.b == b)
      return row.handler;
  decoder.unknown("this product is not known");
}

Handler wgmma(Decoder &decoder) {
  decoder.op.isConvergent = true;
  std::string_view what = decoder.take();
  if (!decoder.accept("sync") || !decoder.accept("aligned"))
    decoder.unknown("it is known with \".sync.aligned\"");
  if (what == "fence")
    return fence;
  if (what == "commit_group")
    return commit;
  if (what == "mma_async")
    return multiplyRow(decoder);
  if (what != "wait_group")
    decoder.unknown("the instruction is not known");
  decoder.op.number = static_cast<int64_t>(decoder.number());
  return wait;
}

} // namespace

std::span<const Row> asyncMatrixRows() {
  static constexpr Row table[] = {{"wgmma", wgmma}};
  return table;
}

} // namespace treadle::simulator::ptx
