/* test_renderer.c: lattice to canvas: identity, area average, interpolation, letterbox, and the same bytes in any
 * bands. */
#include "../src/render/renderer.h"

#include <stdlib.h>

#include "../src/base/arena.h"
#include "../src/base/rng.h"
#include "test.h"

static const float no_mean[4];

static float *noise(size_t n, float scale) {
  float *x = malloc(n * sizeof *x);
  cdf_rng_normal_fill(x, n, 17, (cdf_counter){{0, 0, 0, 0}});
  for (size_t i = 0; i < n; i++) x[i] *= scale;
  return x;
}

/* A part of a world by a network (NULL: none), rows y0 to y1. */
static void draw(uint8_t *canvas, int width, int y0, int y1, const cdf_view *view, const float *lattice,
                 const cdf_world *world, int channels, const float *mean, const cdf_render_net *net,
                 const float *params, const cdf_kernels *k) {
  void *block = cdf_aligned_zalloc(cdf_renderer_bytes(world, channels, net));
  cdf_renderer r;
  cdf_renderer_init(&r, world, channels, net, params, k, block);
  cdf_renderer_load(&r, lattice, mean, false);
  cdf_renderer_rows(&r, canvas, width, view, y0, y1);
  cdf_aligned_free(block);
}

static void draw_rows(uint8_t *canvas, int width, int height, int y0, int y1, const float *lattice, int w, int h,
                      int channels, const float *mean) {
  cdf_world world = {0, 0, w, h};
  cdf_view view = cdf_view_fit(&world, width, height);
  draw(canvas, width, y0, y1, &view, lattice, &world, channels, mean, NULL, NULL, NULL);
}

static uint8_t *render(int width, int height, const float *lattice, int w, int h, int channels, const float *mean) {
  size_t n = (size_t)width * (size_t)height * (size_t)channels;
  uint8_t *canvas = malloc(n); /* exactly that many: the sanitizer sees one too far */
  memset(canvas, 0xa5, n);
  draw_rows(canvas, width, height, 0, height, lattice, w, h, channels, mean);
  return canvas;
}

/* -1 is 0, 1 is 255, rounded to the nearest and clamped. */
static int byte_of(double v) {
  double b = floor((v + 1) * 127.5 + 0.5);
  return b < 0 ? 0 : b > 255 ? 255 : (int)b;
}

TEST(lattice_size_is_the_identity) {
  enum { W = 13, H = 9, C = 3 };
  static const float mean[] = {0.2f, -0.6f, 0.0f, 0.0f};
  float *lattice = noise(C * W * H, 0.7f);
  uint8_t *canvas = render(W, H, lattice, W, H, C, mean);
  int clamped = 0;
  for (int c = 0; c < C; c++)
    for (int i = 0; i < W * H; i++) {
      double v = (double)lattice[c * W * H + i] + mean[c], exact = (v + 1) * 127.5 + 0.5;
      if (fabs(exact - floor(exact + 0.5)) > 1e-3)
        CHECK(canvas[i * C + c] == byte_of(v)); /* not on the edge of two bytes */
      clamped += v > 1 || v < -1;
    }
  CHECK(clamped > 5);
  free(lattice), free(canvas);
}

TEST(every_byte_is_reached) {
  float lattice[256];
  for (int i = 0; i < 256; i++) lattice[i] = (float)i / 127.5f - 1;
  uint8_t *canvas = render(16, 16, lattice, 16, 16, 1, no_mean);
  for (int i = 0; i < 256; i++) CHECK(canvas[i] == i);
  free(canvas);
}

static const int canvases[][2] = {{1, 1},   {2, 3},   {7, 5},   {8, 6},   {9, 100},
                                  {100, 9}, {16, 12}, {31, 31}, {64, 48}, {333, 517}};
enum { N_CANVASES = sizeof canvases / sizeof canvases[0] };

TEST(constants_stay_constant) {
  float lattice[2 * 8 * 6];
  for (int i = 0; i < 48; i++) lattice[i] = 0.3f, lattice[48 + i] = -0.45f;
  for (int k = 0; k < N_CANVASES; k++) {
    int width = canvases[k][0], height = canvases[k][1], wrong = 0;
    uint8_t *canvas = render(width, height, lattice, 8, 6, 2, no_mean);
    for (int i = 0; i < width * height; i++)
      wrong += canvas[2 * i] != byte_of(0.3) || canvas[2 * i + 1] != byte_of(-0.45);
    CHECK(wrong == 0);
    free(canvas);
  }
}

TEST(half_size_is_the_block_mean) {
  for (int factor = 2; factor <= 4; factor++) {
    int w = 8 * factor, h = 6 * factor;
    float *lattice = noise((size_t)(w * h), 0.4f);
    uint8_t *canvas = render(8, 6, lattice, w, h, 1, no_mean);
    for (int y = 0; y < 6; y++)
      for (int x = 0; x < 8; x++) {
        double sum = 0;
        for (int j = 0; j < factor; j++)
          for (int i = 0; i < factor; i++) sum += lattice[(y * factor + j) * w + x * factor + i];
        CHECK(abs(canvas[y * 8 + x] - byte_of(sum / (factor * factor))) <= 1);
      }
    free(lattice), free(canvas);
  }
}

/* A footprint of 1.5 cells: whole cells count fully, cut ones by their share. The sum over the canvas is that of the
 * lattice. */
TEST(odd_shrinking_is_the_area_average) {
  enum { W = 12, H = 9, CW = 8, CH = 6 };
  float *lattice = noise(W * H, 0.4f);
  uint8_t *canvas = render(CW, CH, lattice, W, H, 1, no_mean);
  for (int y = 0; y < CH; y++)
    for (int x = 0; x < CW; x++) {
      double sum = 0;
      for (int j = 0; j < H; j++)
        for (int i = 0; i < W; i++) {
          double across = fmin(1.5 * x + 1.5, i + 1) - fmax(1.5 * x, i),
                 down = fmin(1.5 * y + 1.5, j + 1) - fmax(1.5 * y, j);
          if (across > 0 && down > 0) sum += across * down * lattice[j * W + i] / 2.25;
        }
      CHECK(abs(canvas[y * CW + x] - byte_of(sum)) <= 1);
    }
  free(lattice), free(canvas);
}

TEST(one_pixel_is_the_mean_of_all) {
  float *lattice = noise(3 * 20 * 20, 0.3f);
  uint8_t *canvas = render(1, 1, lattice, 20, 20, 3, no_mean);
  for (int c = 0; c < 3; c++) {
    double sum = 0;
    for (int i = 0; i < 400; i++) sum += lattice[c * 400 + i];
    CHECK(abs(canvas[c] - byte_of(sum / 400)) <= 1);
  }
  free(lattice), free(canvas);
}

TEST(any_bands_give_the_same_bytes) {
  enum { W = 11, H = 14 };
  static const float mean[] = {0.1f, -0.1f, 0, 0};
  float *lattice = noise(2 * W * H, 0.5f);
  for (int k = 0; k < N_CANVASES; k++) {
    int width = canvases[k][0], height = canvases[k][1];
    size_t row = 2 * (size_t)width;
    uint8_t *whole = render(width, height, lattice, W, H, 2, mean);
    for (int band = 1; band < height && band < 40; band = band * 3 + 1) {
      uint8_t *part = malloc(row * (size_t)band);
      int wrong = 0;
      for (int y0 = 0; y0 < height; y0 += band) {
        int y1 = y0 + band < height ? y0 + band : height;
        draw_rows(part, width, height, y0, y1, lattice, W, H, 2, mean);
        wrong += memcmp(part, whole + row * (size_t)y0, row * (size_t)(y1 - y0)) != 0;
      }
      CHECK(wrong == 0);
      free(part);
    }
    free(whole);
  }
  free(lattice);
}

/* The world keeps its shape in the middle; beside it lies the mean of its upper corners. */
TEST(other_aspects_are_letterboxed) {
  enum { W = 8, H = 6, FACTOR = 5 };
  float *lattice = noise(W * H, 0.4f);
  double corners = (lattice[0] + lattice[W - 1]) / 2.0;
  uint8_t *exact = render(W * FACTOR, H * FACTOR, lattice, W, H, 1, no_mean);
  uint8_t *wide = render(W * FACTOR + 20, H * FACTOR, lattice, W, H, 1, no_mean);
  uint8_t *tall = render(W * FACTOR, H * FACTOR + 14, lattice, W, H, 1, no_mean);
  int wrong = 0, outside = 0;
  for (int y = 0; y < H * FACTOR; y++)
    for (int x = 0; x < W * FACTOR + 20; x++) {
      int inner = x - 10, got = wide[y * (W * FACTOR + 20) + x];
      bool in = inner >= 0 && inner < W * FACTOR;
      wrong += abs(got - (in ? exact[y * W * FACTOR + inner] : byte_of(corners))) > 1;
      outside += !in;
    }
  for (int y = 0; y < H * FACTOR + 14; y++)
    for (int x = 0; x < W * FACTOR; x++) {
      int inner = y - 7, got = tall[y * W * FACTOR + x];
      bool in = inner >= 0 && inner < H * FACTOR;
      wrong += abs(got - (in ? exact[inner * W * FACTOR + x] : byte_of(corners))) > 1;
      outside += !in;
    }
  CHECK(wrong == 0 && outside == 20 * H * FACTOR + 14 * W * FACTOR);
  free(lattice), free(exact), free(wide), free(tall);
}

TEST(ramps_are_reproduced_between_cells) {
  enum { W = 12, H = 10 };
  float lattice[W * H];
  for (int i = 0; i < W * H; i++) lattice[i] = (float)(0.11 * (i % W) - 0.06 * (i / W) - 0.4);
  for (int factor = 2; factor <= 7; factor++) {
    int width = W * factor, height = H * factor, wrong = 0, checked = 0;
    uint8_t *canvas = render(width, height, lattice, W, H, 1, no_mean);
    for (int y = 2 * factor; y < height - 2 * factor; y++)
      for (int x = 2 * factor; x < width - 2 * factor; x++) {
        double v = 0.11 * ((x + 0.5) / factor - 0.5) - 0.06 * ((y + 0.5) / factor - 0.5) - 0.4;
        double exact = (v + 1) * 127.5;
        wrong += fabs(canvas[y * width + x] - exact) > 0.51;
        checked++;
      }
    CHECK(wrong == 0 && checked > 100);
    free(canvas);
  }
}

/* Catmull-Rom's weights at half a cell are -1/16, 9/16, 9/16, -1/16: sharper than bilinear, with its overshoot. */
TEST(interpolation_is_catmull_rom) {
  enum { W = 16, H = 16 };
  float lattice[W * H];
  for (int i = 0; i < W * H; i++) lattice[i] = i % W < 8 ? -0.5f : 0.5f;
  uint8_t *canvas = render(3 * W, 3 * H, lattice, W, H, 1, no_mean);
  const uint8_t *row = canvas + 24 * 3 * W; /* pixel 3 i + 1 is the centre of cell i */
  CHECK(row[3 * 7 + 1] == byte_of(-0.5) && row[3 * 8 + 1] == byte_of(0.5));
  /* A third of a cell off the last dark one: weights at distances 4/3, 1/3, 2/3, 5/3. */
  double w[4] = {-2.0 / 27, 21.0 / 27, 9.0 / 27, -1.0 / 27};
  CHECK_NEAR(w[0] + w[1] + w[2] + w[3], 1, 1e-12);
  CHECK(abs(row[3 * 7 + 2] - byte_of(0.5 * (-w[0] - w[1] + w[2] + w[3]))) <= 1);
  CHECK(abs(row[3 * 6 + 2] - byte_of(0.5 * (-w[0] - w[1] - w[2] + w[3]))) <= 1); /* below the dark side: overshoot */
  CHECK(row[3 * 6 + 2] < byte_of(-0.5));
  free(canvas);
}

/* Weights that overflow make numbers that are none: some byte, but a defined one. */
TEST(numbers_that_are_none_become_bytes) {
  float lattice[16] = {NAN, INFINITY, -INFINITY, 3e38f, -3e38f};
  uint8_t *canvas = render(4, 4, lattice, 4, 4, 1, no_mean);
  CHECK(canvas[15] == byte_of(0)); /* far enough from all of them */
  CHECK(canvas[1] == 0 || canvas[1] == 255);
  free(canvas);
  free(render(9, 9, lattice, 4, 4, 1, no_mean));
  free(render(2, 2, lattice, 4, 4, 1, no_mean));
}

/* ---- the network ---- */

enum { NET_W = 9, NET_H = 7, NET_C = 3 };
static const cdf_world net_world = {-2, 3, NET_W, NET_H};

/* A small network with weights that matter everywhere. */
static float *random_net(cdf_render_net *net, int split) {
  cdf_render_config config = {.channels = NET_C, .radius = 2, .cell_hidden = 32, .split = split, .hidden = 16};
  cdf_render_net_init(net, &config);
  float *params = cdf_aligned_zalloc(net->tensors.n_params * sizeof *params);
  cdf_render_net_randomize(net, params, 5);
  for (int i = 0; i < net->tensors.n; i++)
    if (i != net->film.index) cdf_shape_uniform(params, &net->tensors.list[i], 6, i, 0.5f);
  return params;
}

static uint8_t *draw_net(int width, int height, const cdf_view *view, const float *lattice, const cdf_render_net *net,
                         const float *params, const cdf_kernels *k) {
  uint8_t *canvas = malloc((size_t)(width * height * NET_C));
  cdf_view whole = cdf_view_fit(&net_world, width, height);
  draw(canvas, width, 0, height, view ? view : &whole, lattice, &net_world, NET_C, no_mean, net, params, k);
  return canvas;
}

/* Mean square difference between the lattice and the means of its cells in a canvas k times larger. */
static double cell_error(const uint8_t *canvas, int k, const float *lattice) {
  double sum = 0;
  for (int c = 0; c < NET_C; c++)
    for (int y = 0; y < NET_H; y++)
      for (int x = 0; x < NET_W; x++) {
        double mean = 0;
        for (int j = 0; j < k; j++)
          for (int i = 0; i < k; i++) mean += canvas[((y * k + j) * NET_W * k + x * k + i) * NET_C + c];
        double d = mean / (k * k) - (lattice[(c * NET_H + y) * NET_W + x] + 1) * 127.5;
        sum += d * d;
      }
  return sum / (NET_C * NET_W * NET_H);
}

/* Bilinear: what a network whose output is zero starts from. */
static uint8_t *draw_bilinear(int k, const float *lattice) {
  uint8_t *canvas = malloc((size_t)(NET_W * k * NET_H * k * NET_C));
  for (int y = 0; y < NET_H * k; y++)
    for (int x = 0; x < NET_W * k; x++)
      for (int c = 0; c < NET_C; c++) {
        cdf_between u = cdf_between_of((float)(x + 0.5) / (float)k, 1, NET_W);
        cdf_between v = cdf_between_of((float)(y + 0.5) / (float)k, 1, NET_H);
        const float *p = lattice + c * NET_W * NET_H, *p0 = p + v.first * NET_W, *p1 = p + v.second * NET_W;
        canvas[(y * NET_W * k + x) * NET_C + c] =
            (uint8_t)byte_of((p0[u.first] * (1 - u.t) + p0[u.second] * u.t) * (1 - v.t) +
                             (p1[u.first] * (1 - u.t) + p1[u.second] * u.t) * v.t);
      }
  return canvas;
}

TEST(an_untrained_network_is_bilinear_with_the_right_means) {
  cdf_render_net net;
  float *params = random_net(&net, 2), *lattice = noise(NET_C * NET_W * NET_H, 0.15f);
  cdf_render_net_randomize(&net, params, 5); /* its output starts at zero */
  uint8_t *drawn = draw_net(NET_W * 4, NET_H * 4, NULL, lattice, &net, params, cdf_kernels_best());
  uint8_t *plain = draw_bilinear(4, lattice);
  CHECK(cell_error(plain, 4, lattice) > 50);
  CHECK(cell_error(drawn, 4, lattice) < 0.35 * cell_error(plain, 4, lattice));
  free(drawn), free(plain);
  /* Where there is nothing to correct it is bilinear to the level. */
  for (int i = 0; i < NET_C * NET_W * NET_H; i++) lattice[i] = (float)(0.05 * (i % NET_W) - 0.2);
  drawn = draw_net(NET_W * 4, NET_H * 4, NULL, lattice, &net, params, cdf_kernels_best());
  plain = draw_bilinear(4, lattice);
  int wrong = 0;
  for (int y = 0; y < NET_H * 4; y++)
    for (int i = 8 * NET_C; i < (NET_W * 4 - 8) * NET_C; i++)
      wrong += abs(drawn[y * NET_W * 4 * NET_C + i] - plain[y * NET_W * 4 * NET_C + i]) > 1;
  CHECK(wrong == 0);
  free(lattice), free(drawn), free(plain), cdf_aligned_free(params);
}

TEST(sizes_agree) {
  cdf_render_net net;
  float *params = random_net(&net, 2), *lattice = noise(NET_C * NET_W * NET_H, 0.15f);
  uint8_t *twice = draw_net(NET_W * 2, NET_H * 2, NULL, lattice, &net, params, cdf_kernels_best());
  uint8_t *four = draw_net(NET_W * 4, NET_H * 4, NULL, lattice, &net, params, cdf_kernels_best());
  int wrong = 0;
  for (int y = 0; y < NET_H * 2; y++)
    for (int x = 0; x < NET_W * 2; x++)
      for (int c = 0; c < NET_C; c++) {
        const uint8_t *p = four + (2 * y * NET_W * 4 + 2 * x) * NET_C + c;
        int mean = (p[0] + p[NET_C] + p[NET_W * 4 * NET_C] + p[(NET_W * 4 + 1) * NET_C] + 2) / 4;
        bool clipped = p[0] % 255 == 0 || p[NET_C] % 255 == 0 || p[NET_W * 4 * NET_C] % 255 == 0;
        wrong += !clipped && abs(twice[(y * NET_W * 2 + x) * NET_C + c] - mean) > 2;
      }
  CHECK(wrong == 0);
  free(lattice), free(twice), free(four), cdf_aligned_free(params);
}

TEST(a_window_is_a_crop_of_the_whole) {
  for (int split = 1; split <= 3; split++) {
    cdf_render_net net;
    float *params = random_net(&net, split), *lattice = noise(NET_C * NET_W * NET_H, 0.4f);
    const cdf_kernels *k = cdf_kernels_best();
    uint8_t *whole = draw_net(NET_W * 8, NET_H * 8, NULL, lattice, &net, params, k);
    cdf_view view = {net_world.x + 2.5, net_world.y + 1.25, 0.125};
    uint8_t *part = draw_net(30, 21, &view, lattice, &net, params, k);
    int wrong = 0, lively = 0;
    for (int y = 0; y < 21; y++)
      for (int i = 0; i < 30 * NET_C; i++) {
        wrong += part[y * 30 * NET_C + i] != whole[((y + 10) * NET_W * 8 + 20) * NET_C + i];
        lively += part[y * 30 * NET_C + i] != part[i % NET_C];
      }
    CHECK(wrong == 0 && lively > 1000);
    free(lattice), free(whole), free(part), cdf_aligned_free(params);
  }
}

TEST(bands_of_the_network_give_the_same_bytes) {
  cdf_render_net net;
  float *params = random_net(&net, 2), *lattice = noise(NET_C * NET_W * NET_H, 0.4f);
  enum { W = 150, H = 40 };
  cdf_view view = {net_world.x - 1.3, net_world.y - 0.7, 0.11};
  uint8_t *whole = draw_net(W, H, &view, lattice, &net, params, cdf_kernels_best()), part[W * NET_C * 7];
  int wrong = 0;
  for (int y0 = 0; y0 < H; y0 += 7) {
    int y1 = y0 + 7 < H ? y0 + 7 : H;
    draw(part, W, y0, y1, &view, lattice, &net_world, NET_C, no_mean, &net, params, cdf_kernels_best());
    wrong += memcmp(part, whole + y0 * W * NET_C, (size_t)((y1 - y0) * W * NET_C)) != 0;
  }
  CHECK(wrong == 0);
  /* Beside the world lies the mean of its upper corners. */
  CHECK(whole[0] == byte_of((lattice[0] + lattice[NET_W - 1]) / 2.0));
  free(lattice), free(whole), cdf_aligned_free(params);
}

/* A quarter of the distance, about a quarter of the largest step: no seams at the borders of cells or of their parts.
 */
TEST(the_result_is_continuous) {
  cdf_render_net net;
  float *params = random_net(&net, 2), *lattice = noise(NET_C * NET_W * NET_H, 0.25f);
  for (int i = 0; i < net.tensors.n; i++)
    if (i != net.film.index) cdf_shape_uniform(params, &net.tensors.list[i], 6, i, 0.7f);
  int worst[2] = {0};
  for (int fine = 0; fine < 2; fine++) {
    /* Both footprints are below 1/8 cell, where the network's ends: the same function at closer points. */
    int width = fine ? 2048 : 512;
    cdf_view view = {net_world.x + 0.5, net_world.y + 2.9, 8.0 / width};
    uint8_t *line = malloc((size_t)(width * NET_C));
    draw(line, width, 0, 1, &view, lattice, &net_world, NET_C, no_mean, &net, params, cdf_kernels_best());
    for (int i = NET_C; i < width * NET_C; i++) worst[fine] = (int)fmax(worst[fine], abs(line[i] - line[i - NET_C]));
    free(line);
  }
  CHECK(worst[0] >= 20 && worst[1] <= worst[0] / 3);
  free(lattice), cdf_aligned_free(params);
}

TEST(tables_agree_on_the_network) {
  cdf_render_net net;
  float *params = random_net(&net, 2), *lattice = noise(NET_C * NET_W * NET_H, 0.4f);
  uint8_t *want = draw_net(77, 61, NULL, lattice, &net, params, &cdf_kernels_portable);
  for (const cdf_kernels *const *k = cdf_kernels_supported(); *k; k++) {
    uint8_t *got = draw_net(77, 61, NULL, lattice, &net, params, *k);
    int wrong = 0;
    for (int i = 0; i < 77 * 61 * NET_C; i++) wrong += abs(got[i] - want[i]) > 1;
    CHECK(wrong == 0);
    free(got);
  }
  free(lattice), free(want), cdf_aligned_free(params);
}

TEST(large_pixels_are_area_averages_of_the_lattice) {
  cdf_render_net net;
  float *params = random_net(&net, 2), *lattice = noise(NET_C * NET_W * NET_H, 0.2f);
  uint8_t *same = draw_net(NET_W, NET_H, NULL, lattice, &net, params, cdf_kernels_best());
  for (int c = 0; c < NET_C; c++)
    for (int i = 0; i < NET_W * NET_H; i++)
      CHECK(abs(same[i * NET_C + c] - byte_of(lattice[c * NET_W * NET_H + i])) <= 1);
  uint8_t *one = draw_net(1, 1, NULL, lattice, &net, params, cdf_kernels_best());
  free(lattice), free(same), free(one), cdf_aligned_free(params);
}

int main(void) {
  RUN(an_untrained_network_is_bilinear_with_the_right_means);
  RUN(sizes_agree);
  RUN(a_window_is_a_crop_of_the_whole);
  RUN(bands_of_the_network_give_the_same_bytes);
  RUN(the_result_is_continuous);
  RUN(tables_agree_on_the_network);
  RUN(large_pixels_are_area_averages_of_the_lattice);
  RUN(lattice_size_is_the_identity);
  RUN(every_byte_is_reached);
  RUN(constants_stay_constant);
  RUN(half_size_is_the_block_mean);
  RUN(odd_shrinking_is_the_area_average);
  RUN(one_pixel_is_the_mean_of_all);
  RUN(any_bands_give_the_same_bytes);
  RUN(other_aspects_are_letterboxed);
  RUN(ramps_are_reproduced_between_cells);
  RUN(interpolation_is_catmull_rom);
  RUN(numbers_that_are_none_become_bytes);
  return test_report();
}
