//===- VulkanEmitModules.cpp - SPIR-V as words --------------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "codegen/MachineCode.h"
#include "codegen/Target.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVOps.h"
#include "mlir/IR/Threading.h"
#include "mlir/Target/SPIRV/Serialization.h"
#include "targets/vulkan/KernelAbi.h"
#include "targets/vulkan/compile/Passes.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace treadle {
#define GEN_PASS_DEF_VULKANEMITMODULES
#include "targets/vulkan/compile/Passes.h.inc"

namespace {

/// What KernelAbi.h calls the feature that a capability needs; empty for those that all devices have.
StringRef featureOf(spirv::Capability capability) {
  switch (capability) {
  case spirv::Capability::Float64:
    return "shaderFloat64";
  case spirv::Capability::Int64:
    return "shaderInt64";
  case spirv::Capability::Int16:
    return "shaderInt16";
  case spirv::Capability::Float16:
    return "shaderFloat16";
  case spirv::Capability::Int8:
    return "shaderInt8";
  case spirv::Capability::StorageBuffer16BitAccess:
    return "storageBuffer16BitAccess";
  case spirv::Capability::StorageBuffer8BitAccess:
    return "storageBuffer8BitAccess";
  default:
    return "";
  }
}

/// What KernelAbi.h calls the product of matrices.
std::string nameOf(spirv::KHRCooperativeMatrixMulAddOp product) {
  auto a = cast<spirv::CooperativeMatrixType>(product.getA().getType());
  auto sums = cast<spirv::CooperativeMatrixType>(product.getResult().getType());
  std::string name = vulkan::matrixOf;
  llvm::raw_string_ostream(name) << sums.getRows() << "x" << sums.getColumns() << "x" << a.getColumns() << " "
                                 << a.getElementType() << " " << sums.getElementType();
  return name;
}

struct VulkanEmitModules : impl::VulkanEmitModulesBase<VulkanEmitModules> {
  void runOnOperation() override {
    program::ExecutableOp executable = getOperation();
    auto target = executable->getAttrOfType<DictionaryAttr>("treadle.target");
    if (!target || target.getAs<StringAttr>("name") != "vulkan")
      return;
    SmallVector<spirv::ModuleOp> modules;
    executable.walk([&](spirv::ModuleOp module) { modules.push_back(module); });
    std::vector<SmallVector<uint32_t, 0>> words(modules.size());
    auto emit = [&](size_t i) {
      spirv::SerializationOptions options;
      options.emitSymbolName = false;
      SmallVector<uint32_t> binary;
      LogicalResult done = spirv::serialize(modules[i], binary, options);
      words[i].assign(binary.begin(), binary.end());
      return done;
    };
    if (failed(failableParallelForEachN(&getContext(), 0, modules.size(), emit)))
      return signalPassFailure();

    Builder b(&getContext());
    SmallVector<Operation *> described;
    SmallVector<ArrayRef<char>> codes;
    llvm::SetVector<StringRef> features;
    if (target.getAs<StringAttr>("variant").getValue().starts_with("cpu"))
      features.insert(vulkan::onProcessor);
    for (auto [module, code] : llvm::zip(modules, words)) {
      described.push_back(module);
      codes.push_back({reinterpret_cast<const char *>(code.data()), code.size() * sizeof(uint32_t)});
      if (auto subgroup = module->getAttrOfType<IntegerAttr>("treadle.subgroup"))
        features.insert(b.getStringAttr(vulkan::subgroupOf + Twine(subgroup.getInt())).getValue());
      module.walk([&](spirv::KHRCooperativeMatrixMulAddOp product) {
        features.insert(b.getStringAttr(nameOf(product)).getValue());
      });
      for (spirv::Capability capability : module.getVceTriple()->getCapabilities())
        if (StringRef feature = featureOf(capability); !feature.empty())
          features.insert(feature);
    }
    bool multiplies = llvm::any_of(features, [](StringRef name) { return name.starts_with(vulkan::matrixOf); });
    if (!multiplies && !Target::of(executable).opaqueUnits.empty())
      executable->setAttr("treadle.superfluous", b.getUnitAttr()); // it is what the variant without matrices is
    executable->setAttr("treadle.features", b.getStrArrayAttr(features.getArrayRef()));
    setObjects(executable, described, codes);
  }
};

} // namespace
} // namespace treadle
