#include "bench_canvas.h"

#include <stdio.h>
#include <stdlib.h>

#include "terminal.h"

#define REPEATS 3

static const int sides[] = {64, 256, 1024};
enum { N_SIDES = sizeof sides / sizeof sides[0] };

typedef struct canvas_times {
  double steps, draw; /* seconds: all reverse steps; the canvas */
  double per_pixel;   /* all reverse steps at every canvas pixel */
} canvas_times;

static double median(const double x[REPEATS]) {
  double a = x[0], b = x[1], c = x[2];
  return a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
}

/* One evaluation of the network at side^2 points, in worlds of at most CDF_MAX_LATTICE a side. */
static cdf_status time_per_pixel(double *seconds, const cdf_model *model, const cdf_kernels *k, int side,
                                 cdf_error *err) {
  int part = cdf_min(side, CDF_MAX_LATTICE), n_parts = (side / part) * (side / part);
  cdf_world world = {0, 0, part, part};
  cdf_process *p;
  cdf_status status = cdf_process_create(&p, model, &world, 1, k, err);
  cdf_sample_options options = {.seed = 1, .steps = 20, .guidance = 1.0f}; /* whatever the model begins with */
  if (status == CDF_OK) status = cdf_process_start(p, &options, err);
  *seconds = 0;
  for (int i = 0; i < n_parts && status == CDF_OK; i++) {
    double start = cli_seconds();
    cdf_process_prepare(p);
    cdf_process_rows(p, 0, part);
    *seconds += cli_seconds() - start;
  }
  cdf_process_free(p);
  return status;
}

static cdf_status time_canvas(canvas_times *t, const cdf_model *model, const cdf_kernels *k, int side, cdf_error *err) {
  cdf_process *p = NULL;
  cdf_picture *q = NULL;
  uint8_t *pixels = malloc(cdf_canvas_bytes(model, side, side));
  cdf_status status = pixels ? cdf_process_create(&p, model, NULL, 1, k, err)
                             : cdf_fail_memory(err, cdf_canvas_bytes(model, side, side));
  if (status == CDF_OK) status = cdf_picture_create(&q, model, NULL, 1, k, err);
  if (status != CDF_OK) {
    cdf_process_free(p);
    free(pixels);
    return status;
  }
  cdf_sample_options options = {.seed = 1, .steps = 20, .guidance = 1.0f}; /* whatever the model begins with */
  double steps[REPEATS], draw[REPEATS], once[REPEATS];
  for (int r = 0; r < REPEATS && status == CDF_OK; r++) {
    double start = cli_seconds();
    status = cdf_process_start(p, &options, err);
    while (status == CDF_OK && !cdf_process_done(p)) status = cdf_process_step(p, NULL, err);
    steps[r] = cli_seconds() - start;
    start = cli_seconds();
    if (status == CDF_OK)
      cdf_picture_load(q, cdf_process_clean(p)), cdf_picture_draw(q, pixels, side, side, NULL, NULL);
    draw[r] = cli_seconds() - start;
    if (status == CDF_OK) status = time_per_pixel(&once[r], model, k, side, err);
    once[r] *= cdf_process_evaluations(p);
  }
  if (status == CDF_OK) *t = (canvas_times){median(steps), median(draw), median(once)};
  cdf_picture_free(q);
  cdf_process_free(p);
  free(pixels);
  return status;
}

cdf_status cli_bench_canvas(const cdf_model *model, const cdf_kernels *k, bool json, cdf_error *err) {
  canvas_times times[N_SIDES];
  cdf_status status = CDF_OK;
  for (int i = 0; i < N_SIDES && status == CDF_OK; i++) status = time_canvas(&times[i], model, k, sides[i], err);
  if (status != CDF_OK) return status;
  /* Drawing at two sizes gives the price of a pixel; what is left at the smaller one does not depend on the canvas. */
  double pixels = (double)sides[2] * sides[2], fewer = (double)sides[1] * sides[1];
  double b = (times[2].draw - times[1].draw) / (pixels - fewer), a = times[1].steps + times[1].draw - b * fewer;
  if (json) {
    printf("{\"kernels\": \"%s\", \"a_seconds\": %.6f, \"b_seconds_per_pixel\": %.4g, \"canvases\": [", k->name, a, b);
    for (int i = 0; i < N_SIDES; i++)
      printf("%s{\"side\": %d, \"steps_seconds\": %.6f, \"draw_seconds\": %.6f, \"per_pixel_seconds\": %.6f}",
             i ? ", " : "", sides[i], times[i].steps, times[i].draw, times[i].per_pixel);
    printf("]}\n");
    return CDF_OK;
  }
  printf("one core, %s, median of %d; seconds\n", k->name, REPEATS);
  printf("canvas        reverse steps   drawing    whole   steps at every pixel   ratio\n");
  for (int i = 0; i < N_SIDES; i++) {
    double whole = times[i].steps + times[i].draw;
    printf("%4d x %-4d      %9.3f %9.3f %8.3f   %20.3f %7.1f\n", sides[i], sides[i], times[i].steps, times[i].draw,
           whole, times[i].per_pixel, times[i].per_pixel / whole);
  }
  printf("whole = %.3f s + %.1f ns a pixel\n", a, b * 1e9);
  return CDF_OK;
}
