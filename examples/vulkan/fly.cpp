//===- fly.cpp - a network's pictures in an app that draws with Vulkan --------===//
//
// Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//     treadle compile --render --target vulkan examples/neural-graphics/nsdf-hash.msgpack -o scene.tdl
//     c++ -std=c++20 fly.cpp -I<treadle> -L<build>/lib -Wl,-rpath,<build>/lib -ltreadle -lvulkan -o fly
//     ./fly scene.tdl out.ppm [FRAMES]
//
// An eye flies around a scene (any but an image). What it sees is copied from a buffer of the app's into its image, or
// with a window the swapchain's; the host gets the last one alone. Where the eye is then, is printed.
//
//===----------------------------------------------------------------------===//

#include "runtime/treadle_vulkan.h"
#include <cmath>
#include <cstring>
#include <deque>
#include <fstream>
#include <iostream>
#include <vulkan/vulkan_raii.hpp>

using enum vk::ImageLayout;
using enum vk::MemoryPropertyFlagBits;

const vk::ImageSubresourceRange everything(vk::ImageAspectFlagBits::eColor, 0, 1, 0, 1);
constexpr int32_t size = 96, border = 4, whole = size + 2 * border;

static void must(bool works, const char *message) {
  if (!works)
    throw std::runtime_error(message);
}
static void check(treadle_error *error) { must(!error, treadle_error_message(error)); }

/// What it has of Vulkan.
struct App {
  vk::raii::Context context;
  vk::ApplicationInfo about{"fly", 1, nullptr, 0, VK_API_VERSION_1_3};
  vk::raii::Instance instance{context, vk::InstanceCreateInfo({}, &about)};
  vk::raii::PhysicalDevice physical{std::move(vk::raii::PhysicalDevices(instance).front())};
  vk::StructureChain<vk::PhysicalDeviceFeatures2, vk::PhysicalDeviceVulkan11Features,
                     vk::PhysicalDeviceVulkan12Features, vk::PhysicalDeviceVulkan13Features>
      chain; // of the features that the device was made with: all that it has
  uint32_t family = 0;
  vk::raii::Device device = nullptr;
  vk::raii::Queue queue = nullptr;
  vk::raii::CommandPool pool = nullptr;
  std::deque<vk::raii::DeviceMemory> memories;
  std::deque<vk::raii::Buffer> buffers;
  std::deque<vk::raii::CommandBuffer> recorded;

  App() {
    (*physical).getFeatures2(&chain.get());
    chain.get().features.robustBufferAccess = VK_FALSE; // the one that costs
    auto families = physical.getQueueFamilyProperties();
    while (family + 1 < families.size() && !(families[family].queueFlags & vk::QueueFlagBits::eCompute))
      ++family;
    float priority = 1;
    vk::DeviceQueueCreateInfo ofQueue({}, family, 1, &priority);
    device = {physical, vk::DeviceCreateInfo({}, ofQueue, {}, {}, nullptr, &chain.get())};
    queue = {device, family, 0};
    pool = {device, vk::CommandPoolCreateInfo({}, family)};
  }
  ~App() { device.waitIdle(); }

  void give(auto &resource, vk::MemoryPropertyFlags wanted) {
    vk::MemoryRequirements needed = resource.getMemoryRequirements();
    vk::PhysicalDeviceMemoryProperties has = physical.getMemoryProperties();
    uint32_t type = 0;
    while (!(needed.memoryTypeBits >> type & 1) || (has.memoryTypes[type].propertyFlags & wanted) != wanted)
      must(++type < has.memoryTypeCount, "the device has no such memory");
    vk::MemoryAllocateFlagsInfo flags(vk::MemoryAllocateFlagBits::eDeviceAddress);
    memories.emplace_back(device, vk::MemoryAllocateInfo(needed.size, type, &flags));
    resource.bindMemory(*memories.back(), 0);
  }
  treadle_vulkan_buffer buffer(vk::DeviceSize bytes, vk::MemoryPropertyFlags wanted) {
    treadle_vulkan_buffer made{{}, bytes + 8, TREADLE_VULKAN_BUFFER_USAGE, 0};
    buffers.emplace_back(device, vk::BufferCreateInfo({}, made.size, vk::BufferUsageFlags(made.usage)));
    give(buffers.back(), wanted);
    made.buffer = *buffers.back();
    return made;
  }
  vk::CommandBuffer record(auto &&commands) {
    vk::raii::CommandBuffers one(device, {*pool, vk::CommandBufferLevel::ePrimary, 1});
    auto &buffer = recorded.emplace_back(std::move(one.front()));
    buffer.begin(vk::CommandBufferBeginInfo(vk::CommandBufferUsageFlagBits::eSimultaneousUse));
    commands(buffer);
    buffer.end();
    return *buffer;
  }
  void submit(vk::CommandBuffer commands) { queue.submit(vk::SubmitInfo({}, {}, commands)); }
};

/// What follows, on the host too, sees what was written before, and the image in another layout.
static void turn(const vk::raii::CommandBuffer &commands, vk::Image image, vk::ImageLayout from, vk::ImageLayout to) {
  using Stage = vk::PipelineStageFlagBits2;
  vk::PipelineStageFlags2 all = Stage::eAllCommands, next = Stage::eAllCommands | Stage::eHost;
  vk::AccessFlags2 writes = vk::AccessFlagBits2::eMemoryWrite, any = writes | vk::AccessFlagBits2::eMemoryRead;
  vk::MemoryBarrier2 ofBuffers(all, writes, next, any);
  vk::ImageMemoryBarrier2 ofImage(all, writes, all, any, from, to, {}, {}, image, everything);
  commands.pipelineBarrier2(vk::DependencyInfo({}, ofBuffers, {}, ofImage));
}

struct Eye {
  treadle_session *session = nullptr;
  treadle_vulkan_buffer pixels; // r, g, b, a, from the top, size x size
  std::vector<treadle_tensor> inputs;
  std::deque<std::array<int64_t, 4>> dims;
  float camera[12] = {}; // of 3 rows; columns: right, down, forward, position

  Eye(App &app, const char *path) {
    treadle_program *program;
    check(treadle_program_open_file(path, nullptr, &program));
    treadle_vulkan_device on{};
    on.get_instance_proc_addr = vkGetInstanceProcAddr, on.instance = *app.instance, on.physical_device = *app.physical;
    on.device = *app.device, on.queue_family = app.family, on.queue = *app.queue;
    on.features = &static_cast<const VkPhysicalDeviceFeatures2 &>(app.chain.get());
    check(treadle_vulkan_session_create(program, &on, nullptr, &session));
    pixels = app.buffer(size * size * 4, eDeviceLocal);
    treadle_vulkan_buffer before = app.buffer(size * size * 16, eDeviceLocal);
    app.submit(app.record([&](auto &commands) { commands.fillBuffer(before.buffer, 0, VK_WHOLE_SIZE, 0); }));
    treadle_tensor_info info;
    for (int32_t i = 0; i < treadle_program_input_count(program); ++i) {
      check(treadle_program_input(program, i, &info));
      auto &shape = dims.emplace_back();
      for (int32_t d = 0; d < info.rank && d < 4; ++d) // "height", "width", or both: "height * width"
        shape[d] = info.dims[d] >= 0 ? info.dims[d] : std::strchr(info.dim_names[d], '*') ? size * size : size;
      inputs.push_back({dataOf(info.name), info.dtype, info.rank, shape.data(), 0});
      if (!inputs.back().data)
        check(treadle_vulkan_bind_input(session, i, &before));
    }
    int32_t output = 0;
    while (!treadle_program_output(program, output, &info) && std::strcmp(info.name, "pixels") != 0)
      ++output;
    check(treadle_vulkan_bind_output(session, output, &pixels));
    treadle_program_close(program); // its session stays
  }
  ~Eye() { treadle_session_close(session); }

  /// What an input has from the host; null: it is about what was drawn before.
  void *dataOf(std::string_view name) {
    static float white[] = {1, 1, 1, 1}, one = 1, focal = size / 2 / std::tan(0.349066f); // half of 40 degrees
    static float lens[] = {focal, focal, size / 2, size / 2};
    void *factor = name == "gain" || name == "share" ? &one : nullptr;
    return name == "camera" ? camera : name == "intrinsics" ? lens : name == "background" ? white : factor;
  }
  /// From a circle above the unit cube, looking at its middle; after what the queue was given before.
  void draw(double angle) {
    const double radius = 1.6, above = 0.6, far = std::hypot(radius, above), c = std::cos(angle), s = std::sin(angle);
    const double rows[3][3] = {{s, c * above / far, -c * radius / far}, // right, down, forward
                               {0, -radius / far, -above / far},
                               {-c, s * above / far, -s * radius / far}};
    for (int d = 0; d < 3; ++d) {
      std::copy_n(rows[d], 3, camera + 4 * d);
      camera[4 * d + 3] = float(0.5 - far * rows[d][2]);
    }
    check(treadle_vulkan_submit(session, inputs.data(), int32_t(inputs.size()), nullptr, nullptr));
  }
};

int main(int argc, char **argv) try {
  must(argc > 2, "usage: fly SCENE.tdl OUT.ppm [FRAMES]");
  App app;
  Eye eye(app, argv[1]);
  must(std::ranges::any_of(eye.inputs, [&](auto &in) { return in.data == eye.camera; }), "an image has no camera");
  vk::ImageCreateInfo info({}, vk::ImageType::e2D, vk::Format::eR8G8B8A8Unorm, {whole, whole, 1}, 1, 1);
  info.usage = vk::ImageUsageFlagBits::eTransferDst | vk::ImageUsageFlagBits::eTransferSrc;
  vk::raii::Image image(app.device, info);
  app.give(image, eDeviceLocal);
  auto part = [](int32_t from, uint32_t edge) {
    return vk::BufferImageCopy(0, 0, 0, {everything.aspectMask, 0, 0, 1}, {from, from, 0}, {edge, edge, 1});
  };
  vk::CommandBuffer picture = app.record([&](auto &commands) {
    turn(commands, *image, eUndefined, eTransferDstOptimal);
    commands.clearColorImage(*image, eTransferDstOptimal, vk::ClearColorValue(.125f, .125f, .125f, 1.f), everything);
    turn(commands, *image, eTransferDstOptimal, eTransferDstOptimal);
    commands.copyBufferToImage(eye.pixels.buffer, *image, eTransferDstOptimal, part(border, size));
    turn(commands, *image, eTransferDstOptimal, eTransferSrcOptimal);
  });
  for (int frame = 0; frame < (argc > 3 ? std::stoi(argv[3]) : 8); ++frame) {
    eye.draw(0.7 + 0.15 * frame);
    app.submit(picture);
  }
  treadle_vulkan_buffer read = app.buffer(whole * whole * 4, eHostVisible | eHostCoherent);
  app.submit(app.record([&](auto &commands) {
    commands.copyImageToBuffer(*image, eTransferSrcOptimal, read.buffer, part(0, whole));
    turn(commands, *image, eTransferSrcOptimal, eTransferSrcOptimal);
  }));
  app.queue.waitIdle();
  auto *bytes = static_cast<const char *>(app.memories.back().mapMemory(0, VK_WHOLE_SIZE));
  std::ofstream file(argv[2], std::ios::binary);
  file << "P6\n" << whole << ' ' << whole << "\n255\n";
  for (int i = 0; i < whole * whole; ++i)
    file.write(bytes + 4 * i, 3);
  must(file.good(), "the picture cannot be written");
  std::cout << eye.camera[3] << ',' << eye.camera[7] << ',' << eye.camera[11] << '\n';
} catch (const std::exception &error) {
  std::cerr << error.what() << '\n';
  return 1;
}
