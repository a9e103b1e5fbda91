/* generate.c: the library in one page: a checkpoint in, a picture of any size out.
 *
 *   cc generate.c $(pkg-config --cflags --libs coordiff) -o generate
 *   ./generate model.safetensors picture.png
 */
#include <coordiff/coordiff.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned char *read_file(const char *path, size_t *n_bytes) {
  FILE *f = fopen(path, "rb");
  unsigned char *bytes = malloc(8 << 20);
  *n_bytes = f && bytes ? fread(bytes, 1, 8 << 20, f) : 0;
  if (f) fclose(f);
  return bytes;
}

int main(int argc, char **argv) {
  cdf_error err = {0};
  cdf_model *model = NULL;
  cdf_generation *g = NULL;
  unsigned char *png = NULL;
  size_t n_bytes, n_png = 0;
  unsigned char *bytes = read_file(argc > 1 ? argv[1] : "", &n_bytes);
  int width = 640, height = 480;

  cdf_sample_options options = {.seed = 7, .label = 0, .steps = 20}; /* label: the class */
  if (cdf_model_load(&model, bytes, n_bytes, &err) == CDF_OK &&
      cdf_generation_create(&g, model, NULL, cdf_kernels_best(), &err) == CDF_OK &&
      cdf_generation_start(g, &options, &err) == CDF_OK) {
    while (!cdf_generation_done(g) && cdf_generation_step(g, &err) == CDF_OK) continue;
    unsigned char *pixels = err.code == CDF_OK ? malloc(cdf_canvas_bytes(model, width, height)) : NULL;
    if (pixels) {
      cdf_generation_render(g, pixels, width, height, NULL, 0, height);
      cdf_png_encode(&png, &n_png, pixels, width, height, model->net.config.channels, "seed 7", &err);
    }
    free(pixels);
  }
  FILE *out = png && argc > 2 ? fopen(argv[2], "wb") : NULL;
  int ok = out && fwrite(png, 1, n_png, out) == n_png && fclose(out) == 0;
  if (!ok) fprintf(stderr, "generate: %s\n", err.code ? err.text : "usage: generate MODEL PICTURE.png");
  cdf_generation_free(g);
  cdf_model_free(model);
  free(png);
  free(bytes);
  return ok ? 0 : 1;
}
