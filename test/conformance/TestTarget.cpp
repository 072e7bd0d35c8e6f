//===- TestTarget.cpp - what the suite is run for -----------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/conformance/TestTarget.h"
#include "codegen/Backend.h"
#include "runtime/treadle.h"
#include "targets/cpu/compile/CpuTarget.h"
#include "tools/compile/Register.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace treadle::test {
namespace {

[[noreturn]] void refuse(StringRef item, const std::string &why) {
  llvm::errs() << "--target=" << item << ": " << why << "\n";
  std::exit(2);
}

/// Every row of the target's Chips.def, or the one that is named.
std::vector<Target> variantsOf(const Backend &backend, StringRef chip, StringRef item) {
  SmallVector<StringRef> chips = {chip};
  if (backend.name == "cpu" && chip.empty()) // what artifacts have by default is not all
    chips = SmallVector<StringRef>(cpu::variantNames());
  std::vector<Target> variants;
  for (StringRef name : chips) {
    std::string error;
    llvm::append_range(variants, backend.describe(name, error));
    if (!error.empty())
      refuse(item, error);
  }
  return variants;
}

} // namespace

const Target &TestTarget::best() const {
  for (const Target &variant : variants)
    if (name == "cpu" && variant.variant == cpu::hostVariant())
      return variant;
  return variants.back();
}

bool TestTarget::hasDevice() const {
  treadle_device_info info;
  for (int32_t i = 0;; ++i) {
    if (treadle_error *error = treadle_device(i, &info)) {
      treadle_error_free(error);
      return false;
    }
    if (info.name == device)
      return true;
  }
}

std::vector<TestTarget> testTargets(StringRef list) {
  registerAllPasses();
  SmallVector<StringRef> items;
  list.split(items, ',', -1, /*KeepEmpty=*/false);
  if (items.empty())
    for (const Backend &backend : backends())
      items.push_back(backend.name);
  std::vector<TestTarget> targets;
  for (StringRef item : items) {
    auto [name, chip] = item.split(':');
    const Backend *backend = findBackend(name);
    if (!backend)
      refuse(item, "there is no such target");
    std::string device = name == "cpu" ? "cpu" : (name + ":0").str();
    targets.push_back({name.str(), device, variantsOf(*backend, chip, item)});
  }
  return targets;
}

} // namespace treadle::test
