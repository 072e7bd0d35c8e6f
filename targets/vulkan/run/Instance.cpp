//===- Instance.cpp - the Vulkan loader, and the devices that it finds -----------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "targets/vulkan/run/Instance.h"
#include "targets/vulkan/KernelAbi.h"
#include <algorithm>
#include <dlfcn.h>

namespace treadle::vulkan {
namespace {

std::string versionText(uint32_t version) {
  return concat(VK_API_VERSION_MAJOR(version), ".", VK_API_VERSION_MINOR(version));
}

/// 0: hardware, 1: software, 2: cannot be used.
int rank(const PhysicalDevice &device) {
  if (!device.unusable.empty())
    return 2;
  return device.isSoftware() ? 1 : 0;
}

} // namespace

bool PhysicalDevice::hasFeature(std::string_view name) const {
  return std::find(features.begin(), features.end(), name) != features.end();
}

Status lacksFunction(const char *what, const char *function) {
  return error(TREADLE_UNSUPPORTED, "the Vulkan ", what, " has no ", function,
               "; make the instance with VkApplicationInfo::apiVersion of VK_API_VERSION_1_3, and update the driver");
}

Status Instance::open(std::shared_ptr<Instance> &instance) {
  std::shared_ptr<Instance> opened(new Instance);
  // Not to be unloaded: drivers leave threads and thread-local data behind.
  opened->library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!opened->library)
    return error(TREADLE_NOT_FOUND, "Vulkan's loader cannot be opened (", dlerror(),
                 "); install libvulkan1 and the device's Vulkan driver");
  auto get = reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(opened->library, "vkGetInstanceProcAddr"));
  opened->GetInstanceProcAddr = get;
  auto function = [&](const char *name) { return get ? get(opened->handle, name) : nullptr; };
  auto version = reinterpret_cast<PFN_vkEnumerateInstanceVersion>(function("vkEnumerateInstanceVersion"));
  auto create = reinterpret_cast<PFN_vkCreateInstance>(function("vkCreateInstance"));
  uint32_t offered = VK_API_VERSION_1_0;
  if (version)
    version(&offered);
  if (!create || offered < VK_API_VERSION_1_3)
    return error(TREADLE_UNSUPPORTED, "Vulkan's loader is of version ", versionText(offered),
                 ", 1.3 is needed; update libvulkan1");

  auto application = structure<VkApplicationInfo>(VK_STRUCTURE_TYPE_APPLICATION_INFO);
  application.pEngineName = "treadle";
  application.apiVersion = VK_API_VERSION_1_3;
  auto info = structure<VkInstanceCreateInfo>(VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO);
  info.pApplicationInfo = &application;
  VkResult result = create(&info, nullptr, &opened->handle);
  if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
    return error(TREADLE_NOT_FOUND,
                 "there is no Vulkan driver; install the device's (mesa-vulkan-drivers has several)");
  if (result != VK_SUCCESS)
    return error(TREADLE_DEVICE, "Vulkan cannot be started (VkResult ", static_cast<int>(result), ")");
  if (Status status = opened->loadFunctions(); status.failed())
    return status;
  if (Status status = opened->findDevices(); status.failed())
    return status;
  instance = std::move(opened);
  return {};
}

Status Instance::adopt(const treadle_vulkan_device &app, std::shared_ptr<Instance> &instance) {
  if (!app.get_instance_proc_addr || !app.instance || !app.physical_device || !app.device || !app.features ||
      !app.queue)
    return error(TREADLE_INVALID_ARGUMENT, "treadle_vulkan_device: one of get_instance_proc_addr, instance, "
                                           "physical_device, device, features and queue is NULL");
  if (!app.lock != !app.unlock)
    return error(TREADLE_INVALID_ARGUMENT, "treadle_vulkan_device: of lock and unlock one is NULL; give both or none");
  std::shared_ptr<Instance> adopted(new Instance);
  adopted->handle = app.instance;
  adopted->GetInstanceProcAddr = app.get_instance_proc_addr;
  if (Status status = adopted->loadFunctions(); status.failed())
    return status;
  PhysicalDevice device = adopted->describe(app.physical_device, app.features);
  if (!device.unusable.empty())
    return error(TREADLE_UNSUPPORTED, "the app's device (", device.description, ") cannot be used: ", device.unusable);
  uint32_t count = 0;
  adopted->GetPhysicalDeviceQueueFamilyProperties(device.handle, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  adopted->GetPhysicalDeviceQueueFamilyProperties(device.handle, &count, families.data());
  if (app.queue_family >= count || !(families[app.queue_family].queueFlags & VK_QUEUE_COMPUTE_BIT))
    return error(TREADLE_INVALID_ARGUMENT, "treadle_vulkan_device: queue family ", app.queue_family, " of ", count,
                 " cannot compute; give a queue of one with VK_QUEUE_COMPUTE_BIT");
  device.queueFamily = app.queue_family;
  device.timestampBits = families[app.queue_family].timestampValidBits;
  adopted->found.push_back(std::move(device));
  instance = std::move(adopted);
  return {};
}

Instance::~Instance() {
  if (!library)
    return;
  if (handle)
    DestroyInstance(handle, nullptr);
  dlclose(library);
}

Status Instance::loadFunctions() {
  const char *missing = nullptr;
#define TREADLE_LOAD(name)                                                                                             \
  name = reinterpret_cast<PFN_vk##name>(GetInstanceProcAddr(handle, "vk" #name));                                      \
  if (!name)                                                                                                           \
    missing = "vk" #name;
  TREADLE_VULKAN_INSTANCE_FUNCTIONS(TREADLE_LOAD)
#undef TREADLE_LOAD
  GetMatrixProperties = reinterpret_cast<GetCooperativeMatrixProperties>(
      GetInstanceProcAddr(handle, "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR"));
  return missing ? lacksFunction("instance", missing) : Status();
}

Status Instance::findDevices() {
  uint32_t count = 0;
  std::vector<VkPhysicalDevice> handles;
  VkResult result = VK_INCOMPLETE;
  while (result == VK_INCOMPLETE) {
    result = EnumeratePhysicalDevices(handle, &count, nullptr);
    handles.resize(count);
    if (result == VK_SUCCESS && count)
      result = EnumeratePhysicalDevices(handle, &count, handles.data());
  }
  if (result != VK_SUCCESS)
    return error(TREADLE_DEVICE, "Vulkan's devices cannot be listed (VkResult ", static_cast<int>(result), ")");
  handles.resize(count);
  for (int wanted : {0, 1, 2})
    for (VkPhysicalDevice handle : handles)
      if (PhysicalDevice device = describe(handle, nullptr); rank(device) == wanted)
        found.push_back(std::move(device));
  return {};
}

Status Instance::check(uint32_t number) const {
  if (found.empty())
    return error(TREADLE_NOT_FOUND, "there is no device \"vulkan:", number,
                 "\": Vulkan finds none; install the device's driver (mesa-vulkan-drivers has one for the CPU, too)");
  if (number >= found.size())
    return error(TREADLE_NOT_FOUND, "there is no device \"vulkan:", number,
                 "\", the last is \"vulkan:", found.size() - 1, "\"");
  if (!found[number].unusable.empty())
    return error(TREADLE_UNSUPPORTED, "the device \"vulkan:", number, "\" (", found[number].description,
                 ") cannot be used: ", found[number].unusable);
  return {};
}

PhysicalDevice Instance::describe(VkPhysicalDevice physical, const VkPhysicalDeviceFeatures2 *told) const {
  PhysicalDevice device;
  device.handle = physical;
  GetPhysicalDeviceProperties(physical, &device.properties);
  std::string version = versionText(device.properties.apiVersion);
  device.description = concat(device.properties.deviceName, ", Vulkan ", version);

  VkPhysicalDeviceMemoryProperties memory;
  GetPhysicalDeviceMemoryProperties(physical, &memory);
  for (uint32_t i = 0; i < memory.memoryHeapCount; ++i)
    if (memory.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT)
      device.memory = std::max<uint64_t>(device.memory, memory.memoryHeaps[i].size);

  if (device.properties.apiVersion < VK_API_VERSION_1_3) {
    device.unusable = concat("its driver is for Vulkan ", version, ", 1.3 is needed; update the driver");
    return device;
  }
  auto driver = structure<VkPhysicalDeviceVulkan12Properties>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_PROPERTIES);
  auto all = structure<VkPhysicalDeviceProperties2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2);
  auto subgroup = structure<VkPhysicalDeviceSubgroupProperties>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES);
  all.pNext = &driver;
  driver.pNext = &subgroup;
  auto sizes = structure<VkPhysicalDeviceSubgroupSizeControlProperties>(
      VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES);
  subgroup.pNext = &sizes;
  GetPhysicalDeviceProperties2(physical, &all);
  device.description += concat(", driver ", driver.driverName, " ", driver.driverInfo);
  if (device.isSoftware())
    device.description += ", software";

  Features features, offered;
  GetPhysicalDeviceFeatures2(physical, &offered.core);
  if (told)
    features.read(*told);
  else
    GetPhysicalDeviceFeatures2(physical, &features.core);
  if (std::string missing = features.missing(); !missing.empty()) // all are part of Vulkan 1.3
    device.unusable =
        told ? concat("it was made without ", missing, "; enable that in VkDeviceCreateInfo, and say so in ",
                      "treadle_vulkan_device.features")
             : concat("it lacks parts of Vulkan 1.3 (", missing, "); update the driver");

  bool canChoose = features.v13.subgroupSizeControl && features.v13.computeFullSubgroups &&
                   (sizes.requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT);
  if (canChoose)
    device.subgroupSizes = {sizes.minSubgroupSize, sizes.maxSubgroupSize};
  for (const char *name : optionalFeatures)
    if (*features.find(name))
      device.features.push_back(name);
    else if (*offered.find(name))
      device.disabled.push_back(name);
  if (device.isSoftware())
    device.features.push_back(onProcessor);
  constexpr VkSubgroupFeatureFlags operations = VK_SUBGROUP_FEATURE_SHUFFLE_BIT | VK_SUBGROUP_FEATURE_BALLOT_BIT;
  if ((subgroup.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT) &&
      (subgroup.supportedOperations & operations) == operations)
    for (uint32_t size = 1; size <= 128; size *= 2)
      if (size == subgroup.subgroupSize ||
          (canChoose && size >= sizes.minSubgroupSize && size <= sizes.maxSubgroupSize))
        device.features.push_back(concat(subgroupOf, size));

  describeMatrices(device, !told || features.hasMatrices);

  // A queue that does no graphics is not shared with the screen.
  uint32_t count = 0;
  GetPhysicalDeviceQueueFamilyProperties(physical, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  GetPhysicalDeviceQueueFamilyProperties(physical, &count, families.data());
  int best = 0;
  for (uint32_t i = 0; i < count; ++i) {
    int fits = !(families[i].queueFlags & VK_QUEUE_COMPUTE_BIT)    ? 0
               : !(families[i].queueFlags & VK_QUEUE_GRAPHICS_BIT) ? 2
                                                                   : 1;
    if (fits <= best)
      continue;
    best = fits;
    device.queueFamily = i;
    device.timestampBits = families[i].timestampValidBits;
  }
  if (!best)
    device.unusable = "it cannot compute";
  return device;
}

/// What it multiplies, by the names of KernelAbi.h.
void Instance::describeMatrices(PhysicalDevice &device, bool isEnabled) const {
  uint32_t count = 0;
  EnumerateDeviceExtensionProperties(device.handle, nullptr, &count, nullptr);
  std::vector<VkExtensionProperties> extensions(count);
  EnumerateDeviceExtensionProperties(device.handle, nullptr, &count, extensions.data());
  bool isOffered = std::any_of(extensions.begin(), extensions.end(), [](const VkExtensionProperties &extension) {
    return std::string_view(extension.extensionName) == cooperativeMatrixExtension;
  });
  if (!isOffered || !isEnabled || !GetMatrixProperties)
    return;
  CooperativeMatrixFeatures features;
  VkPhysicalDeviceFeatures2 all = {VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, &features, {}};
  GetPhysicalDeviceFeatures2(device.handle, &all);
  device.hasMatrices = features.cooperativeMatrix;
  if (!device.hasMatrices || GetMatrixProperties(device.handle, &count, nullptr) != VK_SUCCESS)
    return;
  std::vector<CooperativeMatrixProperties> offered(count);
  GetMatrixProperties(device.handle, &count, offered.data());
  constexpr int32_t subgroupScope = 3;
  constexpr const char *types[] = {"f16", "f32", "f64", "i8", "i16", "i32", "i64"}; // by VkComponentTypeKHR
  auto nameOf = [&](int32_t type) { return type >= 0 && type < int32_t(std::size(types)) ? types[type] : ""; };
  for (const CooperativeMatrixProperties &product : offered)
    if (product.scope == subgroupScope && product.lhs == product.rhs && product.sums == product.result &&
        !product.saturates)
      device.features.push_back(concat(matrixOf, product.rows, "x", product.columns, "x", product.depth, " ",
                                       nameOf(product.lhs), " ", nameOf(product.sums)));
}

} // namespace treadle::vulkan
