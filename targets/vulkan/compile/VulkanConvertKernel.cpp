//===- VulkanConvertKernel.cpp - kernels as SPIR-V ----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Upstream converts arithmetic and control flow. What is ours is memory (Memory.h) and what subgroups do together.
//
//===----------------------------------------------------------------------===//

#include "dialects/tile/Tile.h"
#include "mlir/Conversion/ArithToSPIRV/ArithToSPIRV.h"
#include "mlir/Conversion/GPUToSPIRV/GPUToSPIRV.h"
#include "mlir/Conversion/MathToSPIRV/MathToSPIRV.h"
#include "mlir/Conversion/SCFToSPIRV/SCFToSPIRV.h"
#include "mlir/Conversion/VectorToSPIRV/VectorToSPIRV.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVOps.h"
#include "mlir/Dialect/SPIRV/Transforms/Passes.h"
#include "mlir/Dialect/SPIRV/Transforms/SPIRVConversion.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/DialectConversion.h"
#include "targets/vulkan/compile/Memory.h"
#include "targets/vulkan/compile/Passes.h"
#include "targets/vulkan/compile/TileToSpirv.h"

using namespace mlir;

namespace treadle {
#define GEN_PASS_DEF_VULKANCONVERTKERNEL
#include "targets/vulkan/compile/Passes.h.inc"

namespace {

using namespace vulkan;

/// Everything that kernels may use of a device; what one does use is found afterwards.
spirv::TargetEnvAttr environment(MLIRContext *context) {
  using C = spirv::Capability;
  C capabilities[] = {C::Shader,
                      C::GroupNonUniformShuffle,
                      C::GroupNonUniformBallot,
                      C::PhysicalStorageBufferAddresses,
                      C::Int64,
                      C::Int16,
                      C::Int8,
                      C::Float16,
                      C::Float64,
                      C::StorageBuffer16BitAccess,
                      C::StorageBuffer8BitAccess,
                      C::CooperativeMatrixKHR,
                      C::VulkanMemoryModel};
  auto triple = spirv::VerCapExtAttr::get(spirv::Version::V_1_6, capabilities,
                                          spirv::Extension::SPV_KHR_cooperative_matrix, context);
  return spirv::TargetEnvAttr::get(triple, spirv::getDefaultResourceLimits(context), spirv::ClientAPI::Vulkan,
                                   spirv::Vendor::Unknown, spirv::DeviceType::Unknown,
                                   spirv::TargetEnvAttr::kUnknownDeviceID);
}

class Converter : public SPIRVTypeConverter {
public:
  explicit Converter(spirv::TargetEnvAttr environment) : SPIRVTypeConverter(environment, options()) {
    addConversion([this](MemRefType type) -> std::optional<Type> {
      MLIRContext *context = type.getContext();
      if (!isShared(type))
        return IntegerType::get(context, 64);
      Type array = spirv::ArrayType::get(convertType(type.getElementType()), type.getNumElements());
      return spirv::PointerType::get(array, spirv::StorageClass::Workgroup);
    });
  }

private:
  static SPIRVConversionOptions options() {
    SPIRVConversionOptions options;
    options.emulateLT32BitScalarTypes = options.emulateUnsupportedFloatTypes = false;
    return options;
  }
};

struct Load : OpConversionPattern<memref::LoadOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(memref::LoadOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    Type element = getTypeConverter()->convertType(op.getType());
    Access at = accessTo(b, op.getLoc(), op.getMemRefType(), element, in.getMemref(), in.getIndices()[0]);
    b.replaceOpWithNewOp<spirv::LoadOp>(op, element, at.pointer, at.access, at.alignment);
    return success();
  }
};

/// What some elements of device memory are moved as: one word of 16, 32 or 64 bits, which llvmpipe loads as fast as one
/// of them, while a vector it loads by components; or four words. Null for others.
Type wordOf(MemRefType memory, VectorType type) {
  int64_t count = type.getNumElements(), bits = count * type.getElementTypeBitWidth();
  if (isShared(memory) || count < 2 || count > 4)
    return {};
  if (bits == 128)
    return VectorType::get({4}, IntegerType::get(type.getContext(), 32));
  return bits == 16 || bits == 32 || bits == 64 ? IntegerType::get(type.getContext(), static_cast<unsigned>(bits))
                                                : Type();
}

Access accessToSome(OpBuilder &b, Location loc, MemRefType memory, Type word, Value base, ValueRange indices) {
  return accessAt(b, loc, word, addressOf(b, loc, memory, base, indices[0]));
}

Value castTo(OpBuilder &b, Type type, Value bits) {
  return bits.getType() == type ? bits : Value(spirv::BitcastOp::create(b, bits.getLoc(), type, bits));
}

struct LoadSome : OpConversionPattern<vector::LoadOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(vector::LoadOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    Type word = wordOf(op.getMemRefType(), op.getVectorType());
    if (!word)
      return failure();
    Access at = accessToSome(b, op.getLoc(), op.getMemRefType(), word, in.getBase(), in.getIndices());
    Value all = spirv::LoadOp::create(b, op.getLoc(), word, at.pointer, at.access, at.alignment);
    b.replaceOp(op, castTo(b, op.getVectorType(), all));
    return success();
  }
};

struct StoreSome : OpConversionPattern<vector::StoreOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(vector::StoreOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    Type word = wordOf(op.getMemRefType(), op.getVectorType());
    if (!word)
      return failure();
    Access at = accessToSome(b, op.getLoc(), op.getMemRefType(), word, in.getBase(), in.getIndices());
    Value all = castTo(b, word, in.getValueToStore());
    b.replaceOpWithNewOp<spirv::StoreOp>(op, at.pointer, all, at.access, at.alignment);
    return success();
  }
};

struct Store : OpConversionPattern<memref::StoreOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(memref::StoreOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    Access at =
        accessTo(b, op.getLoc(), op.getMemRefType(), in.getValue().getType(), in.getMemref(), in.getIndices()[0]);
    b.replaceOpWithNewOp<spirv::StoreOp>(op, at.pointer, in.getValue(), at.access, at.alignment);
    return success();
  }
};

/// Shared memory is a variable of the module.
struct Shared : OpConversionPattern<memref::AllocaOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(memref::AllocaOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    if (!isShared(op.getType()))
      return failure();
    auto module = op->getParentOfType<spirv::ModuleOp>();
    Type type = getTypeConverter()->convertType(op.getType());
    auto variables = module.getOps<spirv::GlobalVariableOp>();
    std::string name = ("shared_" + Twine(std::distance(variables.begin(), variables.end()))).str();
    spirv::GlobalVariableOp variable;
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(module.getBody());
      variable = spirv::GlobalVariableOp::create(b, op.getLoc(), type, name, /*initializer=*/FlatSymbolRefAttr());
    }
    b.replaceOpWithNewOp<spirv::AddressOfOp>(op, variable);
    return success();
  }
};

/// A shuffle from a constant thread rather than a broadcast, of which Mesa 22's llvmpipe first searches, for each value
/// anew, the subgroup for an active thread: it takes this one as a permutation of a vector.
struct Broadcast : OpConversionPattern<gpu::SubgroupBroadcastOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(gpu::SubgroupBroadcastOp op, OpAdaptor in,
                                ConversionPatternRewriter &b) const override {
    if (op.getBroadcastType() != gpu::BroadcastType::specific_lane)
      return failure();
    b.replaceOpWithNewOp<spirv::GroupNonUniformShuffleOp>(op, spirv::Scope::Subgroup, in.getSrc(), in.getLane());
    return success();
  }
};

/// What the thread has whose number differs in some bits; upstream's pattern knows only subgroups of the environment's
/// size.
struct Exchange : OpConversionPattern<gpu::ShuffleOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(gpu::ShuffleOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    if (op.getMode() != gpu::ShuffleMode::XOR)
      return failure();
    Location loc = op.getLoc();
    Value other =
        spirv::GroupNonUniformShuffleXorOp::create(b, loc, spirv::Scope::Subgroup, in.getValue(), in.getOffset());
    b.replaceOp(op, {other, spirv::ConstantOp::getOne(b.getI1Type(), loc, b)});
    return success();
  }
};

struct Ballot : OpConversionPattern<tile::BallotOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(tile::BallotOp op, OpAdaptor in, ConversionPatternRewriter &b) const override {
    if (!op.getType().isInteger(32))
      return failure();
    Value words = spirv::GroupNonUniformBallotOp::create(b, op.getLoc(), VectorType::get({4}, b.getI32Type()),
                                                         spirv::Scope::Subgroup, in.getTruth());
    b.replaceOpWithNewOp<spirv::CompositeExtractOp>(op, words, ArrayRef<int32_t>{0});
    return success();
  }
};

struct Return : OpConversionPattern<func::ReturnOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(func::ReturnOp op, OpAdaptor, ConversionPatternRewriter &b) const override {
    b.replaceOpWithNewOp<spirv::ReturnOp>(op);
    return success();
  }
};

/// The kernel as a function without arguments: what those were is loaded first.
struct Entry : OpConversionPattern<func::FuncOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult matchAndRewrite(func::FuncOp op, OpAdaptor, ConversionPatternRewriter &b) const override {
    Location loc = op.getLoc();
    Type word = b.getI64Type(), index = b.getI32Type();
    b.setInsertionPoint(op);
    // PushConstants of KernelAbi.h
    auto layout = spirv::StructType::get({word, index}, {0, 8});
    auto constants = spirv::GlobalVariableOp::create(
        b, loc, TypeAttr::get(spirv::PointerType::get(layout, spirv::StorageClass::PushConstant)),
        b.getStringAttr("arguments"), FlatSymbolRefAttr());
    auto main = spirv::FuncOp::create(b, loc, "main", b.getFunctionType({}, {}));
    b.inlineRegionBefore(op.getBody(), main.getBody(), main.end());

    Block *body = &main.getBody().front();
    TypeConverter::SignatureConversion signature(body->getNumArguments());
    OpBuilder::InsertionGuard guard(b);
    Block *entry = b.createBlock(&main.getBody(), main.getBody().begin());
    Value block = spirv::AddressOfOp::create(b, loc, constants);
    auto member = [&](int32_t number, Type type) -> Value {
      auto pointer = spirv::PointerType::get(type, spirv::StorageClass::PushConstant);
      Value at = spirv::AccessChainOp::create(b, loc, pointer, block, constant(b, loc, index, number));
      return spirv::LoadOp::create(b, loc, at);
    };
    Value arguments = member(0, word);
    int64_t last = body->getNumArguments() - 1;
    for (auto [i, argument] : llvm::enumerate(body->getArguments())) {
      Value value;
      if (int64_t(i) == last) {
        value = member(1, index);
      } else {
        Value address = i ? Value(spirv::IAddOp::create(b, loc, arguments, constant(b, loc, word, 8 * i))) : arguments;
        value = spirv::LoadOp::create(b, loc, word, pointerTo(b, loc, word, address),
                                      spirv::MemoryAccessAttr::get(b.getContext(), spirv::MemoryAccess::Aligned),
                                      b.getI32IntegerAttr(8));
        if (argument.getType().isIndex())
          value = spirv::SConvertOp::create(b, loc, index, value);
      }
      signature.remapInput(i, value);
    }
    Block *converted = b.applySignatureConversion(body, signature, getTypeConverter());
    b.setInsertionPointToEnd(entry);
    b.mergeBlocks(converted, entry, {});
    b.eraseOp(op);
    return success();
  }
};

/// Upstream's conversion leaves undefined what comes of a loop that runs no times: it is what the loop started
/// from.
void keepStartValues(func::FuncOp kernel) {
  kernel.walk([](scf::ForOp loop) {
    std::optional<APInt> count = loop.getStaticTripCount();
    if (loop.getNumResults() == 0 || (count && !count->isZero()))
      return;
    OpBuilder b(loop->getContext());
    b.setInsertionPointAfter(loop);
    Location loc = loop.getLoc();
    Value runs = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, loop.getLowerBound(), loop.getUpperBound());
    for (auto [result, start] : llvm::zip(loop.getResults(), loop.getInitArgs())) {
      if (!result.getType().isIntOrIndexOrFloat()) // matrices, of loops that always run
        continue;
      Value kept = arith::SelectOp::create(b, loc, runs, result, start);
      result.replaceAllUsesExcept(kept, kept.getDefiningOp());
    }
  });
}

struct VulkanConvertKernel : impl::VulkanConvertKernelBase<VulkanConvertKernel> {
  void runOnOperation() override {
    ModuleOp holder = getOperation();
    func::FuncOp kernel;
    for (auto function : holder.getOps<func::FuncOp>())
      if (function->hasAttr("treadle.threads"))
        kernel = function;
    if (!kernel)
      return;
    MLIRContext *context = &getContext();
    spirv::TargetEnvAttr target = environment(context);
    OpBuilder b(kernel);
    auto module = spirv::ModuleOp::create(b, kernel.getLoc(), spirv::AddressingModel::PhysicalStorageBuffer64,
                                          spirv::MemoryModel::GLSL450);
    module->setAttr(spirv::getTargetEnvAttrName(), target);
    for (StringRef name : {"treadle.grid", "treadle.scratch", "treadle.buffers", "treadle.symbols", "treadle.threads",
                           "treadle.subgroup"})
      if (Attribute value = kernel->getAttr(name))
        module->setAttr(name, value);
    int64_t threads = kernel->getAttrOfType<IntegerAttr>("treadle.threads").getInt();
    kernel->moveBefore(module.getBody(), module.getBody()->end());
    keepStartValues(kernel);

    Converter converter(target);
    ScfToSPIRVContext loops;
    RewritePatternSet patterns(context);
    arith::populateArithToSPIRVPatterns(converter, patterns);
    populateMathToSPIRVPatterns(converter, patterns);
    populateSCFToSPIRVPatterns(converter, loops, patterns);
    populateGPUToSPIRVPatterns(converter, patterns);
    populateVectorToSPIRVPatterns(converter, patterns);
    vulkan::populateTileToSpirv(converter, patterns);
    patterns.add<Load, LoadSome, StoreSome, Store, Shared, Broadcast, Exchange, Ballot, Return, Entry>(converter,
                                                                                                       context);
    auto legal = SPIRVConversionTarget::get(target);
    if (failed(applyFullConversion(module, *legal, std::move(patterns))))
      return signalPassFailure();

    // Sums are rounded as they stand: what functions are made of relies on it.
    module.walk([&](Operation *op) {
      if (isa<spirv::FAddOp, spirv::FSubOp, spirv::FMulOp, spirv::FDivOp, spirv::FNegateOp, spirv::GLFmaOp>(op))
        op->setAttr("no_contraction", b.getUnitAttr());
    });
    SmallVector<Attribute> interface;
    for (auto variable : module.getOps<spirv::GlobalVariableOp>())
      interface.push_back(SymbolRefAttr::get(variable));
    b.setInsertionPointToEnd(module.getBody());
    auto main = *module.getOps<spirv::FuncOp>().begin();
    spirv::EntryPointOp::create(b, module.getLoc(), spirv::ExecutionModel::GLCompute, main, interface);
    spirv::ExecutionModeOp::create(b, module.getLoc(), main, spirv::ExecutionMode::LocalSize,
                                   ArrayRef<int32_t>{static_cast<int32_t>(threads), 1, 1});
    bool hasMatrices = vulkan::hasMatrices(module);
    if (hasMatrices)
      vulkan::useVulkanMemoryModel(module);
    // What of the environment it uses; the version says which variables an entry point lists.
    OpPassManager used(spirv::ModuleOp::getOperationName());
    used.addPass(spirv::createSPIRVUpdateVCEPass());
    if (failed(runPipeline(used, module)))
      return signalPassFailure();
    llvm::SetVector<spirv::Capability> capabilities;
    for (spirv::Capability capability : module.getVceTriple()->getCapabilities())
      capabilities.insert(capability);
    SmallVector<spirv::Extension> extensions;
    if (hasMatrices) {
      capabilities.insert(spirv::Capability::VulkanMemoryModel);
      capabilities.insert(spirv::Capability::GroupNonUniform); // to know one's subgroup
      extensions.push_back(spirv::Extension::SPV_KHR_cooperative_matrix);
    }
    module.setVceTripleAttr(spirv::VerCapExtAttr::get(hasMatrices ? spirv::Version::V_1_6 : spirv::Version::V_1_5,
                                                      capabilities.getArrayRef(),
                                                      ArrayRef<spirv::Extension>(extensions), context));
  }
};

} // namespace
} // namespace treadle
