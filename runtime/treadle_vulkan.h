/*===- treadle_vulkan.h - run a compiled model on the app's own Vulkan device ---------------------===*\
|*
|* Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|* Beside treadle.h, for an app that uses Vulkan itself: a session on its device, in its queue, whose
|* inputs and outputs lie in its buffers, and runs that nobody waits for.
|*
|*     treadle_vulkan_device on = {.get_instance_proc_addr = vkGetInstanceProcAddr, .instance = ..};
|*     treadle_vulkan_buffer to = {.buffer = pixels, .size = size, .usage = TREADLE_VULKAN_BUFFER_USAGE};
|*     error = treadle_vulkan_session_create(program, &on, NULL, &session);
|*     if (!error) error = treadle_vulkan_bind_output(session, 0, &to);
|*     if (!error) error = treadle_vulkan_submit(session, inputs, count, NULL, &drawn);
|*     .. the app's next submission waits for `drawn`, and reads `pixels`
|*
|* The rules of treadle.h hold. Vulkan's header is needed for its types alone; nothing opens a loader.
|* The library has these functions if it was built with the target `vulkan`.
|*
\*===--------------------------------------------------------------------------------------------===*/

#ifndef TREADLE_VULKAN_H
#define TREADLE_VULKAN_H

#include "treadle.h"
#include <vulkan/vulkan_core.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the device -------------------------------------------------------------------------------- */

/* A device that the app has made, with VkApplicationInfo::apiVersion of 1.3 or later, and one of its
   queues. It is used as it is, nothing of it is destroyed, and it must outlive its sessions. */
typedef struct treadle_vulkan_device {
  PFN_vkGetInstanceProcAddr get_instance_proc_addr;
  VkInstance instance;
  VkPhysicalDevice physical_device;
  VkDevice device;
  /* What the device was made with (Vulkan cannot be asked): VkDeviceCreateInfo's chain, of which
     VkPhysicalDeviceVulkan11Features to 13, the structures that these have replaced, and
     VkPhysicalDeviceCooperativeMatrixFeaturesKHR are read, during the call. bufferDeviceAddress,
     vulkanMemoryModel, shaderSubgroupExtendedTypes, timelineSemaphore and synchronization2 must be
     enabled; what else a program's kernels need, a message says by name. */
  const VkPhysicalDeviceFeatures2 *features;
  uint32_t queue_family; /* one that computes */
  VkQueue queue;
  /* Called around each use of the queue. NULL: while a function of a session is called, neither the
     app nor a session of another program uses the queue. */
  void (*lock)(void *user);
  void (*unlock)(void *user);
  void *user;
} treadle_vulkan_device;

/* As treadle_session_create, on that device; options->device must be NULL. Sessions of one program on
   the same device and queue share weights and kernels. Fails with TREADLE_UNSUPPORTED if the device
   lacks something, was made without it, or the program has no code for it. */
TREADLE_API treadle_error *treadle_vulkan_session_create(treadle_program *program, const treadle_vulkan_device *device,
                                                         const treadle_session_options *options,
                                                         treadle_session **session);

/* ---- buffers ----------------------------------------------------------------------------------- */

/* What a buffer must have been made for. */
#define TREADLE_VULKAN_BUFFER_USAGE                                                                                    \
  (VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | \
   VK_BUFFER_USAGE_TRANSFER_DST_BIT)

/* A buffer of the app's, on the device of the session. Its memory, bound to it already, was allocated
   with VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT. It is made for sharing between queue families, or belongs
   to the session's when a run begins and when it has ended: ownership is not transferred here. */
typedef struct treadle_vulkan_buffer {
  VkBuffer buffer;
  VkDeviceSize size;        /* bytes, as VkBufferCreateInfo had it */
  VkBufferUsageFlags usage; /* likewise; at least TREADLE_VULKAN_BUFFER_USAGE */
  VkDeviceSize offset;      /* bytes; where the tensor begins, a multiple of 16 */
} treadle_vulkan_buffer;

/* From the next run on, input or output `index` lies in the buffer: dense, row-major, as
   treadle_tensor says, and 8 bytes of the buffer behind it may be read as well. NULL: it is in the
   host's memory again. A run that is under way is waited for. The buffer must live until it is bound no
   more, or the session is closed.

   A bound tensor has no data in treadle_session_run: an input's gives dtype and shape, an output's
   takes them. treadle_session_prepare and treadle_session_output_shape say how large an output is.
   What is wrong with the buffer alone is said here (TREADLE_INVALID_ARGUMENT), that it is too small for
   the shapes, or that it overlaps another tensor of the run, by what settles the shapes. A session that
   is not on an app's device takes no buffer (TREADLE_UNSUPPORTED). */
TREADLE_API treadle_error *treadle_vulkan_bind_input(treadle_session *session, int32_t index,
                                                     const treadle_vulkan_buffer *buffer);
TREADLE_API treadle_error *treadle_vulkan_bind_output(treadle_session *session, int32_t index,
                                                      const treadle_vulkan_buffer *buffer);

/* ---- runs -------------------------------------------------------------------------------------- */

/* Submits a run and does not wait for it. It begins when `wait` has its value (NULL: at once), after
   what the queue was given before, and when it has ended `done` gets its own (NULL: nothing does). Of
   the two, semaphore and value are read: a timeline semaphore, or a binary one, whose value does not
   matter. All commands that wait for `done` see the outputs; so do commands behind a barrier later in
   the same queue, whose source are all commands.

   Inputs that are not bound are copied before this returns. Outputs that are not bound are computed
   and are nowhere to be had. A session has one run at a time: the next one, as anything that changes
   the session, waits on the host for this one, and so does treadle_session_close; therefore what
   signals `wait` must not depend on that. An app that prepares one frame while another is drawn has two
   sessions of the program. treadle_session_cancel does nothing to it; observers and profiles are for
   treadle_session_run, and an error here. */
TREADLE_API treadle_error *treadle_vulkan_submit(treadle_session *session, const treadle_tensor *inputs,
                                                 int32_t input_count, const VkSemaphoreSubmitInfo *wait,
                                                 const VkSemaphoreSubmitInfo *done);

#ifdef __cplusplus
}
#endif

#endif /* TREADLE_VULKAN_H */
