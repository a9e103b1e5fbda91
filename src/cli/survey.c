#include "survey.h"

#include <stdlib.h>

#include "files.h"
#include "folder.h"
#include "pictures/decode.h"

#define SEEN 48
#define GREY_DIFFERENCE 12  /* levels between channels: JPEG makes some */
#define COLOURED_SHARE 0.01 /* of the pixels: fewer may be a stamp */

typedef struct seen {
  int width[SEEN], height[SEEN], side[SEEN];
  double aspect[SEEN];
  int n;
} seen;

static int by_int(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
static int by_double(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Is it coloured, and does anything shine through? */
static void look(cli_survey *s, const cli_picture *p) {
  size_t n = (size_t)p->width * (size_t)p->height, n_coloured = 0, n_clear = 0;
  for (size_t i = 0; i < n; i++) {
    const uint8_t *at = p->pixels + i * (size_t)p->channels;
    bool clear = p->channels % 2 == 0 && at[p->channels - 1] < 250;
    n_clear += clear;
    if (p->channels >= 3 && !clear)
      n_coloured += abs(at[0] - at[1]) > GREY_DIFFERENCE || abs(at[1] - at[2]) > GREY_DIFFERENCE;
  }
  if ((double)n_coloured > COLOURED_SHARE * (double)n) s->is_grey = false;
  if (n_clear > 0) s->is_transparent = true;
}

static cdf_status see(cli_survey *s, seen *all, const char *path, cdf_error *err) {
  unsigned char *bytes;
  size_t n_bytes;
  cli_picture p;
  cdf_status status = cdf_file_read(&bytes, &n_bytes, path, CDF_FILE_PICTURE, err);
  if (status != CDF_OK) return status;
  status = cli_decode(&p, bytes, n_bytes, err);
  free(bytes);
  if (status != CDF_OK) return status;
  look(s, &p);
  free(p.pixels);
  int i = all->n++;
  all->width[i] = p.width, all->height[i] = p.height;
  all->side[i] = cdf_min(p.width, p.height);
  all->aspect[i] = (double)p.width / p.height;
  return CDF_OK;
}

static int median(int *values, int n) {
  qsort(values, (size_t)n, sizeof *values, by_int);
  return values[n / 2];
}

static void sum_up(cli_survey *s, seen *all) {
  int n = s->n_seen = all->n;
  if (n == 0) return;
  s->width = median(all->width, n), s->height = median(all->height, n), s->side = median(all->side, n);
  qsort(all->aspect, (size_t)n, sizeof *all->aspect, by_double);
  bool both = all->aspect[n / 4] < 0.95 && all->aspect[n - 1 - n / 4] > 1.05;
  s->aspect = both ? 1 : all->aspect[n / 2];
}

cdf_status cli_survey_folder(cli_survey *s, const char *path, cdf_error *err) {
  cli_folder folder;
  cli_account unused = {0};
  seen all = {.n = 0};
  *s = (cli_survey){.is_grey = true, .aspect = 1};
  cdf_status status = cli_folder_find(&folder, path, &unused, err);
  int n = cdf_min(folder.n, SEEN);
  for (int i = 0; i < n && status == CDF_OK; i++) {
    cdf_status one = see(s, &all, folder.files[(int64_t)i * folder.n / n].path, NULL);
    if (one == CDF_NO_MEMORY) status = cdf_fail_memory(err, 0);
  }
  s->n_pictures = folder.n;
  sum_up(s, &all);
  cli_folder_free(&folder);
  return status;
}
