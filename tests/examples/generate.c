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
  cdf_process *process = NULL; /* from noise to a lattice */
  cdf_picture *picture = NULL; /* from a lattice to pixels */
  unsigned char *png = NULL;
  size_t n_bytes, n_png = 0;
  unsigned char *bytes = read_file(argc > 1 ? argv[1] : "", &n_bytes);
  int width = 640, height = 480;

  cdf_sample_options options = {.seed = 7, .label = 0, .steps = 20}; /* label: the class */
  if (cdf_model_load(&model, bytes, n_bytes, &err) == CDF_OK &&
      cdf_process_create(&process, model, NULL, 1, cdf_kernels_best(), &err) == CDF_OK &&
      cdf_picture_create(&picture, model, NULL, 1, cdf_kernels_best(), &err) == CDF_OK &&
      cdf_process_start(process, &options, &err) == CDF_OK) {
    while (!cdf_process_done(process) && cdf_process_step(process, NULL, &err) == CDF_OK) continue;
    unsigned char *pixels = err.code == CDF_OK ? malloc(cdf_canvas_bytes(model, width, height)) : NULL;
    if (pixels) {
      cdf_picture_load(picture, cdf_process_clean(process));
      cdf_picture_draw(picture, pixels, width, height, NULL, NULL);
      cdf_png_encode(&png, &n_png, pixels, width, height, model->net.config.channels, "seed 7", &err);
    }
    free(pixels);
  }
  FILE *out = png && argc > 2 ? fopen(argv[2], "wb") : NULL;
  int ok = out && fwrite(png, 1, n_png, out) == n_png && fclose(out) == 0;
  if (!ok) fprintf(stderr, "generate: %s\n", err.code ? err.text : "usage: generate MODEL PICTURE.png");
  cdf_picture_free(picture);
  cdf_process_free(process);
  cdf_model_free(model);
  free(png);
  free(bytes);
  return ok ? 0 : 1;
}
