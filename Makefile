# coordiff: one C engine, native and WebAssembly. `make` lists the targets.
#
# CONFIG=release (default), debug, asan: each has its own folder under build/.

CONFIG ?= release
BUILD := build/$(CONFIG)
ifeq ($(origin CC),default)
CC := gcc
endif

FLAGS_release := -O3 -DNDEBUG
FLAGS_debug := -O0 -g
FLAGS_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Werror
# No contraction outside the kernels: the same bits natively and in WebAssembly.
CFLAGS := -std=c11 $(FLAGS_$(CONFIG)) $(WARN) -ffp-contract=off -MMD -MP
CLI_CFLAGS := -D_GNU_SOURCE -fopenmp
KERNEL_CFLAGS := -fno-math-errno -fno-trapping-math -ffp-contract=fast
AVX512 := -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx2 -mfma -mprefer-vector-width=512
LDLIBS := -lz -lm

ENGINE := $(wildcard src/*.c)
KERNELS := $(filter-out %/wasm_simd.c,$(wildcard src/kernels/*.c))
CLI := $(wildcard src/cli/*.c)
ENGINE_O := $(patsubst src/%.c,$(BUILD)/%.o,$(ENGINE) $(KERNELS))
CLI_O := $(patsubst src/%.c,$(BUILD)/%.o,$(CLI))
TESTS := $(patsubst tests/test_%.c,%,$(wildcard tests/test_*.c))

.PHONY: help setup native sample test unit cli-test fuzz bench check clean
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

native: $(BUILD)/coordiff ## build the command line program, build/release/coordiff

$(BUILD)/coordiff: $(CLI_O) $(BUILD)/libcoordiff.a
	$(CC) $(FLAGS_$(CONFIG)) -fopenmp -o $@ $^ $(LDLIBS)

$(BUILD)/libcoordiff.a: $(ENGINE_O)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/cli/%.o: CFLAGS += $(CLI_CFLAGS)
$(BUILD)/kernels/avx2.o: CFLAGS += $(KERNEL_CFLAGS) -mavx2 -mfma
$(BUILD)/kernels/avx512.o: CFLAGS += $(KERNEL_CFLAGS) $(AVX512)
$(BUILD)/kernels/avx512_bf16.o: CFLAGS += $(KERNEL_CFLAGS) $(AVX512) -mavx512bf16
$(BUILD)/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

clean: ## remove everything that was built
	rm -rf build

-include $(ENGINE_O:.o=.d) $(CLI_O:.o=.d)
