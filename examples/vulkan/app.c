/*===- app.c - what an app has of Vulkan ----------------------------------------------------------===*\
|*
|* Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
\*===--------------------------------------------------------------------------------------------===*/

#include "examples/vulkan/app.h"
#include <stdio.h>
#include <stdlib.h>

void must(int worked, const char *message) {
  if (!worked) {
    fprintf(stderr, "%s\n", message);
    exit(1);
  }
}
#define VK(call) must((call) >= 0, #call " has failed")

/* ---- the device -------------------------------------------------------------------------------- */

static VkPhysicalDeviceVulkan13Features v13 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_3_FEATURES};
static VkPhysicalDeviceVulkan12Features v12 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
                                               .pNext = &v13};
static VkPhysicalDeviceVulkan11Features v11 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES,
                                               .pNext = &v12};

void app_open(app *app) {
  *app = (struct app){.features = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = &v11}};
  VkApplicationInfo about = {.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO, .apiVersion = VK_API_VERSION_1_3};
  VkInstanceCreateInfo info = {.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO, .pApplicationInfo = &about};
  VK(vkCreateInstance(&info, NULL, &app->instance));
  uint32_t count = 1, families = 16;
  VK(vkEnumeratePhysicalDevices(app->instance, &count, &app->physical));
  must(count == 1, "there is no Vulkan device");

  vkGetPhysicalDeviceFeatures2(app->physical, &app->features);
  app->features.features.robustBufferAccess = VK_FALSE; /* the one that costs */
  VkQueueFamilyProperties family[16];
  vkGetPhysicalDeviceQueueFamilyProperties(app->physical, &families, family);
  while (app->family + 1 < families && !(family[app->family].queueFlags & VK_QUEUE_COMPUTE_BIT))
    ++app->family;
  float priority = 1;
  VkDeviceQueueCreateInfo queue = {.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
                                   .queueFamilyIndex = app->family,
                                   .queueCount = 1,
                                   .pQueuePriorities = &priority};
  VkDeviceCreateInfo device = {.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
                               .pNext = &app->features,
                               .queueCreateInfoCount = 1,
                               .pQueueCreateInfos = &queue};
  VK(vkCreateDevice(app->physical, &device, NULL, &app->device));
  vkGetDeviceQueue(app->device, app->family, 0, &app->queue);

  VkCommandPoolCreateInfo pool = {.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO, .queueFamilyIndex = app->family};
  VK(vkCreateCommandPool(app->device, &pool, NULL, &app->pool));
  VkSemaphoreTypeCreateInfo timeline = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
                                        .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE};
  VkSemaphoreCreateInfo line = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &timeline};
  VK(vkCreateSemaphore(app->device, &line, NULL, &app->line));
}

void app_close(app *app) {
  app_wait(app);
  for (uint32_t i = 0; i < app->buffer_count; ++i)
    vkDestroyBuffer(app->device, app->buffers[i], NULL);
  for (uint32_t i = 0; i < app->image_count; ++i)
    vkDestroyImage(app->device, app->images[i], NULL);
  for (uint32_t i = 0; i < app->memory_count; ++i)
    vkFreeMemory(app->device, app->memories[i], NULL);
  vkDestroySemaphore(app->device, app->line, NULL);
  vkDestroyCommandPool(app->device, app->pool, NULL);
  vkDestroyDevice(app->device, NULL);
  vkDestroyInstance(app->instance, NULL);
}

/* ---- memory ------------------------------------------------------------------------------------ */

static VkDeviceMemory allocate(app *app, VkMemoryRequirements needed, VkMemoryPropertyFlags wanted) {
  VkPhysicalDeviceMemoryProperties has;
  vkGetPhysicalDeviceMemoryProperties(app->physical, &has);
  uint32_t type = 0;
  while (type < has.memoryTypeCount &&
         (!(needed.memoryTypeBits >> type & 1) || (has.memoryTypes[type].propertyFlags & wanted) != wanted))
    ++type;
  must(type < has.memoryTypeCount && app->memory_count < 16, "there is no such memory");
  VkMemoryAllocateFlagsInfo flags = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
                                     .flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT};
  VkMemoryAllocateInfo info = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
                               .pNext = &flags,
                               .allocationSize = needed.size,
                               .memoryTypeIndex = type};
  VK(vkAllocateMemory(app->device, &info, NULL, &app->memories[app->memory_count]));
  return app->memories[app->memory_count++];
}

VkBuffer app_buffer(app *app, VkDeviceSize size, VkBufferUsageFlags usage, VkMemoryPropertyFlags wanted, void **data) {
  VkBufferCreateInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .size = size, .usage = usage};
  VkBuffer buffer;
  VK(vkCreateBuffer(app->device, &info, NULL, &buffer));
  VkMemoryRequirements needed;
  vkGetBufferMemoryRequirements(app->device, buffer, &needed);
  VkDeviceMemory memory = allocate(app, needed, wanted);
  VK(vkBindBufferMemory(app->device, buffer, memory, 0));
  if (data)
    VK(vkMapMemory(app->device, memory, 0, VK_WHOLE_SIZE, 0, data));
  return app->buffers[app->buffer_count++] = buffer;
}

VkImage app_image(app *app, uint32_t width, uint32_t height) {
  VkImageCreateInfo info = {.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
                            .imageType = VK_IMAGE_TYPE_2D,
                            .format = VK_FORMAT_R8G8B8A8_UNORM,
                            .extent = {width, height, 1},
                            .mipLevels = 1,
                            .arrayLayers = 1,
                            .samples = VK_SAMPLE_COUNT_1_BIT,
                            .usage = VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT};
  VkImage image;
  VK(vkCreateImage(app->device, &info, NULL, &image));
  VkMemoryRequirements needed;
  vkGetImageMemoryRequirements(app->device, image, &needed);
  VK(vkBindImageMemory(app->device, image, allocate(app, needed, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT), 0));
  return app->images[app->image_count++] = image;
}

/* ---- commands ---------------------------------------------------------------------------------- */

VkCommandBuffer app_begin(app *app) {
  VkCommandBufferAllocateInfo info = {
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO, .commandPool = app->pool, .commandBufferCount = 1};
  VkCommandBuffer commands;
  VK(vkAllocateCommandBuffers(app->device, &info, &commands));
  VkCommandBufferBeginInfo begin = {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                    .flags = VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT};
  VK(vkBeginCommandBuffer(commands, &begin));
  return commands;
}

void app_turn(VkCommandBuffer commands, VkImage image, VkImageLayout from, VkImageLayout to) {
  VkImageMemoryBarrier barrier = {.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
                                  .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
                                  .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
                                  .oldLayout = from,
                                  .newLayout = to,
                                  .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
                                  .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
                                  .image = image,
                                  .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1}};
  vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, NULL, 0,
                       NULL, 1, &barrier);
}

void app_end(VkCommandBuffer commands) {
  VkMemoryBarrier barrier = {.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                             .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
                             .dstAccessMask = VK_ACCESS_HOST_READ_BIT};
  vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0,
                       NULL, 0, NULL);
  VK(vkEndCommandBuffer(commands));
}

void app_submit(app *app, VkCommandBuffer commands) {
  uint64_t next = app->time + 1;
  VkPipelineStageFlags stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
  VkTimelineSemaphoreSubmitInfo values = {.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                                          .waitSemaphoreValueCount = 1,
                                          .pWaitSemaphoreValues = &app->time,
                                          .signalSemaphoreValueCount = 1,
                                          .pSignalSemaphoreValues = &next};
  VkSubmitInfo info = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                       .pNext = &values,
                       .waitSemaphoreCount = 1,
                       .pWaitSemaphores = &app->line,
                       .pWaitDstStageMask = &stage,
                       .commandBufferCount = 1,
                       .pCommandBuffers = &commands,
                       .signalSemaphoreCount = 1,
                       .pSignalSemaphores = &app->line};
  VK(vkQueueSubmit(app->queue, 1, &info, VK_NULL_HANDLE));
  app->time = next;
}

void app_wait(app *app) {
  VkSemaphoreWaitInfo info = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
                              .semaphoreCount = 1,
                              .pSemaphores = &app->line,
                              .pValues = &app->time};
  VK(vkWaitSemaphores(app->device, &info, UINT64_MAX));
}
