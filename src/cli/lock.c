#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the holder wrote about itself, or what the system knows of it. */
static void name_holder(char *text, size_t n, int fd) {
  ssize_t length = pread(fd, text, n - 1, 0);
  text[length > 0 ? length : 0] = 0;
  text[strcspn(text, "\n")] = 0;
  if (*text) return;
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  if (fcntl(fd, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK && whole.l_pid > 0)
    snprintf(text, n, "process %ld", (long)whole.l_pid);
  else
    snprintf(text, n, "another process");
}

/* The name is for those who are refused: a full disk that does not take it is no reason to stop. */
static void write_name(int fd) {
  char host[64] = "", text[128];
  gethostname(host, sizeof host - 1);
  int n = snprintf(text, sizeof text, "process %ld on %s\n", (long)getpid(), host);
  if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n) errno = 0;
}

/* The holder before may have removed the file between our opening and locking it: then ours is no longer there. */
static bool is_still_there(int fd, const char *path) {
  struct stat mine, there;
  return fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

cdf_status cli_lock_take(cli_lock *lock, const char *folder, cdf_error *err) {
  snprintf(lock->path, sizeof lock->path, "%.4000s/lock", folder);
  for (;;) {
    int fd = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) return cdf_fail(err, CDF_FAILED, "cannot make the file %.200s: %s", lock->path, strerror(errno));
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_SETLK, &whole) != 0 && (errno == EACCES || errno == EAGAIN)) {
      char holder[128];
      name_holder(holder, sizeof holder, fd);
      close(fd);
      return cdf_fail(err, CDF_FAILED, "%.120s is in use by %s; wait until it ends, stop it, or choose another --out",
                      folder, holder);
    }
    if (is_still_there(fd, lock->path)) {
      write_name(fd);
      lock->fd = fd;
      return CDF_OK;
    }
    close(fd);
  }
}

void cli_lock_give(cli_lock *lock) {
  if (lock->fd <= 0) return;
  unlink(lock->path);
  close(lock->fd);
  lock->fd = 0;
}
