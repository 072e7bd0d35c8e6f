//===- SimtToLlvm.cpp - kernels of workgroups in the LLVM dialect -----------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/SimtToLlvm.h"
#include "dialects/tile/Tile.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/DialectConversion.h"

using namespace mlir;

namespace treadle {

Value elementAddress(OpBuilder &b, Location loc, const TypeConverter &converter, MemRefType type, Value memory,
                     Value index) {
  return LLVM::GEPOp::create(b, loc, memory.getType(), converter.convertType(type.getElementType()), memory,
                             ArrayRef<LLVM::GEPArg>{index}, LLVM::GEPNoWrapFlags::inbounds);
}

namespace {

// The same numbers for NVIDIA's and AMD's devices.
constexpr unsigned deviceMemory = 1, sharedMemory = 3;
// What the host tells of a tensor.
constexpr int64_t boxBytes = 128, boxAlignment = 64;

unsigned spaceOf(MemRefType type) { return type.getMemorySpace() ? sharedMemory : deviceMemory; }

class Converter : public LLVMTypeConverter {
public:
  Converter(MLIRContext *context, const LowerToLLVMOptions &options) : LLVMTypeConverter(context, options) {
    addConversion([](MemRefType type) -> Type { return LLVM::LLVMPointerType::get(type.getContext(), spaceOf(type)); });
    addConversion([](tile::BoxType type) -> Type { return LLVM::LLVMPointerType::get(type.getContext()); });
  }
};

struct Load : OpConversionPattern<memref::LoadOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(memref::LoadOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    Value at =
        elementAddress(b, op.getLoc(), *getTypeConverter(), op.getMemRefType(), in.getMemref(), in.getIndices()[0]);
    b.replaceOpWithNewOp<LLVM::LoadOp>(op, getTypeConverter()->convertType(op.getType()), at);
    return success();
  }
};

struct Store : OpConversionPattern<memref::StoreOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(memref::StoreOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    Value at =
        elementAddress(b, op.getLoc(), *getTypeConverter(), op.getMemRefType(), in.getMemref(), in.getIndices()[0]);
    b.replaceOpWithNewOp<LLVM::StoreOp>(op, in.getValue(), at);
    return success();
  }
};

/// As aligned as it says, or as its elements are.
unsigned alignmentOf(std::optional<uint64_t> said, VectorType type) {
  return said ? *said : std::max<unsigned>(type.getElementTypeBitWidth() / 8, 1);
}

struct LoadVector : OpConversionPattern<vector::LoadOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(vector::LoadOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    Value at =
        elementAddress(b, op.getLoc(), *getTypeConverter(), op.getMemRefType(), in.getBase(), in.getIndices()[0]);
    VectorType type = op.getVectorType();
    b.replaceOpWithNewOp<LLVM::LoadOp>(op, type, at, alignmentOf(op.getAlignment(), type));
    return success();
  }
};

struct StoreVector : OpConversionPattern<vector::StoreOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(vector::StoreOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    Value at =
        elementAddress(b, op.getLoc(), *getTypeConverter(), op.getMemRefType(), in.getBase(), in.getIndices()[0]);
    b.replaceOpWithNewOp<LLVM::StoreOp>(op, in.getValueToStore(), at,
                                        alignmentOf(op.getAlignment(), op.getVectorType()));
    return success();
  }
};

/// Part of shared memory, as elements of another type.
struct View : OpConversionPattern<memref::ViewOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(memref::ViewOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    b.replaceOp(op, elementAddress(b, op.getLoc(), *getTypeConverter(), op.getSource().getType(), in.getSource(),
                                   in.getByteShift()));
    return success();
  }
};

/// Shared memory is a variable of the module.
struct Shared : OpConversionPattern<memref::AllocaOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(memref::AllocaOp op, OpAdaptor, ConversionPatternRewriter &b) const override {
    auto module = op->getParentOfType<ModuleOp>();
    auto variables = module.getOps<LLVM::GlobalOp>();
    std::string name = ("shared_" + Twine(std::distance(variables.begin(), variables.end()))).str();
    Type type = LLVM::LLVMArrayType::get(getTypeConverter()->convertType(op.getType().getElementType()),
                                         op.getType().getNumElements());
    LLVM::GlobalOp variable;
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(module.getBody());
      variable = LLVM::GlobalOp::create(b, op.getLoc(), type, /*isConstant=*/false, LLVM::Linkage::Internal, name,
                                        Attribute(), op.getAlignment().value_or(16), sharedMemory);
    }
    b.replaceOpWithNewOp<LLVM::AddressOfOp>(op, variable);
    return success();
  }
};

/// One instruction, not a function of a device's library.
template <typename From, typename To> struct Extreme : OpConversionPattern<From> {
  using OpConversionPattern<From>::OpConversionPattern;
  LogicalResult matchAndRewrite(From op, typename From::Adaptor in, ConversionPatternRewriter &b) const override {
    b.replaceOpWithNewOp<To>(op, in.getLhs(), in.getRhs());
    return success();
  }
};

struct ApproximateExp2 : OpConversionPattern<math::Exp2Op> {
  ApproximateExp2(const TypeConverter &converter, MLIRContext *context, StringRef intrinsic, PatternBenefit benefit)
      : OpConversionPattern(converter, context, benefit), intrinsic(intrinsic) {}
  LogicalResult matchAndRewrite(math::Exp2Op op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    if (!op.getType().isF32() || !bitEnumContainsAll(op.getFastmath(), arith::FastMathFlags::afn))
      return failure();
    b.replaceOpWithNewOp<LLVM::CallIntrinsicOp>(op, op.getType(), b.getStringAttr(intrinsic),
                                                ValueRange(in.getOperand()));
    return success();
  }

private:
  StringRef intrinsic;
};

struct Return : OpConversionPattern<func::ReturnOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(func::ReturnOp op, OpAdaptor, ConversionPatternRewriter &b) const override {
    b.replaceOpWithNewOp<LLVM::ReturnOp>(op, ValueRange());
    return success();
  }
};

int64_t boxCount(Operation *kernel) {
  auto boxes = kernel->getAttrOfType<ArrayAttr>("treadle.boxes");
  return boxes ? static_cast<int64_t>(boxes.size()) : 0;
}

/// How many workgroups there are is the kernel's last argument but boxes: not every device knows it.
struct Groups : OpConversionPattern<gpu::GridDimOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(gpu::GridDimOp op, OpAdaptor, ConversionPatternRewriter &b) const override {
    auto function = op->getParentOfType<LLVM::LLVMFuncOp>();
    if (!function || op.getDimension() != gpu::Dimension::x)
      return failure();
    b.replaceOp(op, function.getArgument(function.getNumArguments() - 1 - boxCount(function)));
    return success();
  }
};

struct Entry : OpConversionPattern<func::FuncOp> {
  Entry(const TypeConverter &converter, MLIRContext *context, StringRef kernelAttribute)
      : OpConversionPattern(converter, context), kernelAttribute(kernelAttribute) {}

  LogicalResult matchAndRewrite(func::FuncOp op, OpAdaptor, ConversionPatternRewriter &b) const override {
    Location loc = op.getLoc();
    Type index = getTypeConverter()->convertType(b.getIndexType()), word = b.getI64Type();
    SmallVector<Type> types;
    unsigned boxes = boxCount(op), count = op.getNumArguments() - boxes - 1;
    for (auto [i, type] : llvm::enumerate(op.getArgumentTypes().drop_back(boxes)))
      types.push_back(i == count || !type.isIndex() ? getTypeConverter()->convertType(type) : word);
    types.push_back(index); // the number of workgroups
    types.append(boxes, LLVM::LLVMPointerType::get(b.getContext()));
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()), types);
    auto kernel = LLVM::LLVMFuncOp::create(b, loc, op.getName(), type);
    kernel->setAttr(kernelAttribute, b.getUnitAttr());
    for (NamedAttribute attr : op->getDiscardableAttrs())
      kernel->setAttr(attr.getName(), attr.getValue());
    for (unsigned i = types.size() - boxes; i < types.size(); ++i) { // by value
      Type bytes = LLVM::LLVMArrayType::get(b.getI8Type(), boxBytes);
      kernel.setArgAttr(i, LLVM::LLVMDialect::getByValAttrName(), TypeAttr::get(bytes));
      kernel.setArgAttr(i, LLVM::LLVMDialect::getAlignAttrName(), b.getI64IntegerAttr(boxAlignment));
    }
    b.inlineRegionBefore(op.getBody(), kernel.getBody(), kernel.end());

    Block *body = &kernel.getBody().front();
    TypeConverter::SignatureConversion signature(body->getNumArguments());
    OpBuilder::InsertionGuard guard(b);
    Block *entry =
        b.createBlock(&kernel.getBody(), kernel.getBody().begin(), types, SmallVector<Location>(types.size(), loc));
    for (auto [i, argument] : llvm::enumerate(body->getArguments())) {
      Value value = entry->getArgument(i <= count ? i : i + 1);
      if (value.getType() == word && argument.getType().isIndex() && word != index)
        value = LLVM::TruncOp::create(b, loc, index, value);
      signature.remapInput(i, value);
    }
    Block *converted = b.applySignatureConversion(body, signature, getTypeConverter());
    b.setInsertionPointToEnd(entry);
    b.mergeBlocks(converted, entry, {});
    b.eraseOp(op);
    return success();
  }

private:
  StringRef kernelAttribute;
};

} // namespace

void addApproximateExp2(LLVMTypeConverter &converter, RewritePatternSet &patterns, StringRef intrinsic) {
  patterns.add<ApproximateExp2>(converter, &converter.getContext(), intrinsic, /*benefit=*/20);
}

LogicalResult convertSimtToLlvm(ModuleOp holder, StringRef kernelAttribute,
                                llvm::function_ref<void(LLVMTypeConverter &, RewritePatternSet &)> addDevice) {
  if (llvm::none_of(holder.getOps<func::FuncOp>(), [](func::FuncOp op) { return op->hasAttr("treadle.threads"); }))
    return success();
  MLIRContext *context = holder.getContext();
  {
    RewritePatternSet patterns(context);
    populateSCFToControlFlowConversionPatterns(patterns);
    arith::populateCeilFloorDivExpandOpsPatterns(patterns);
    ConversionTarget target(*context);
    target.addIllegalOp<scf::ForOp, scf::IfOp, scf::WhileOp, arith::CeilDivSIOp, arith::CeilDivUIOp,
                        arith::FloorDivSIOp>();
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    if (failed(applyPartialConversion(holder, target, std::move(patterns))))
      return failure();
  }
  LowerToLLVMOptions options(context);
  options.overrideIndexBitwidth(32);
  Converter converter(context, options);
  RewritePatternSet patterns(context);
  arith::populateArithToLLVMConversionPatterns(converter, patterns);
  cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
  populateMathToLLVMConversionPatterns(converter, patterns, /*approximateLog1p=*/false, /*benefit=*/10);
  addDevice(converter, patterns);
  populateVectorToLLVMConversionPatterns(converter, patterns);
  patterns.add<Load, Store, View, Shared, Return>(converter, context);
  patterns.add<Groups, LoadVector, StoreVector, Extreme<arith::MaxNumFOp, LLVM::MaxNumOp>,
               Extreme<arith::MinNumFOp, LLVM::MinNumOp>>(converter, context, /*benefit=*/10);
  patterns.add<Entry>(converter, context, kernelAttribute);
  ConversionTarget target(*context);
  target.addLegalDialect<LLVM::LLVMDialect>();
  target.addLegalOp<ModuleOp>();
  target.markUnknownOpDynamicallyLegal([](Operation *op) {
    StringRef dialect = op->getName().getDialectNamespace();
    return dialect == "nvvm" || dialect == "rocdl";
  });
  return applyFullConversion(holder, target, std::move(patterns));
}

} // namespace treadle
