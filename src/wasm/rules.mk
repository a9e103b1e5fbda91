# The engine as WebAssembly: two binaries for the page, and the C tests for Node.
#
# Linked with wasm-ld directly: the Binaryen of emscripten 3.1.6, which emcc runs after linking, cannot read relaxed SIMD.
# Memory: 16 MB to start with, growing to at most 256 MB. The stack lies first, so that overflowing it traps.

EMCC ?= emcc
WASM_LD ?= wasm-ld
WASM_BUILD := build/wasm
WASM_LIB ?= /usr/share/emscripten/cache/sysroot/lib/wasm32-emscripten

# jsmn.h and stb from the system, and nothing else from there: emscripten has a libc of its own.
WASM_CFLAGS := -std=c11 -DNDEBUG $(WARN) -msimd128 -idirafter $(WASM_BUILD)/include -MMD -MP
WASM_KERNEL_FLAGS := -O3 -fno-math-errno -fno-trapping-math -ffp-contract=fast
# Small matters more than fast, but for what runs over every pixel.
WASM_ENGINE_FLAGS := -Oz -ffp-contract=off
WASM_FAST_FLAGS := -O2 -ffp-contract=off
WASM_FAST := renderer scalespace featurize denoiser kernels/portable

WASM_C := $(ENGINE) src/wasm/wasm_api.c src/kernels/portable.c src/kernels/dispatch.c
WASM_O := $(patsubst src/%.c,$(WASM_BUILD)/%.o,$(WASM_C))
WASM_EXPORTS = $(addprefix --export=,$(shell cat src/wasm/exports.txt))
WASM_LDFLAGS = -L$(WASM_LIB) $(WASM_LIB)/crt1_reactor.o --entry=_initialize $(WASM_EXPORTS) --gc-sections --strip-all -O2 \
  --allow-undefined-file=src/wasm/imports.txt -z stack-size=262144 --stack-first --initial-memory=16777216 \
  --max-memory=268435456
WASM_LDLIBS := -lstandalonewasm-memgrow -lstubs -lnoexit -lc -ldlmalloc -lcompiler_rt

.PHONY: wasm wasm-test
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
