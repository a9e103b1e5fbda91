# coordiff: one C engine, native and WebAssembly. `make` lists the targets.
#
# CONFIG=release (default), debug, asan, mpi: each has its own folder under build/.

CONFIG ?= release
BUILD := build/$(CONFIG)
ifeq ($(origin CC),default)
CC := $(if $(filter mpi,$(CONFIG)),mpicc,gcc)
endif

FLAGS_release := -O3 -DNDEBUG
FLAGS_debug := -O0 -g
FLAGS_mpi := $(FLAGS_release) -DCDF_MPI
FLAGS_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Werror
# No contraction outside the kernels: the same bits natively and in WebAssembly.
CFLAGS := -std=c11 $(FLAGS_$(CONFIG)) $(WARN) -ffp-contract=off -MMD -MP
# For the shared library, which exports what the public headers declare (see base.h) and nothing else.
CFLAGS += -fPIC -fvisibility=hidden -fno-semantic-interposition
CLI_CFLAGS := -D_GNU_SOURCE -fopenmp
KERNEL_CFLAGS := -fno-math-errno -fno-trapping-math
AVX512 := -ffp-contract=fast -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx2 -mfma -mprefer-vector-width=512
LDLIBS := -llapacke -lz -lm
PICTURE_LIBS := -lpng -ljpeg -lwebp -lwebpdemux

ROOMS := base net plane denoise render judge file endless
ENGINE := $(wildcard src/*.c $(ROOMS:%=src/%/*.c))
KERNELS := $(filter-out %/wasm_simd.c,$(wildcard src/kernels/*.c))
CLI := $(wildcard src/cli/*.c src/cli/*/*.c)
ENGINE_O := $(patsubst src/%.c,$(BUILD)/%.o,$(ENGINE) $(KERNELS))
CLI_O := $(patsubst src/%.c,$(BUILD)/%.o,$(CLI))
UNIT := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test_*.c))

.PHONY: help setup native mpi install sample test unit demo site serve cli-test model-test page-test lint bench check sampling format clean
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile src/wasm/rules.mk tests/fuzz/rules.mk | expand -t 20

# ---- what people run ----

sample: ## install what is missing, build, and write garments.png from the shipped checkpoint
	@tools/setup.sh build
	@$(MAKE) --no-print-directory -s native
	$(BUILD)/coordiff sample --model models/fashion.safetensors --guidance 1.5 --out garments.png
	@echo "garments.png: ten classes of garments, one a row"

demo: ## install what is missing, build, serve the page and print its URL
	@tools/setup.sh build web
	@$(MAKE) --no-print-directory -s site
	@node tools/serve.mjs

test: ## install what is missing, build, and run every test
	@tools/setup.sh build mpi test web browser
	@$(MAKE) --no-print-directory -s node_modules/.package-lock.json
	@tools/run_tests.sh

setup: node_modules/.package-lock.json ## install everything that building and testing need
	@tools/setup.sh build mpi test web browser

VERSION := $(shell sed -n 's/^\#define CDF_VERSION "\(.*\)"/\1/p' src/coordiff.h)
SONAME := libcoordiff.so.$(firstword $(subst ., ,$(VERSION)))
native: $(BUILD)/coordiff $(BUILD)/libcoordiff.a $(BUILD)/$(SONAME) ## build build/release/coordiff, libcoordiff.a and libcoordiff.so

mpi: ## build build/mpi/coordiff for training with several processes: mpirun -n 2 build/mpi/coordiff train ...
	@tools/setup.sh mpi
	@$(MAKE) --no-print-directory CONFIG=mpi native

PREFIX ?= /usr/local
install: native ## install the program, the library (static, shared), its headers, pkg-config and CMake files under PREFIX (default /usr/local)
	@tools/install.sh $(BUILD) "$(DESTDIR)$(PREFIX)" $(VERSION)

bench: native ## GFLOP/s of every kernel table beside the measured peak
	$(BUILD)/coordiff bench

# ---- building ----

$(BUILD)/coordiff: $(CLI_O) $(BUILD)/libcoordiff.a
	$(CC) $(FLAGS_$(CONFIG)) -fopenmp -o $@ $^ $(PICTURE_LIBS) $(LDLIBS)

$(BUILD)/libcoordiff.a: $(ENGINE_O)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/$(SONAME): $(ENGINE_O)
	$(CC) $(FLAGS_$(CONFIG)) -shared -Wl,-soname,$(SONAME) -Wl,--no-undefined -o $@ $^ -lm

$(BUILD)/cli/%.o: CFLAGS += $(CLI_CFLAGS)
$(BUILD)/kernels/%.o: CFLAGS += $(KERNEL_CFLAGS)
$(BUILD)/kernels/avx2.o: CFLAGS += -ffp-contract=fast -mavx2 -mfma
$(BUILD)/kernels/avx512.o: CFLAGS += $(AVX512)
$(BUILD)/kernels/avx512_bf16.o: CFLAGS += $(AVX512) -mavx512bf16
$(BUILD)/kernels/amx.o: CFLAGS += $(AVX512) -mavx512bf16 -mamx-tile -mamx-bf16
$(BUILD)/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

# Tests of the CLI's own modules link those too.
CLI_TEST_O := $(filter-out %/main.o,$(CLI_O))
FILES_O := $(patsubst src/%.c,$(BUILD)/%.o,src/cli/files.c $(wildcard src/cli/pictures/*.c))
$(BUILD)/tests/test_files: EXTRA := $(FILES_O) $(PICTURE_LIBS)
$(BUILD)/tests/test_files: $(FILES_O)
$(BUILD)/tests/test_cli_%: EXTRA := $(CLI_TEST_O) $(PICTURE_LIBS)
$(BUILD)/tests/test_%: tests/test_%.c tests/test.h tests/scratch.h $(BUILD)/libcoordiff.a $(CLI_TEST_O)
	@mkdir -p $(@D)
	$(CC) -std=c11 $(FLAGS_$(CONFIG)) -UNDEBUG $(WARN) -D_GNU_SOURCE -Isrc -Itests -fopenmp -o $@ $< $(EXTRA) $(BUILD)/libcoordiff.a $(LDLIBS)

$(BUILD)/tools/sampling_table: tools/sampling_table.c $(BUILD)/libcoordiff.a
	@mkdir -p $(@D)
	$(CC) -std=c11 $(FLAGS_$(CONFIG)) $(WARN) -o $@ $^ $(LDLIBS)

sampling: $(BUILD)/tools/sampling_table ## write web/engine/sampling.js, the page's table of sampling options, out of the engine's
	$< > web/engine/sampling.js

site: wasm ## assemble the page in build/site: static files for any host
	@node tools/build_site.mjs

serve: site ## serve build/site and print its URL
	node tools/serve.mjs

# No install scripts: none is needed, and Debian's npm 9 dies in one. Not `npm ci`: it wants biome's binaries for every platform in the lock file, and not every registry has them.
node_modules/.package-lock.json: package.json package-lock.json
	npm install --silent --no-audit --no-fund --no-save --ignore-scripts
	@touch $@

# ---- checking ----

# On its own accord Node leaves a processor free, which on two means one test file at a time.
NODE_TEST := node --test --test-concurrency=$(shell nproc)

unit: $(UNIT) ## build and run the C tests (CONFIG=asan: under the sanitizers)
	@tools/run_unit.sh $(UNIT)

cli-test: native mpi node_modules/.package-lock.json ## drive the command line program as a user does
	COORDIFF=$(BUILD)/coordiff $(NODE_TEST) $(wildcard tests/cli/*.test.js)

model-test: native ## the shipped checkpoints: cards, golden picture, every kernel table
	COORDIFF=$(BUILD)/coordiff $(NODE_TEST) $(wildcard tests/models/*.test.js)

page-test: site native node_modules/.package-lock.json ## the page in real Chromium and Firefox
	node --test --test-concurrency=1 tests/web/page*.test.js

lint: node_modules/.package-lock.json ## JavaScript: types by tsc --checkJs, style by biome
	npm run --silent types
	npm run --silent lint

C_FILES = $(shell find src tests -name '*.[ch]' -o -name '*.inc')
check: ## layers, file sizes, the examples in headers, formatting
	@node tools/check_layers.mjs
	@CC="$(CC)" node tools/check_examples.mjs
	@clang-format --dry-run -Werror $(C_FILES)

format: ## format the C sources
	@clang-format -i $(C_FILES)

.PHONY: FORCE
FORCE:

clean: ## remove everything that was built
	rm -rf build

include src/wasm/rules.mk
include tests/fuzz/rules.mk

-include $(ENGINE_O:.o=.d) $(CLI_O:.o=.d)
