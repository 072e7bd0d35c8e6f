//===- VulkanChecks.cpp - what Khronos' tools say of kernels and calls --------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/conformance/VulkanChecks.h"
#include "dialects/program/Program.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "test/TemporaryFolder.h"
#include <cstring>
#include <spirv-tools/libspirv.h>

using namespace mlir;

namespace treadle::test {

static std::string faultOf(ArrayRef<uint32_t> words) {
  spv_context context = spvContextCreate(SPV_ENV_VULKAN_1_3);
  spv_const_binary_t binary = {words.data(), words.size()};
  spv_diagnostic diagnostic = nullptr;
  std::string fault;
  if (spvValidate(context, &binary, &diagnostic) != SPV_SUCCESS)
    fault = diagnostic && diagnostic->error ? diagnostic->error : "is not valid";
  spvDiagnosticDestroy(diagnostic);
  spvContextDestroy(context);
  return fault;
}

std::string invalidKernels(ModuleOp program) {
  std::string faults;
  for (auto executable : program.getOps<program::ExecutableOp>()) {
    auto object = dyn_cast_or_null<DenseResourceElementsAttr>(executable.getObjectAttr());
    if (!object)
      continue;
    ArrayRef<char> bytes = object.getRawHandle().getBlob()->getData();
    executable.walk([&](spirv::ModuleOp kernel) {
      // Debian 12's spirv-val is older than cooperative matrices; test/targets/vulkan/compile has a newer one for them.
      if (kernel.getMemoryModel() == spirv::MemoryModel::Vulkan)
        return;
      auto number = [&](StringRef name) { return kernel->getAttrOfType<IntegerAttr>(name).getInt(); };
      ArrayRef<char> code = bytes.slice(number("treadle.offset"), number("treadle.bytes"));
      std::vector<uint32_t> words(code.size() / sizeof(uint32_t));
      std::memcpy(words.data(), code.data(), code.size());
      if (std::string fault = faultOf(words); !fault.empty())
        faults += "spirv-val: " + fault + "\n";
    });
  }
  return faults;
}

static const TemporaryFolder *folder = nullptr;

void watchCalls() {
  static const TemporaryFolder made;
  folder = &made;
  made.put("vk_layer_settings.txt",
           "khronos_validation.debug_action = VK_DBG_LAYER_ACTION_LOG_MSG\n"
           "khronos_validation.report_flags = error,warn,perf\n"
           "khronos_validation.enables = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT\n"
           "khronos_validation.log_filename = " +
               made.path("log") + "\n");
  setenv("VK_LAYER_SETTINGS_PATH", made.path("vk_layer_settings.txt").c_str(), 1);
  setenv("VK_INSTANCE_LAYERS", "VK_LAYER_KHRONOS_validation", 1);
}

std::string takeMessages() {
  static size_t taken = 0;
  if (!folder)
    return "";
  if (!std::filesystem::exists(folder->path("log")))
    return "the validation layers do not watch: install vulkan-validationlayers, or say --no-layers";
  std::string all = folder->contents("log"), since = all.substr(taken);
  taken = all.size();
  return since;
}

} // namespace treadle::test
