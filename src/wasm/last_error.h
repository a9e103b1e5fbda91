/* last_error.h: the sentence of the last failure, which JavaScript asks for; one instance serves one thread. */
#ifndef CDF_WASM_LAST_ERROR_H
#define CDF_WASM_LAST_ERROR_H

#include "../coordiff.h"

extern cdf_error cdf_wasm_last_error;

#endif
