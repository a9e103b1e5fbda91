/* json.h: the one thing that --json output needs beyond printf. */
#ifndef CDF_JSON_H
#define CDF_JSON_H

/* A quoted, escaped JSON string on standard output. */
void cli_json_string(const char *text);

#endif
