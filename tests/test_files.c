#include "../src/cli/files.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

/* The file at path holds exactly this text. */
static int holds(const char *path, const char *text) {
  unsigned char *bytes = NULL;
  size_t n = 0;
  int same =
      cdf_file_read(&bytes, &n, path, CDF_FILE_TEXT, NULL) == CDF_OK && n == strlen(text) && !memcmp(bytes, text, n);
  free(bytes);
  return same;
}

static int n_entries(const char *path) {
  char command[640], text[32] = "";
  snprintf(command, sizeof command, "ls -A '%s' | wc -l", path);
  FILE *pipe = popen(command, "r");
  if (!pipe) return -1;
  int n = fgets(text, sizeof text, pipe) ? atoi(text) : -1;
  pclose(pipe);
  return n;
}

/* Expect CDF_BAD_INPUT, `part` in the sentence, and no buffer. */
static int read_refused(const char *path, const char *part) {
  unsigned char *bytes = (unsigned char *)1;
  size_t n = 1;
  cdf_error err = {0};
  cdf_status status = cdf_file_read(&bytes, &n, path, CDF_FILE_TEXT, &err);
  int ok = status == CDF_BAD_INPUT && strstr(err.text, part) && !bytes && n == 0;
  if (!ok) printf("  status %d: \"%s\" (wanted \"%s\")\n", (int)status, err.text, part);
  return ok;
}

/* ---- reading ---- */

TEST(reads_plain_and_gzip) {
  put(in("plain"), "hello", 5);
  put_gzip(in("packed.gz"), "hello", 5);
  CHECK(holds(in("plain"), "hello"));
  CHECK(holds(in("packed.gz"), "hello"));
  put(in("one"), "\x1f", 1); /* the first byte of a gzip header alone is a plain file */
  CHECK(holds(in("one"), "\x1f"));
  unsigned char *bytes;
  size_t n;
  CHECK(cdf_file_read(&bytes, &n, in("plain"), CDF_FILE_TEXT, NULL) == CDF_OK && n == 5 && bytes[5] == 0);
  free(bytes);
  CHECK(cdf_file_exists(in("plain")) && !cdf_file_exists(in("none")) && !cdf_file_exists(scratch));
}

TEST(reads_large_files_of_unknown_size) {
  size_t n_bytes = 3000001, n;
  unsigned char *large = malloc(n_bytes), *bytes;
  for (size_t i = 0; i < n_bytes; i++) large[i] = (unsigned char)(i * i >> 3);
  put_gzip(in("large.gz"), large, n_bytes);
  CHECK(cdf_file_read(&bytes, &n, in("large.gz"), CDF_FILE_TEXT, NULL) == CDF_OK && n == n_bytes &&
        !memcmp(bytes, large, n));
  free(bytes);
  static const size_t edges[] = {65534, 65535, 65536, 65537, 131071, 131072, 1000000}; /* around the first room */
  for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
    put(in("edge"), large, edges[i]);
    CHECK(cdf_file_read(&bytes, &n, in("edge"), CDF_FILE_TEXT, NULL) == CDF_OK && n == edges[i] &&
          !memcmp(bytes, large, n));
    free(bytes);
  }
  CHECK(cdf_file_read(&bytes, &n, "/proc/self/status", CDF_FILE_TEXT, NULL) == CDF_OK &&
        n > 100); /* says that it has 0 bytes */
  free(bytes);
  free(large);
}

TEST(refuses_what_is_no_file) {
  CHECK(read_refused(in("none/x"), "No such file or directory; check the spelling"));
  CHECK(read_refused("data/x", "cannot read data/x: No such file or directory"));
  CHECK(read_refused(scratch, "is a directory"));
  put(in("empty"), "", 0);
  CHECK(read_refused(in("empty"), "is empty"));
  put_gzip(in("empty.gz"), "", 0);
  CHECK(read_refused(in("empty.gz"), "is empty"));
  char path[3000];
  memset(path, 'x', sizeof path - 1);
  path[sizeof path - 1] = 0;
  CHECK(read_refused(path, "File name too long; check")); /* a long path leaves room for the cause */
  CHECK(unlink(in("plain")) == 0);
}

TEST(refuses_damaged_gzip) {
  unsigned char text[2000], packed[4096];
  for (size_t i = 0; i < sizeof text; i++) text[i] = (unsigned char)("coordinates"[i % 11] + i / 97);
  put_gzip(in("whole.gz"), text, sizeof text);
  size_t n = get(packed, in("whole.gz"));
  CHECK(n > 100 && n < 4096);
  for (size_t cut = 2; cut < n; cut++) { /* from the two bytes that say gzip */
    put(in("cut.gz"), packed, cut);
    CHECK(read_refused(in("cut.gz"), "cut short"));
  }
  for (size_t at = n / 2; at < n; at += 7) {
    packed[at] ^= 0x55;
    put(in("bad.gz"), packed, n);
    packed[at] ^= 0x55;
    CHECK(read_refused(in("bad.gz"), "damaged or cut short") || read_refused(in("bad.gz"), "cut short"));
  }
}

/* ---- limits ---- */

static bool refused_as(const char *path, cdf_file_kind kind, const char *part) {
  unsigned char *bytes = (unsigned char *)1;
  size_t n = 1;
  cdf_error err = {0};
  cdf_status status = cdf_file_read(&bytes, &n, path, kind, &err);
  bool ok = status == CDF_BAD_INPUT && strstr(err.text, part) && !bytes && n == 0;
  if (!ok) printf("  status %d: \"%s\" (wanted \"%s\")\n", (int)status, err.text, part);
  return ok;
}

TEST(every_kind_has_a_limit) {
  static const long long mib[] = {[CDF_FILE_CHECKPOINT] = 2048,
                                  [CDF_FILE_SET] = 4096,
                                  [CDF_FILE_LABELS] = 64,
                                  [CDF_FILE_PICTURE] = 128,
                                  [CDF_FILE_TEXT] = 64};
  put(in("large"), "", 0);
  for (int kind = 0; kind <= CDF_FILE_TEXT; kind++) {
    char words[64];
    snprintf(words, sizeof words, "holds more than the %lld MiB that a ", mib[kind]);
    CHECK(truncate(in("large"), (off_t)(mib[kind] << 20) + 1) == 0); /* sparse */
    CHECK(refused_as(in("large"), (cdf_file_kind)kind, words));
  }
  CHECK(unlink(in("large")) == 0);
}

/* Zeros, as many as are allowed: what begins with them is refused without reading on. */
TEST(headers_come_before_bodies) {
  struct rusage before, after;
  put(in("zeros"), "", 0);
  CHECK(getrusage(RUSAGE_SELF, &before) == 0);
  CHECK(truncate(in("zeros"), (off_t)100 << 20) == 0);
  CHECK(refused_as(in("zeros"), CDF_FILE_CHECKPOINT,
                   "zeros: the checkpoint cannot be read: its header would have 0 bytes"));
  CHECK(refused_as(in("zeros"), CDF_FILE_SET, "zeros: the IDX images begin with 00 00 00 00"));
  CHECK(refused_as(in("zeros"), CDF_FILE_PICTURE, "zeros is not a PNG, JPEG or WebP picture"));
  unsigned char *bytes = calloc(1, 2 << 20);
  memcpy(bytes, "\0\0\x8\3\0\0\0\x9\0\0\x10\0\0\0\x10\0", 16); /* nine pictures of 4096 x 4096 */
  put(in("nine"), bytes, 2 << 20);
  CHECK(refused_as(in("nine"), CDF_FILE_SET,
                   "nine: the IDX images should hold 9 pictures of 4096x4096, but 2097136 bytes follow"));
  memcpy(bytes, "\x40\0\0\0\0\0\0\0{\"a\":{\"dtype\":\"F32\",\"shape\":[9],\"data_offsets\":[0,36]}}               ",
         72);
  put(in("short"), bytes, 2 << 20);
  CHECK(refused_as(in("short"), CDF_FILE_CHECKPOINT, "the tensors have 36 bytes of data but the file has 2097080"));
  memcpy(bytes, "\x42\0\0\0\0\0\0\0{\"a\":{\"dtype\":\"U8\",\"shape\":[2097078],\"data_offsets\":[0,2097078]}} ", 74);
  put(in("other"), bytes, 2 << 20);
  CHECK(
      refused_as(in("other"), CDF_FILE_CHECKPOINT, "other: the format of this safetensors file is '', not 'coordiff'"));
  CHECK(refused_as(in("other"), CDF_FILE_SET,
                   "other: the format of this safetensors file is '', not 'coordiff pictures 1'"));
  free(bytes);
  CHECK(getrusage(RUSAGE_SELF, &after) == 0 && after.ru_maxrss - before.ru_maxrss < 40 << 10); /* KiB */
  unlink(in("zeros"));
}

TEST(gzip_cannot_hide_its_size) {
  char *zeros = calloc(1, 1 << 20), words[64];
  memcpy(zeros, "# ", 2); /* a text has no header to be refused for */
  gzFile out = gzopen(in("bomb.gz"), "wb1");
  for (int i = 0; i < 65; i++) CHECK(gzwrite(out, zeros, 1 << 20) == 1 << 20);
  CHECK(gzclose(out) == Z_OK);
  snprintf(words, sizeof words, "holds more than the 64 MiB that a text may have");
  CHECK(refused_as(in("bomb.gz"), CDF_FILE_TEXT, words));
  CHECK(refused_as(in("bomb.gz"), CDF_FILE_PICTURE, "is packed by gzip, and no picture; unpack it first"));
  CHECK(refused_as(in("bomb.gz"), CDF_FILE_CHECKPOINT, "its header is not JSON"));
  free(zeros);
  unlink(in("bomb.gz"));
}

TEST(only_files_are_read) {
  CHECK(mkfifo(in("fifo"), 0600) == 0); /* nobody writes to it: opening it would wait */
  CHECK(symlink("fifo", in("link")) == 0);
  CHECK(read_refused(in("fifo"), "it is a pipe or a device and no file"));
  CHECK(read_refused(in("link"), "it is a pipe or a device and no file"));
  CHECK(read_refused("/dev/zero", "it is a pipe or a device and no file"));
  unlink(in("fifo")), unlink(in("link"));
}

TEST(standard_input_is_read) {
  put(in("input"), "through", 7);
  int saved = dup(0), file = open(in("input"), O_RDONLY);
  dup2(file, 0);
  CHECK(holds("-", "through"));
  dup2(saved, 0);
  close(saved);
  close(file);
}

/* ---- writing ---- */

TEST(writes_and_replaces) {
  mkdir(in("out"), 0755);
  CHECK(cdf_file_write_atomic(in("out/a"), "one", 3, NULL) == CDF_OK && holds(in("out/a"), "one"));
  chmod(in("out/a"), 0640);
  CHECK(cdf_file_write_atomic(in("out/a"), "three", 5, NULL) == CDF_OK && holds(in("out/a"), "three"));
  struct stat info;
  CHECK(stat(in("out/a"), &info) == 0 && (info.st_mode & 0777) == 0640);
  CHECK(cdf_file_write_atomic(in("out/empty"), NULL, 0, NULL) == CDF_OK && cdf_file_exists(in("out/empty")));
  CHECK(n_entries(in("out")) == 2); /* no temporary file */
}

TEST(links_stay_links) {
  mkdir(in("link"), 0755);
  put(in("link/target"), "old", 3);
  CHECK(symlink("target", in("link/latest")) == 0);
  CHECK(cdf_file_write_atomic(in("link/latest"), "new", 3, NULL) == CDF_OK);
  struct stat info;
  CHECK(lstat(in("link/latest"), &info) == 0 && S_ISLNK(info.st_mode));
  CHECK(holds(in("link/target"), "new") && n_entries(in("link")) == 2);
}

TEST(relative_paths_work) {
  char here[1024];
  CHECK(getcwd(here, sizeof here) && chdir(scratch) == 0);
  CHECK(cdf_file_write_atomic("relative", "x", 1, NULL) == CDF_OK && holds("relative", "x"));
  CHECK(cdf_file_write_atomic("relative", "yz", 2, NULL) == CDF_OK && holds("relative", "yz"));
  CHECK(chdir(here) == 0);
}

TEST(short_write_keeps_the_old_file) {
  mkdir(in("full"), 0755);
  put(in("full/a"), "old", 3);
  char *large = calloc(1, 100000);
  struct rlimit old_limit, limit;
  CHECK(getrlimit(RLIMIT_FSIZE, &old_limit) == 0);
  limit = old_limit;
  limit.rlim_cur = 50000;
  fflush(stdout);
  void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
  cdf_error err = {0}, err_new = {0};
  CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  cdf_status status = cdf_file_write_atomic(in("full/a"), large, 100000, &err);
  cdf_status status_new = cdf_file_write_atomic(in("full/b"), large, 100000, &err_new);
  CHECK(setrlimit(RLIMIT_FSIZE, &old_limit) == 0);
  signal(SIGXFSZ, handler);
  CHECK(status == CDF_FAILED && status_new == CDF_FAILED);
  CHECK_TEXT(err.text, "File too large; the old file is untouched");
  CHECK_TEXT(err_new.text, "File too large; no file was made");
  CHECK(holds(in("full/a"), "old") && n_entries(in("full")) == 1);
  free(large);
}

TEST(closed_directory_keeps_the_old_file) {
  mkdir(in("closed"), 0755);
  put(in("closed/a"), "old", 3);
  chmod(in("closed/a"), 0666);
  chmod(in("closed"), 0555);
  int is_root = geteuid() == 0;
  CHECK(!is_root || seteuid(65534) == 0); /* root may write anywhere */
  cdf_error err = {0};
  cdf_status status = cdf_file_write_atomic(in("closed/a"), "new", 3, &err);
  CHECK(!is_root || seteuid(0) == 0);
  chmod(in("closed"), 0755);
  CHECK(status == CDF_FAILED);
  CHECK_TEXT(err.text, "Permission denied; the old file is untouched");
  CHECK(holds(in("closed/a"), "old") && n_entries(in("closed")) == 1);
}

TEST(impossible_places_are_refused) {
  cdf_error err = {0};
  CHECK(cdf_file_write_atomic(scratch, "x", 1, &err) == CDF_FAILED);
  CHECK_TEXT(err.text, "is a directory");
  CHECK(cdf_file_write_atomic(in("none/x"), "x", 1, &err) == CDF_FAILED);
  CHECK_TEXT(err.text, "No such file or directory; no file was made");
  CHECK(cdf_file_write_atomic("", "x", 1, &err) == CDF_FAILED);
}

TEST(devices_and_pipes_are_written_directly) {
  cdf_error err = {0};
  CHECK(cdf_file_write_atomic("/dev/full", "x", 1, &err) == CDF_FAILED);
  CHECK_TEXT(err.text, "cannot write to /dev/full: No space left on device");
  CHECK(cdf_file_write_atomic("/dev/null", "x", 1, &err) == CDF_OK);
  struct stat info;
  CHECK(stat("/dev/null", &info) == 0 && S_ISCHR(info.st_mode));
  CHECK(mkfifo(in("fifo"), 0600) == 0);
  int reader = open(in("fifo"), O_RDONLY | O_NONBLOCK);
  CHECK(cdf_file_write_atomic(in("fifo"), "through", 7, &err) == CDF_OK);
  char text[16] = "";
  CHECK(read(reader, text, sizeof text) == 7 && !strcmp(text, "through"));
  close(reader);
  CHECK(stat(in("fifo"), &info) == 0 && S_ISFIFO(info.st_mode));
  CHECK(unlink(in("fifo")) == 0);
}

TEST(redirected_stdout_is_appended_to) {
  put(in("log"), "before ", 7);
  fflush(stdout);
  int saved = dup(1), file = open(in("log"), O_WRONLY | O_APPEND);
  dup2(file, 1);
  cdf_status status = cdf_file_write_atomic("/dev/stdout", "after", 5, NULL);
  dup2(saved, 1);
  close(saved);
  close(file);
  CHECK(status == CDF_OK && holds(in("log"), "before after"));
}

int main(void) {
  const char *base = getenv("TMPDIR");
  snprintf(scratch, sizeof scratch, "%s/cdf-files-XXXXXX", base && strlen(base) < 40 ? base : "/tmp");
  if (!mkdtemp(scratch)) {
    perror(scratch);
    return 1;
  }
  chmod(scratch, 0755); /* closed_directory_keeps_the_old_file enters as another user */
  RUN(reads_plain_and_gzip);
  RUN(reads_large_files_of_unknown_size);
  RUN(refuses_what_is_no_file);
  RUN(refuses_damaged_gzip);
  RUN(every_kind_has_a_limit);
  RUN(headers_come_before_bodies);
  RUN(gzip_cannot_hide_its_size);
  RUN(only_files_are_read);
  RUN(standard_input_is_read);
  RUN(writes_and_replaces);
  RUN(links_stay_links);
  RUN(relative_paths_work);
  RUN(short_write_keeps_the_old_file);
  RUN(closed_directory_keeps_the_old_file);
  RUN(impossible_places_are_refused);
  RUN(devices_and_pipes_are_written_directly);
  RUN(redirected_stdout_is_appended_to);
  remove_scratch();
  return test_report();
}
