/*===- app.h - what an app has of Vulkan ----------------------------------------------------------===*\
|*
|* Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|* A device, memory, and a queue whose submissions follow one another: nothing of it knows of networks.
|* Whatever fails ends the process.
|*
\*===--------------------------------------------------------------------------------------------===*/

#ifndef TREADLE_EXAMPLES_VULKAN_APP_H
#define TREADLE_EXAMPLES_VULKAN_APP_H

#include <vulkan/vulkan.h>

typedef struct app {
  VkInstance instance;
  VkPhysicalDevice physical;
  VkDevice device;
  VkPhysicalDeviceFeatures2 features; /* that the device was made with: all that it has */
  uint32_t family;
  VkQueue queue;
  VkCommandPool pool;
  VkSemaphore line; /* a timeline; each submission waits for `time`, and then takes the next value */
  uint64_t time;

  VkDeviceMemory memories[16]; /* what is given back at the end */
  VkBuffer buffers[16];
  VkImage images[4];
  uint32_t memory_count, buffer_count, image_count;
} app;

void must(int worked, const char *message);

/* The first device, and its first queue that computes. */
void app_open(app *app);
/* Waits for the queue, and gives everything back. */
void app_close(app *app);

/* With an address. `wanted`: VK_MEMORY_PROPERTY_..; `data`, if not NULL, is where the host sees it. */
VkBuffer app_buffer(app *app, VkDeviceSize size, VkBufferUsageFlags usage, VkMemoryPropertyFlags wanted, void **data);
/* 8 bits of r, g, b, a, to be copied to and from. */
VkImage app_image(app *app, uint32_t width, uint32_t height);

VkCommandBuffer app_begin(app *app);
/* What follows sees what was written before, and the image in another layout. */
void app_turn(VkCommandBuffer commands, VkImage image, VkImageLayout from, VkImageLayout to);
/* Afterwards they can be submitted, any number of times. */
void app_end(VkCommandBuffer commands);
void app_submit(app *app, VkCommandBuffer commands);
/* Until everything that was submitted has ended; the host sees then what it wrote. */
void app_wait(app *app);

#endif /* TREADLE_EXAMPLES_VULKAN_APP_H */
