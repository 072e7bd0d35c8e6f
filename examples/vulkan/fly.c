/*===- fly.c - a network's pictures in an app that draws with Vulkan ------------------------------===*\
|*
|* Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
|*
|*     treadle compile --render --target vulkan examples/neural-graphics/nsdf-hash.msgpack -o scene.tdl
|*     cc fly.c app.c -I<treadle> -L<build>/lib -ltreadle -lvulkan -lm -o fly
|*     ./fly scene.tdl out.ppm [FRAMES]
|*
|* Two eyes fly around a scene (any but an image). What each sees its session leaves in a buffer of the
|* app's, and the app copies both into the halves of an image, on the device. No pixel passes through the
|* host until the last image is written to a file; with a window, it would be the swapchain's. The example
|* prints where the eyes are in the last image.
|*
\*===--------------------------------------------------------------------------------------------===*/

#include "examples/vulkan/app.h"
#include "runtime/treadle_vulkan.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 96, BORDER = 4, WIDTH = 2 * SIZE + 3 * BORDER, HEIGHT = SIZE + 2 * BORDER, MOST_INPUTS = 12 };

/* Ends the app with the library's own words. */
static void check(treadle_error *error) { must(!error, treadle_error_message(error)); }

/* ---- an eye ------------------------------------------------------------------------------------ */

typedef struct eye {
  treadle_session *session;
  VkBuffer pixels; /* r, g, b, a, from the top, SIZE x SIZE */
  treadle_tensor inputs[MOST_INPUTS];
  int64_t dims[MOST_INPUTS][4];
  int32_t input_count;
  float camera[12]; /* of 3 rows; columns: right, down, forward, position */
} eye;

static treadle_vulkan_buffer make_buffer(app *app, size_t tensor_bytes) {
  treadle_vulkan_buffer made = {.size = tensor_bytes + 8, .usage = TREADLE_VULKAN_BUFFER_USAGE};
  made.buffer = app_buffer(app, made.size, made.usage, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, NULL);
  return made;
}

/* What an input has from the host; NULL: it is about what was drawn before. */
static void *data_of(eye *eye, const treadle_tensor_info *input) {
  static float white[] = {1, 1, 1, 1}, one = 1, lens[4] = {0, 0, SIZE / 2, SIZE / 2};
  lens[0] = lens[1] = (float)(SIZE / 2 / tan(20 * 3.14159265358979 / 180)); /* 40 degrees */
  if (strcmp(input->name, "camera") == 0)
    return eye->camera;
  if (strcmp(input->name, "intrinsics") == 0)
    return lens;
  if (strcmp(input->name, "background") == 0)
    return white;
  return strcmp(input->name, "gain") == 0 || strcmp(input->name, "share") == 0 ? &one : NULL;
}

/* Sessions of a program share weights and kernels; with one for each eye, both are under way at once. */
static void open_eye(eye *eye, app *app, treadle_program *program, const treadle_vulkan_buffer *zeros) {
  treadle_vulkan_device on = {.get_instance_proc_addr = vkGetInstanceProcAddr,
                              .instance = app->instance,
                              .physical_device = app->physical,
                              .device = app->device,
                              .features = &app->features,
                              .queue_family = app->family,
                              .queue = app->queue};
  check(treadle_vulkan_session_create(program, &on, NULL, &eye->session));

  treadle_tensor_info info;
  eye->input_count = treadle_program_input_count(program);
  must(eye->input_count <= MOST_INPUTS, "this is no scene");
  for (int32_t i = 0; i < eye->input_count; ++i) {
    check(treadle_program_input(program, i, &info));
    for (int32_t d = 0; d < info.rank && d < 4; ++d) /* "height", "width", or both: "height * width" */
      eye->dims[i][d] = info.dims[d] >= 0 ? info.dims[d] : strchr(info.dim_names[d], '*') ? SIZE * SIZE : SIZE;
    eye->inputs[i] = (treadle_tensor){data_of(eye, &info), info.dtype, info.rank, eye->dims[i], 0};
    if (!eye->inputs[i].data)
      check(treadle_vulkan_bind_input(eye->session, i, zeros));
  }
  treadle_vulkan_buffer pixels = make_buffer(app, SIZE * SIZE * 4);
  eye->pixels = pixels.buffer;
  for (int32_t i = 0; i < treadle_program_output_count(program); ++i) {
    check(treadle_program_output(program, i, &info));
    if (strcmp(info.name, "pixels") == 0)
      check(treadle_vulkan_bind_output(eye->session, i, &pixels));
  }
}

/* On a circle above the unit cube, looking at its middle. */
static void look(eye *eye, double angle) {
  const double radius = 1.6, above = 0.6, length = hypot(radius, above), c = cos(angle), s = sin(angle);
  const double forward[] = {-c * radius / length, -above / length, -s * radius / length}, right[] = {s, 0, -c};
  const double down[] = {c * above / length, -radius / length, s * above / length};
  for (int d = 0; d < 3; ++d) {
    double position = 0.5 - length * forward[d];
    float row[] = {(float)right[d], (float)down[d], (float)forward[d], (float)position};
    memcpy(eye->camera + 4 * d, row, sizeof row);
  }
}

/* After everything that the queue was given before; what is given to it next follows. */
static void draw(eye *eye, app *app) {
  VkSemaphoreSubmitInfo wait = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO, .semaphore = app->line}, done = wait;
  wait.value = app->time;
  done.value = ++app->time;
  check(treadle_vulkan_submit(eye->session, eye->inputs, eye->input_count, &wait, &done));
}

/* ---- the picture ------------------------------------------------------------------------------- */

static VkBufferImageCopy part(int32_t x, int32_t y, uint32_t width, uint32_t height) {
  return (VkBufferImageCopy){0, 0, 0, {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1}, {x, y, 0}, {width, height, 1}};
}

/* A dark image with the eyes' pixels in it: recorded once, submitted for each frame. */
static VkCommandBuffer record_picture(app *app, VkImage image, const eye *eyes) {
  const VkImageLayout written = VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL;
  const VkClearColorValue dark = {{0.125f, 0.125f, 0.125f, 1}};
  const VkImageSubresourceRange whole = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
  VkCommandBuffer commands = app_begin(app);
  app_turn(commands, image, VK_IMAGE_LAYOUT_UNDEFINED, written);
  vkCmdClearColorImage(commands, image, written, &dark, 1, &whole);
  app_turn(commands, image, written, written);
  for (int i = 0; i < 2; ++i) {
    VkBufferImageCopy half = part(BORDER + i * (SIZE + BORDER), BORDER, SIZE, SIZE);
    vkCmdCopyBufferToImage(commands, eyes[i].pixels, image, written, 1, &half);
  }
  app_turn(commands, image, written, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
  app_end(commands);
  return commands;
}

static void write_picture(app *app, VkImage image, const char *path) {
  void *data;
  VkBuffer buffer = app_buffer(app, WIDTH * HEIGHT * 4, VK_BUFFER_USAGE_TRANSFER_DST_BIT,
                               VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT, &data);
  VkBufferImageCopy all = part(0, 0, WIDTH, HEIGHT);
  VkCommandBuffer commands = app_begin(app);
  vkCmdCopyImageToBuffer(commands, image, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, buffer, 1, &all);
  app_end(commands);
  app_submit(app, commands);
  app_wait(app);
  FILE *file = fopen(path, "wb");
  must(file && fprintf(file, "P6\n%d %d\n255\n", WIDTH, HEIGHT) > 0, "the picture cannot be written");
  for (int i = 0; i < WIDTH * HEIGHT; ++i)
    fwrite((const char *)data + 4 * i, 1, 3, file);
  must(fclose(file) == 0, "the picture cannot be written");
}

int main(int argc, char **argv) {
  must(argc > 2, "usage: fly SCENE.tdl OUT.ppm [FRAMES]");
  const int frames = argc > 3 ? atoi(argv[3]) : 8;
  app app;
  app_open(&app);
  treadle_program *program;
  check(treadle_program_open_file(argv[1], NULL, &program));

  eye eyes[2] = {{0}};
  treadle_vulkan_buffer zeros = make_buffer(&app, SIZE * SIZE * 16);
  for (int i = 0; i < 2; ++i)
    open_eye(&eyes[i], &app, program, &zeros);
  VkCommandBuffer clear = app_begin(&app);
  vkCmdFillBuffer(clear, zeros.buffer, 0, VK_WHOLE_SIZE, 0);
  app_end(clear);
  app_submit(&app, clear);

  VkImage image = app_image(&app, WIDTH, HEIGHT);
  VkCommandBuffer picture = record_picture(&app, image, eyes);
  for (int frame = 0; frame < frames; ++frame) {
    for (int i = 0; i < 2; ++i) {
      look(&eyes[i], 0.7 + 0.15 * frame + 0.06 * i);
      draw(&eyes[i], &app);
    }
    app_submit(&app, picture);
  }
  write_picture(&app, image, argv[2]);

  for (int i = 0; i < 2; ++i) {
    const float *at = eyes[i].camera;
    printf("%.9g,%.9g,%.9g\n", at[3], at[7], at[11]);
    treadle_session_close(eyes[i].session);
  }
  treadle_program_close(program);
  app_close(&app);
  return 0;
}
