#include "terminal.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal;

double cli_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

long cli_rss_mib(void) {
  struct rusage usage;
  return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss / 1024 : 0;
}

bool cli_is_terminal(void) { return isatty(STDERR_FILENO); }

void cli_progress(const char *format, ...) {
  if (!cli_is_terminal()) return;
  if (!format) {
    fputs("\r\033[K", stderr), fflush(stderr);
    return;
  }
  char line[160];
  va_list args;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  fprintf(stderr, "\r\033[K%s", line); /* in one piece: several threads may report */
  fflush(stderr);
}

#define SECONDS_OF_SILENCE 30

void cli_progress_now_and_then(double *spoken, const char *line) {
  double now = cli_seconds();
  cli_progress("%s", line);
  if (cli_is_terminal() || (*spoken > 0 && now - *spoken < SECONDS_OF_SILENCE)) return;
  fprintf(stderr, "%s\n", line);
  *spoken = now;
}

void cli_print_plain(FILE *out, const char *text) {
  for (; *text; text++) fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, out);
}

void cli_append(char *text, size_t room, const char *format, ...) {
  size_t used = strlen(text);
  va_list args;
  va_start(args, format);
  vsnprintf(text + used, room - used, format, args);
  va_end(args);
}

const char *cli_duration(char *text, double seconds) {
  int s = seconds > 0 && seconds < 3.6e6 ? (int)(seconds + 0.5) : 0;
  if (s >= 3600)
    snprintf(text, 16, "%d h %02d min", s / 3600, s / 60 % 60);
  else if (s >= 60)
    snprintf(text, 16, "%d min %02d s", s / 60, s % 60);
  else
    snprintf(text, 16, "%d s", s);
  return text;
}

static void on_signal(int signal_number) {
  static const char message[] = "\nstopping after this step; again to leave at once\n";
  if (stop_signal) _exit(128 + signal_number);
  stop_signal = signal_number;
  if (write(STDERR_FILENO, message, sizeof message - 1) < 0) return; /* a terminal that has hung up takes no message */
}

void cli_catch_signals(void) {
  struct sigaction action = {.sa_handler = on_signal}, before;
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) /* nohup means it */
    sigaction(SIGHUP, &action, NULL);
}

int cli_stop_signal(void) { return stop_signal; }
