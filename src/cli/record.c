#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "provenance.h"

/* ---- remembering ---- */

static void add(cli_record *r, const char *key, char *value) {
  bool shared = strcmp(key, "classes") == 0;
  snprintf(r->keys[r->n_notes], sizeof r->keys[0], "%s%s", shared ? "" : r->prefix, key);
  r->notes[r->n_notes] = (cdf_metadata){r->keys[r->n_notes], value};
  r->n_notes++;
}

static char *room(cli_record *r) { return r->values[r->n_notes]; }

static void add_checksum(cli_record *r, const char *key, uint32_t sum) {
  snprintf(room(r), sizeof r->values[0], "%08x", sum);
  add(r, key, room(r));
}

static uint32_t checksum(const void *bytes, size_t n) { return (uint32_t)crc32_z(crc32_z(0, NULL, 0), bytes, n); }

/* The size counts too: the same bytes may be other pictures. */
static uint32_t checksum_pictures(const cli_material *m) {
  const cdf_dataset *d = m->data;
  unsigned char size[16];
  int numbers[4] = {m->n_pictures, d->n_channels, d->height, d->width};
  for (int i = 0; i < 16; i++) size[i] = (unsigned char)(numbers[i / 4] >> 8 * (i % 4));
  uLong sum = crc32_z(crc32_z(0, NULL, 0), size, sizeof size);
  sum = crc32_z(sum, d->pixels, (size_t)m->n_pictures * cdf_dataset_image_size(d));
  return (uint32_t)(m->finer ? crc32_z(sum, m->finer, m->n_finer) : sum);
}

/* The names of the first n classes, one a line; a name that itself holds a line end gets a space. */
static char *list_classes(const cdf_dataset *d, int n) {
  size_t n_bytes = 1;
  for (int i = 0; i < n; i++) n_bytes += strlen(d->class_names[i]) + 1;
  char *list = malloc(n_bytes), *at = list;
  if (!list) return NULL;
  for (int i = 0; i < n; i++) {
    if (i > 0) *at++ = '\n';
    for (const char *name = d->class_names[i]; *name; name++) *at++ = *name == '\n' ? ' ' : *name;
  }
  *at = 0;
  return list;
}

cdf_status cli_record_make(cli_record *r, const char *prefix, const cli_material *m, const cdf_kernels *k,
                           cdf_error *err) {
  *r = (cli_record){.prefix = prefix};
  cli_base_name(room(r), sizeof r->values[0], m->path);
  add(r, "data", room(r));
  snprintf(room(r), sizeof r->values[0], "%d", m->n_pictures);
  add(r, "data.pictures", room(r));
  add_checksum(r, "data.crc32", checksum_pictures(m));
  if (m->data->labels && m->n_classes > 0)
    add_checksum(r, "labels.crc32", checksum(m->data->labels, (size_t)m->n_pictures));
  if (m->teacher) add_checksum(r, "teacher.crc32", checksum(m->teacher, m->n_teacher * sizeof(float)));
  snprintf(room(r), sizeof r->values[0], "%s", k->name);
  add(r, "kernels", room(r));
  int n_names = cdf_min(m->data->n_class_names, m->n_classes);
  if (n_names < 1) return CDF_OK;
  r->classes = list_classes(m->data, n_names);
  if (!r->classes) return cdf_fail_memory(err, 0);
  add(r, "classes", r->classes);
  return CDF_OK;
}

void cli_record_free(cli_record *r) {
  free(r->classes);
  r->classes = NULL;
}

/* ---- comparing ---- */

/* What r and the checkpoint say under a key; NULL: nothing. */
static const char *find(const cli_record *r, const char *key, const cdf_checkpoint *c, const char **before) {
  char whole[32];
  snprintf(whole, sizeof whole, "%s%s", r->prefix, key);
  *before = cdf_checkpoint_metadata(c, whole);
  for (int i = 0; i < r->n_notes; i++)
    if (strcmp(r->notes[i].key, whole) == 0) return r->notes[i].value;
  return NULL;
}

static bool same(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

/* Say which name differs first; one list may end before the other. */
static cdf_status refuse_classes(const char *now, const char *before, cdf_error *err) {
  for (int k = 0;; k++) {
    size_t n = strcspn(now, "\n"), m = strcspn(before, "\n");
    if (n != m || strncmp(now, before, n) != 0)
      return cdf_fail(
          err, CDF_BAD_INPUT,
          "class %d is called '%.*s' here, but this checkpoint was trained with '%.*s' in its place; give the "
          "folders their old names, or use another output for a new run",
          k, cdf_min((int)n, 40), now, cdf_min((int)m, 40), before);
    now += n + (now[n] != 0), before += m + (before[m] != 0);
  }
}

/* Say what is not what it was, by the fingerprint of `whose`, where either has one. */
static cdf_status refuse_another(const cli_record *r, const char *key, const cdf_checkpoint *c, const char *what,
                                 const char *whose, const char *remedy, cdf_error *err) {
  const char *before, *now = find(r, key, c, &before);
  if (same(now, before)) return CDF_OK;
  return cdf_fail(err, CDF_BAD_INPUT, "%s: the fingerprint of %s is %s, not %.16s; %s, or another output for a new run",
                  what, whose, now ? now : "none", before ? before : "none", remedy);
}

cdf_status cli_record_compare(const cli_record *r, char *remark, const cdf_checkpoint *c, cdf_error *err) {
  *remark = 0;
  const char *before, *now = find(r, "data.crc32", c, &before);
  if (!before) {
    snprintf(
        remark, 256,
        "this checkpoint has no fingerprint of its pictures: whether these are the same cannot be checked; from now "
        "on it can");
    return CDF_OK;
  }
  if (!same(now, before))
    return cdf_fail(err, CDF_BAD_INPUT,
                    "the pictures are not those that this checkpoint was trained on, or not in the same order: their "
                    "fingerprint is %s, not %.16s; use the same data, or another output for a new run",
                    now, before);
  cdf_status status = refuse_another(
      r, "labels.crc32", c, "the pictures are those that this checkpoint was trained on, but their classes are not",
      "the labels", "use the same labels", err);
  if (status == CDF_OK)
    status = refuse_another(r, "teacher.crc32", c, "the teacher is not the one that this student learned from",
                            "its weights", "give the same --from", err);
  if (status != CDF_OK) return status;
  before = r->classes ? cdf_checkpoint_metadata(c, "classes") : NULL;
  if (before && !same(r->classes, before)) return refuse_classes(r->classes, before, err);
  now = find(r, "kernels", c, &before);
  if (before && !same(now, before))
    snprintf(
        remark, 256,
        "so far trained with the kernels '%.32s', from now on with '%s': as good, but no longer the same bits as a "
        "run in one go; --kernels %.32s keeps them",
        before, now, before);
  return CDF_OK;
}
