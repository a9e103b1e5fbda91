# The engine as WebAssembly: two binaries for the page, and the C tests for Node.
#
# Linked with wasm-ld directly: the Binaryen of emscripten 3.1.6, which emcc runs after linking, cannot read relaxed SIMD.
# Memory: 16 MB to start with, growing to at most 256 MB. The stack lies first, so that overflowing it traps.

EMCC ?= emcc
# The linker that Debian's emscripten depends on.
WASM_LD ?= wasm-ld-14
WASM_BUILD := build/wasm
WASM_LIB ?= /usr/share/emscripten/cache/sysroot/lib/wasm32-emscripten

# jsmn.h and stb from the system, and nothing else from there: emscripten has a libc of its own.
# Every engine with SIMD has these three as well.
WASM_FEATURES := -msimd128 -mbulk-memory -mnontrapping-fptoint -msign-ext
WASM_CFLAGS := -std=c11 -DNDEBUG $(WARN) $(WASM_FEATURES) -idirafter $(WASM_BUILD)/include -MMD -MP
WASM_KERNEL_FLAGS := -O3 -fno-math-errno -fno-trapping-math -ffp-contract=fast
# Small matters more than fast, but for what runs over every pixel.
WASM_ENGINE_FLAGS := -Oz -ffp-contract=off
WASM_FAST_FLAGS := -O2 -fno-unroll-loops -ffp-contract=off
WASM_FAST := denoise/sampler render/renderer plane/codes plane/scalespace denoise/denoiser denoise/trainer denoise/featurize net/mlp net/linear net/optimizer base/rng \
  kernels/portable

WASM_C := $(ENGINE) src/wasm/wasm_api.c src/wasm/train.c src/kernels/portable.c src/kernels/dispatch.c
WASM_O := $(patsubst src/%.c,$(WASM_BUILD)/%.o,$(WASM_C))
WASM_EXPORTS = $(addprefix --export=,$(shell cat src/wasm/exports.txt))
WASM_LDFLAGS = -L$(WASM_LIB) $(WASM_LIB)/crt1_reactor.o --entry=_initialize $(WASM_EXPORTS) --gc-sections --strip-all -O2 \
  --allow-undefined-file=src/wasm/imports.txt -z stack-size=262144 --stack-first --initial-memory=16777216 \
  --max-memory=268435456
WASM_LDLIBS := -lstandalonewasm-memgrow -lstubs -lnoexit -lc-optz -ldlmalloc -lcompiler_rt

.PHONY: wasm wasm-test web-test bench-web
wasm: build/web/coordiff.wasm build/web/coordiff-relaxed.wasm ## build the engine for the page, plain and relaxed SIMD

$(WASM_BUILD)/include:
	@mkdir -p $@
	ln -sf /usr/include/jsmn.h $@/jsmn.h
	ln -sfn /usr/include/stb $@/stb

$(patsubst %,$(WASM_BUILD)/%.o,$(WASM_FAST)): WASM_ENGINE_FLAGS := $(WASM_FAST_FLAGS)
$(WASM_BUILD)/%.o: src/%.c | $(WASM_BUILD)/include
	@mkdir -p $(@D)
	$(EMCC) $(WASM_CFLAGS) $(WASM_ENGINE_FLAGS) -c -o $@ $<

$(WASM_BUILD)/kernels/wasm_simd.o: src/kernels/wasm_simd.c
	@mkdir -p $(@D)
	$(EMCC) $(WASM_CFLAGS) $(WASM_KERNEL_FLAGS) -c -o $@ $<

$(WASM_BUILD)/kernels/wasm_relaxed.o: src/kernels/wasm_simd.c
	@mkdir -p $(@D)
	$(EMCC) $(WASM_CFLAGS) $(WASM_KERNEL_FLAGS) -mrelaxed-simd -c -o $@ $<

build/web/coordiff.wasm: $(WASM_O) $(WASM_BUILD)/kernels/wasm_simd.o src/wasm/exports.txt src/wasm/imports.txt
	@mkdir -p $(@D)
	$(WASM_LD) -o $@ $(filter %.o,$^) $(WASM_LDFLAGS) $(WASM_LDLIBS)

build/web/coordiff-relaxed.wasm: $(WASM_O) $(WASM_BUILD)/kernels/wasm_relaxed.o src/wasm/exports.txt src/wasm/imports.txt
	@mkdir -p $(@D)
	$(WASM_LD) -o $@ $(filter %.o,$^) $(WASM_LDFLAGS) $(WASM_LDLIBS)

# ---- the C tests as programs for Node, with both kernel tables ----

# Those that neither read files nor belong to the command line program.
WASM_TESTS := $(filter-out tests/test_files.c tests/test_cli_%,$(wildcard tests/test_*.c))
WASM_TEST_O := $(filter-out $(WASM_BUILD)/wasm/%,$(WASM_O))
WASM_TEST_BIN := $(patsubst tests/%.c,$(WASM_BUILD)/tests/%.wasm,$(WASM_TESTS)) $(WASM_BUILD)/tests/test_kernels-relaxed.wasm
WASM_TEST_LD = $(WASM_LD) -o $@ $(filter %.o,$^) -L$(WASM_LIB) $(WASM_LIB)/crt1.o --gc-sections --import-undefined \
  -z stack-size=1048576 --stack-first --max-memory=2147483648 $(WASM_LDLIBS)

$(WASM_BUILD)/tests/%.o: tests/%.c tests/test.h | $(WASM_BUILD)/include
	@mkdir -p $(@D)
	$(EMCC) $(WASM_CFLAGS) -UNDEBUG -O1 -ffp-contract=off -Isrc -Itests -c -o $@ $<

$(WASM_BUILD)/tests/%.wasm: $(WASM_BUILD)/tests/%.o $(WASM_TEST_O) $(WASM_BUILD)/kernels/wasm_simd.o
	$(WASM_TEST_LD)

$(WASM_BUILD)/tests/test_kernels-relaxed.wasm: $(WASM_BUILD)/tests/test_kernels.o $(WASM_TEST_O) $(WASM_BUILD)/kernels/wasm_relaxed.o
	$(WASM_TEST_LD)

wasm-test: $(WASM_TEST_BIN) ## run the C tests as WebAssembly in Node
	@node --no-warnings --experimental-wasm-relaxed-simd tests/wasm/run.js $(WASM_TEST_BIN)

web-test: wasm native $(BUILD)/tools/sampling_table ## the engine of the page in Node: against the native program, and with many workers
	COORDIFF=$(BUILD)/coordiff $(NODE_TEST) --experimental-wasm-relaxed-simd $(filter-out tests/web/page%,$(wildcard tests/web/*.test.js))

bench-web: wasm ## our network against onnxruntime-web and tfjs in Chromium, beside the peak of its SIMD
	@node tools/bench_web/run.mjs

-include $(WASM_O:.o=.d) $(WASM_BUILD)/kernels/wasm_simd.d $(WASM_BUILD)/kernels/wasm_relaxed.d
