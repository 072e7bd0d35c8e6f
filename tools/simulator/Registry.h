//===- Registry.h - objects behind a driver's handles -------------------------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TREADLE_TOOLS_SIMULATOR_REGISTRY_H
#define TREADLE_TOOLS_SIMULATOR_REGISTRY_H

#include <map>
#include <memory>

namespace treadle::simulator {

/// Objects behind handles. A handle that is not of one is noticed.
template <typename T> class Registry {
public:
  template <typename Handle> Handle add(std::unique_ptr<T> object) {
    T *place = object.get();
    objects[place] = std::move(object);
    return reinterpret_cast<Handle>(place);
  }
  template <typename Handle> T *find(Handle handle) const {
    auto found = objects.find(reinterpret_cast<const void *>(handle));
    return found == objects.end() ? nullptr : found->second.get();
  }
  template <typename Handle> bool remove(Handle handle) {
    return objects.erase(reinterpret_cast<const void *>(handle)) == 1;
  }
  template <typename Predicate> void removeIf(Predicate predicate) {
    std::erase_if(objects, [&](const auto &entry) { return predicate(*entry.second); });
  }

private:
  std::map<const void *, std::unique_ptr<T>> objects;
};

} // namespace treadle::simulator

#endif // TREADLE_TOOLS_SIMULATOR_REGISTRY_H
