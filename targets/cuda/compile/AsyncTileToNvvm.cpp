//===- AsyncTileToNvvm.cpp - what NVIDIA devices do by themselves ---------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bulk tensor copies, their barriers, and wgmma ("PTX ISA" 8.0, 9.7.8.24, 9.7.12.15, 9.7.14), as assembly: sums must go
// through the instruction that waits for them, which NVVM's does not know.
//
//===----------------------------------------------------------------------===//

#include "codegen/SimtToLlvm.h"
#include "dialects/tile/Tile.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/DialectConversion.h"
#include "targets/cuda/compile/TileToNvvm.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace treadle::cuda {
namespace {

Value constant(OpBuilder &b, Location loc, Type type, int64_t value) {
  return LLVM::ConstantOp::create(b, loc, type, b.getIntegerAttr(type, value));
}

/// `text` with $0, $1, .. for the operands, which memory may be read and written by.
void assemble(OpBuilder &b, Location loc, const Twine &text, StringRef constraints, ValueRange operands) {
  std::string all = constraints.str() + (constraints.empty() ? "~{memory}" : ",~{memory}");
  LLVM::InlineAsmOp::create(b, loc, LLVM::LLVMVoidType::get(b.getContext()), operands, text.str(), all,
                            /*has_side_effects=*/true, /*is_align_stack=*/false, LLVM::tailcallkind::TailCallKind::None,
                            LLVM::AsmDialectAttr(), ArrayAttr());
}

/// The same, of a vector whose elements are all written, $0 to $(n-1), and read, unless that is not so: then they are
/// anything before. `operands` stand behind them.
Value assembleOn(OpBuilder &b, Location loc, Value vector, const Twine &text, StringRef constraints,
                 ArrayRef<Value> operands, bool isRead = true) {
  auto type = cast<VectorType>(vector.getType());
  int64_t count = type.getNumElements();
  std::string written, read;
  SmallVector<Value> values;
  for (int64_t i = 0; i < count; ++i) {
    written += type.getElementType().isF32() ? "=f," : "=r,";
    if (!isRead)
      continue;
    read += std::to_string(i) + ",";
    values.push_back(LLVM::ExtractElementOp::create(b, loc, vector, constant(b, loc, b.getI32Type(), i)));
  }
  llvm::append_range(values, operands);
  std::string all = written + read + constraints.str() + (constraints.empty() ? "~{memory}" : ",~{memory}");
  auto record = LLVM::LLVMStructType::getLiteral(b.getContext(), SmallVector<Type>(count, type.getElementType()));
  auto made = LLVM::InlineAsmOp::create(b, loc, record, values, text.str(), all, /*has_side_effects=*/true,
                                        /*is_align_stack=*/false, LLVM::tailcallkind::TailCallKind::None,
                                        LLVM::AsmDialectAttr(), ArrayAttr());
  Value result = LLVM::PoisonOp::create(b, loc, type);
  for (int64_t i = 0; i < count; ++i) {
    Value value = LLVM::ExtractValueOp::create(b, loc, made.getRes(), i);
    result = LLVM::InsertElementOp::create(b, loc, result, value, constant(b, loc, b.getI32Type(), i));
  }
  return result;
}

template <typename Op> struct Pattern : OpConversionPattern<Op> {
  using OpConversionPattern<Op>::OpConversionPattern;

  /// In shared memory, 32 bits.
  Value addressOf(OpBuilder &b, Location loc, MemRefType type, Value memory, Value index) const {
    Value at = elementAddress(b, loc, *this->getTypeConverter(), type, memory, index);
    return LLVM::PtrToIntOp::create(b, loc, b.getI32Type(), at);
  }
};

template <typename Op> std::string textOf(Op op);

/// An op without operands.
template <typename Op> struct Plain : OpConversionPattern<Op> {
  using OpConversionPattern<Op>::OpConversionPattern;
  LogicalResult matchAndRewrite(Op op, typename Op::Adaptor, ConversionPatternRewriter &b) const override {
    assemble(b, op.getLoc(), textOf(op), "", {});
    b.eraseOp(op);
    return success();
  }
};
template <> std::string textOf(tile::BarrierPublishOp) {
  return "fence.mbarrier_init.release.cluster;\nfence.proxy.async.shared::cta;";
}
template <> std::string textOf(tile::MultiplyBeginOp) { return "wgmma.fence.sync.aligned;"; }
template <> std::string textOf(tile::RegistersOp op) {
  return llvm::formatv("setmaxnreg.{0}.sync.aligned.u32 {1};", op.getFewer() ? "dec" : "inc", op.getCount());
}
template <> std::string textOf(tile::MultiplyCommitOp) { return "wgmma.commit_group.sync.aligned;"; }

// ---- barriers ----------------------------------------------------------------------------------

template <> std::string textOf(tile::BarrierInitOp op) {
  return llvm::formatv("mbarrier.init.shared.b64 [$0], {0};", op.getCount());
}
template <> std::string textOf(tile::BarrierEndOp) { return "mbarrier.inval.shared.b64 [$0];"; }
template <> std::string textOf(tile::BarrierExpectOp op) {
  return llvm::formatv("mbarrier.arrive.expect_tx.shared.b64 _, [$0], {0};", op.getBytes());
}
template <> std::string textOf(tile::BarrierArriveOp) { return "mbarrier.arrive.shared.b64 _, [$0];"; }

template <typename Op> struct Barrier : Pattern<Op> {
  using Pattern<Op>::Pattern;
  LogicalResult matchAndRewrite(Op op, typename Op::Adaptor in, ConversionPatternRewriter &b) const override {
    Value at = this->addressOf(b, op.getLoc(), op.getBarriers().getType(), in.getBarriers(), in.getNumber());
    assemble(b, op.getLoc(), textOf(op), "r", at);
    b.eraseOp(op);
    return success();
  }
};

struct BarrierWait : Pattern<tile::BarrierWaitOp> {
  using Pattern::Pattern;
  LogicalResult matchAndRewrite(tile::BarrierWaitOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    Value at = addressOf(b, op.getLoc(), op.getBarriers().getType(), in.getBarriers(), in.getNumber());
    assemble(b, op.getLoc(),
             "{\n.reg .pred ended;\nwait_${:uid}:\n"
             "mbarrier.try_wait.parity.shared.b64 ended, [$0], $1;\n"
             "@!ended bra wait_${:uid};\n}",
             "r,r", {at, in.getParity()});
    b.eraseOp(op);
    return success();
  }
};

struct CopyBox : Pattern<tile::CopyBoxOp> {
  using Pattern::Pattern;
  LogicalResult matchAndRewrite(tile::CopyBoxOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    Location loc = op.getLoc();
    SmallVector<Value> operands = {addressOf(b, loc, op.getTo().getType(), in.getTo(), in.getPlace()), in.getFrom()};
    std::string text = llvm::formatv("cp.async.bulk.tensor.{0}d.shared::cluster.global.mbarrier::complete_tx::bytes "
                                     "[$0], [$1, {{",
                                     in.getAt().size());
    std::string constraints = "r,l";
    for (Value at : llvm::reverse(in.getAt())) { // innermost first
      text += llvm::formatv("{0}${1}", operands.size() == 2 ? "" : ", ", operands.size());
      constraints += ",r";
      operands.push_back(at);
    }
    text += llvm::formatv("}], [${0}];", operands.size());
    constraints += ",r";
    operands.push_back(addressOf(b, loc, op.getBarriers().getType(), in.getBarriers(), in.getNumber()));
    assemble(b, loc, text, constraints, operands);
    b.eraseOp(op);
    return success();
  }
};

// ---- products ----------------------------------------------------------------------------------

struct MultiplyWait : Pattern<tile::MultiplyWaitOp> {
  using Pattern::Pattern;
  LogicalResult matchAndRewrite(tile::MultiplyWaitOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    std::string text = llvm::formatv("wgmma.wait_group.sync.aligned {0};", op.getLeft());
    b.replaceOp(op, assembleOn(b, op.getLoc(), in.getSums(), text, "", {}));
    return success();
  }
};

/// What wgmma of both kinds has in common.
template <typename Op> struct Product : Pattern<Op> {
  using Pattern<Op>::Pattern;

  /// Where a matrix is: its start, the distance of 128 bytes along rows to the next, if it is turned, and of eight rows
  /// of 128 bytes to the next, all in 16 bytes; and that chunks trade places within them. Starts are less than 2^14, so
  /// those beside each other differ by one addition.
  Value descriptor(OpBuilder &b, Location loc, MemRefType type, Value memory, Value place, bool isTurned,
                   int64_t depth) const {
    constexpr int64_t chunk = 16, rowBytes = 128, rows = 8, swizzles128 = 1;
    int64_t bytes = type.getElementTypeBitWidth() / 8, beside = 0;
    APInt number;
    if (auto sum = place.getDefiningOp<LLVM::AddOp>();
        sum && matchPattern(sum.getRhs(), m_ConstantInt(&number)) && number.getSExtValue() * bytes % chunk == 0) {
      place = sum.getLhs();
      beside = number.getSExtValue() * bytes / chunk;
    }
    int64_t leading = isTurned ? depth * rowBytes / chunk : 1;
    uint64_t high = rows * rowBytes / chunk | uint64_t(swizzles128) << 30;
    Type word = b.getI32Type(), wide = b.getI64Type();
    Value address = this->addressOf(b, loc, type, memory, place);
    Value low = LLVM::LShrOp::create(b, loc, address, constant(b, loc, word, 4));
    low = LLVM::AddOp::create(b, loc, low, constant(b, loc, word, (leading << 16) + beside));
    low = LLVM::ZExtOp::create(b, loc, wide, low);
    return LLVM::OrOp::create(b, loc, low, constant(b, loc, wide, static_cast<int64_t>(high << 32)));
  }

  static StringRef nameOf(Type element, bool isUnsigned) {
    return element.isF16() ? "f16" : element.isBF16() ? "bf16" : isUnsigned ? "u8" : "s8";
  }

  /// `lhs` are its registers or its descriptor; `flags` what follows the operands.
  Value multiply(OpBuilder &b, Op op, Value sums, StringRef types, ArrayRef<Value> lhs, StringRef lhsConstraints,
                 Value rhs, StringRef flags) const {
    bool isRead = !op.getOverwrites();
    int64_t count = cast<VectorType>(sums.getType()).getNumElements(), next = isRead ? 2 * count : count;
    ArrayRef<int64_t> shape = op.getShape();
    std::string text = llvm::formatv("{{\n.reg .pred adds;\nsetp.ne.b32 adds, {0}, 0;\n"
                                     "wgmma.mma_async.sync.aligned.m{1}n{2}k{3}.{4} {{",
                                     isRead ? 1 : 0, shape[0], shape[1], shape[2], types);
    auto list = [&](int64_t from, int64_t length) {
      for (int64_t i = 0; i < length; ++i)
        text += llvm::formatv("{0}${1}", i ? ", " : "", from + i);
    };
    list(0, count);
    text += lhs.size() > 1 ? "}, {" : "}, ";
    list(next, lhs.size());
    text += llvm::formatv("{0}, ${1}, adds{2};\n}", lhs.size() > 1 ? "}" : "", next + lhs.size(), flags);
    SmallVector<Value> operands(lhs);
    operands.push_back(rhs);
    return assembleOn(b, op.getLoc(), sums, text, lhsConstraints.str() + ",l", operands, isRead);
  }
};

struct MultiplyShared : Product<tile::MultiplySharedOp> {
  using Product::Product;
  LogicalResult matchAndRewrite(tile::MultiplySharedOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    Location loc = op.getLoc();
    Type element = op.getElement();
    bool isByte = element.isInteger(8);
    if (!isByte && !element.isF16() && !element.isBF16())
      return failure();
    std::string types = llvm::formatv("{0}.{1}.{2}", isByte ? "s32" : "f32", nameOf(element, op.getUnsignedLhs()),
                                      nameOf(element, op.getUnsignedRhs()));
    std::string flags;
    if (!isByte)
      flags = llvm::formatv(", 1, 1, {0}, {1}", op.getTurnedLhs() ? 1 : 0, op.getTurnedRhs() ? 1 : 0);
    Value lhs =
        descriptor(b, loc, op.getLhs().getType(), in.getLhs(), in.getLhsPlace(), op.getTurnedLhs(), op.getDepth());
    Value rhs =
        descriptor(b, loc, op.getRhs().getType(), in.getRhs(), in.getRhsPlace(), op.getTurnedRhs(), op.getDepth());
    b.replaceOp(op, multiply(b, op, in.getSums(), types, lhs, "l", rhs, flags));
    return success();
  }
};

struct MultiplyHeld : Product<tile::MultiplyHeldOp> {
  using Product::Product;
  LogicalResult matchAndRewrite(tile::MultiplyHeldOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    Location loc = op.getLoc();
    Type word = b.getI32Type();
    VectorType type = op.getLhs().getType();
    StringRef name = nameOf(type.getElementType(), false);
    int64_t words = type.getNumElements() / 2;
    Value held = LLVM::BitcastOp::create(b, loc, VectorType::get({words}, word), in.getLhs());
    SmallVector<Value> lhs;
    std::string constraints;
    for (int64_t i = 0; i < words; ++i) {
      lhs.push_back(LLVM::ExtractElementOp::create(b, loc, held, constant(b, loc, word, i)));
      constraints += i ? ",r" : "r";
    }
    Value rhs =
        descriptor(b, loc, op.getRhs().getType(), in.getRhs(), in.getRhsPlace(), op.getTurnedRhs(), op.getDepth());
    std::string types = llvm::formatv("f32.{0}.{0}", name),
                flags = llvm::formatv(", 1, 1, {0}", op.getTurnedRhs() ? 1 : 0);
    b.replaceOp(op, multiply(b, op, in.getSums(), types, lhs, constraints, rhs, flags));
    return success();
  }
};

} // namespace

void populateAsyncTileToNvvm(LLVMTypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<Plain<tile::BarrierPublishOp>, Plain<tile::MultiplyBeginOp>, Plain<tile::MultiplyCommitOp>,
               Plain<tile::RegistersOp>, Barrier<tile::BarrierInitOp>, Barrier<tile::BarrierEndOp>,
               Barrier<tile::BarrierExpectOp>, Barrier<tile::BarrierArriveOp>, BarrierWait, CopyBox, MultiplyWait,
               MultiplyShared, MultiplyHeld>(converter, patterns.getContext());
}

} // namespace treadle::cuda
