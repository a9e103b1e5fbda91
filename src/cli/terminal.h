/* terminal.h: clock, progress line, signals: what a person at the terminal notices. */
#ifndef CDF_TERMINAL_H
#define CDF_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

double cli_seconds(void); /* monotonic */
long cli_rss_mib(void);   /* peak resident memory */

/* Redraw one line on stderr when it is a terminal; otherwise do nothing. NULL ends the line. */
void cli_progress(const char *format, ...);
bool cli_is_terminal(void);

/* The same for long work that people leave alone: when stderr is a file, a line of its own, but only every half minute.
 * *spoken, 0 at first, is when the last was written. */
void cli_progress_now_and_then(double *spoken, const char *line);

/* Print text of unknown origin: control characters, which could move the cursor or forge lines, become '?'. */
void cli_print_plain(FILE *out, const char *text);

/* Append to the text in text[room] as much as there is room for. */
__attribute__((format(printf, 3, 4))) void cli_append(char *text, size_t room, const char *format, ...);

/* "1 h 02 min", "3 min 10 s", "8 s" into text[16]. */
const char *cli_duration(char *text, double seconds);

/* From here on the first Ctrl-C, SIGTERM or SIGHUP (unless ignored, as by nohup) only sets what cli_stop_signal
 * returns; a second one leaves at once. */
void cli_catch_signals(void);
int cli_stop_signal(void); /* 0: none so far */

#endif
