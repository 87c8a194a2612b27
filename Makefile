# shopd. `make help` lists what there is.
#
# Each target installs what it needs itself: Debian packages by test/setup.sh, the DynamoDB emulator
# by npm into .local/. Everything that is built goes to build/; nothing else in the tree is touched.
# Files are found by pattern, so a new source, header, test or fuzz target needs no change here.
#
# Variables: PORT, ADMIN_PORT (run) · PREFIX, UNITDIR, DESTDIR (install) · SUITES, TESTS (test) ·
# SEED, SEEDS (simulate, faults) · AT_ONCE (simulate) · PRODUCTS (roundtrip) ·
# SUBSCRIBERS (restock) · SECONDS (outage) · CONNECTIONS (idle) · FUZZ_SECONDS (fuzz) ·
# BENCH (bench's own arguments) · CC, CFLAGS, LDFLAGS, LTO (builds) · SHOPD_EMULATOR (another
# dynoxide) · SHOPD_SLOWNESS (so many times as long tests wait), SHOPD_TEST_SCALE (so many times as
# long the longest of them are) · V=1

ifeq ($(MAKELEVEL),0)
MAKEFLAGS += --jobs=$(shell nproc)
endif
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:
.SUFFIXES:
ifneq ($(filter clean,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif

V ?= 0
ifeq ($(V),0)
quiet = @printf '  %-5s %s\n' $(1) $(2);
endif

# A developer's own account must be out of reach of whatever is started from here.
unexport $(filter AWS_% SNS_%,$(.VARIABLES)) DYNAMODB_TABLE_NAME PRIMARY_KEY

.PHONY: all
all: build/release/shopd ## build/release/shopd (the default)

# ---------------------------------------------------------------------------- what must be installed
# One list for each target; test/setup.sh looks at those of the targets that were asked for, all at
# once, and does nothing when all are there.

PYTHON := /usr/bin/python3
export PYTHONPYCACHEPREFIX := $(CURDIR)/build/pycache
unexport PYTHONDONTWRITEBYTECODE
NPM = $(if $(wildcard $(EMULATOR)),,ca-certificates $(if $(shell command -v npm),,npm))

PACKAGES_all := gcc libc6-dev pkgconf \
	libmicrohttpd-dev libgnutls28-dev libjansson-dev libcurl4-openssl-dev libcjose-dev libssl-dev libdeflate-dev
PACKAGES_run = $(PACKAGES_all) $(NPM) ca-certificates curl python3
PACKAGES_test = $(PACKAGES_all) $(NPM) check python3 python3-pytest python3-pytest-xdist python3-botocore python3-aiohttp \
	python3-hypothesis python3-jsonschema python3-yaml python3-jwt python3-cryptography curl jq openssl
PACKAGES_asan = $(PACKAGES_test) clang libclang-rt-dev llvm
PACKAGES_tsan = $(PACKAGES_test)
PACKAGES_simulate = $(PACKAGES_test)
PACKAGES_roundtrip = $(PACKAGES_test)
PACKAGES_faults = $(PACKAGES_test)
PACKAGES_restock = $(PACKAGES_test)
PACKAGES_outage = $(PACKAGES_test)
PACKAGES_idle = $(PACKAGES_test)
PACKAGES_bench = $(PACKAGES_test) nginx-light openssl wrk
PACKAGES_valgrind = $(PACKAGES_test) valgrind libc6-dbg
PACKAGES_fuzz = $(PACKAGES_all) clang libclang-rt-dev llvm
PACKAGES_format = clang-format
PACKAGES_docs = $(PACKAGES_all) python3
PACKAGES_lint = $(PACKAGES_all) check clang-format clang-tidy cppcheck shellcheck pyflakes3 python3 \
	universal-ctags systemd

.PHONY: setup
setup:
	@test/setup.sh $(sort $(foreach goal,$(or $(MAKECMDGOALS),all),$(or $(PACKAGES_$(goal)),$(PACKAGES_all))))

# The emulator: version and checksum are pinned in config/emulator/package-lock.json. npm's cache
# and logs stay in .local/ too; proxies and registry are the user's own npm configuration.
ifdef SHOPD_EMULATOR
EMULATOR := $(SHOPD_EMULATOR)
else
EMULATOR := .local/emulator/node_modules/@dynoxide/linux-x64/dynoxide
SHOPD_EMULATOR = $(CURDIR)/$(EMULATOR)

$(EMULATOR): config/emulator/package-lock.json config/emulator/package.json | setup
	@test/emulator.sh $@
endif
export SHOPD_EMULATOR
# It works on one request at a time; with more threads they only wait for one another, and the same
# requests cost 1.7 times as much.
export TOKIO_WORKER_THREADS := 1

# ---------------------------------------------------------------------------- how C is compiled

ifeq ($(origin CC),default)
CC := gcc
endif
LIBRARIES := libmicrohttpd gnutls jansson libcurl cjose openssl libdeflate
SOURCES := $(sort $(wildcard src/*.c src/*/*.c))
HEADERS := $(sort $(wildcard include/*/*.h src/*/*.h))
UNIT_SOURCES := $(sort $(wildcard test/unit/*.c))
TOOL_SOURCES := $(sort $(wildcard test/tools/*.c))
FUZZ_SOURCES := $(sort $(wildcard test/fuzz/fuzz_*.c))

# Asked only when something is compiled, which may be after pkg-config has been installed; once.
LIBRARY_CFLAGS = $(eval LIBRARY_CFLAGS := $(shell pkg-config --cflags $(LIBRARIES)))$(LIBRARY_CFLAGS)
LIBRARY_LIBS = $(eval LIBRARY_LIBS := $(shell pkg-config --libs $(LIBRARIES)))$(LIBRARY_LIBS)
CHECK_LIBS = $(eval CHECK_LIBS := $(shell pkg-config --libs check))$(CHECK_LIBS)

# _GNU_SOURCE is defined empty so that a file may define it for itself as well.
LANGUAGE := -std=c17 -D_GNU_SOURCE= -Iinclude -pthread
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Wstrict-prototypes \
	-Wmissing-prototypes -Wimplicit-fallthrough -Wswitch-enum -Werror
# Its -Wconversion goes further than gcc's, to assert(!"why") and enums that are kept as int.
WARNINGS_clang := -Wno-string-conversion -Wno-sign-conversion
HARDENING_x86_64 := -fcf-protection
HARDENING_aarch64 := -mbranch-protection=standard
HARDENING := -fPIE -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=2 \
	$(HARDENING_$(shell uname -m))
LTO ?= -flto=auto
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=all

CC_release = $(CC)
CFLAGS_release = -O2 -g $(LTO) $(HARDENING)
LDFLAGS_release = -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed

CC_debug = $(CC)
CFLAGS_debug = -O1 -g -fno-omit-frame-pointer

# Sanitizers' reports need lines (-g1), no more. The fuzzers are made of the same objects.
CC_asan = clang
CFLAGS_asan = -O1 -g1 -fno-omit-frame-pointer $(SANITIZERS) -fsanitize=fuzzer-no-link

# ThreadSanitizer misleads gcc's flow analysis, hence no warnings about uninitialised variables there.
CC_tsan = $(CC)
CFLAGS_tsan = -O1 -g -fno-omit-frame-pointer -fsanitize=thread -Wno-maybe-uninitialized

# ---------------------------------------------------------------------------- how programs are built

# A list is written only when it changes, so what was linked from it is linked again when a file
# comes or goes, and only then.
write_list = @mkdir -p $(@D); printf '%s\n' $(1) >$@.new; \
	if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
.PHONY: FORCE
FORCE:

# flavour <name>: objects below build/<name>/, and from them the daemon, and the programs of
# test/tools/ by which tests reach what no request does.
define flavour
OBJECTS_$(1) := $$(SOURCES:%.c=build/$(1)/%.o)
CODE_$(1) := $$(filter-out %/src/main.o,$$(OBJECTS_$(1)))
TOOLS_$(1) := $$(TOOL_SOURCES:test/tools/%.c=build/$(1)/tools/%)

build/$(1)/%.o: %.c Makefile | setup
	@mkdir -p $$(@D)
	$$(call quiet,CC,$$@)$$(CC_$(1)) $$(LANGUAGE) -Ibuild/$(1) $$(LIBRARY_CFLAGS) $$(WARNINGS) $$(WARNINGS_$$(CC_$(1))) \
		$$(CFLAGS_$(1)) $$(if $$(filter test/%,$$<),$$(CFLAGS_test)) $$(CFLAGS) -MMD -MP -c -o $$@ $$<

build/$(1)/src/api/contract.o: docs/openapi.json src/api/docs.html

build/$(1)/sources.list: FORCE
	$$(call write_list,$$(SOURCES))

build/$(1)/shopd: $$(OBJECTS_$(1)) build/$(1)/sources.list
	$$(call quiet,LINK,$$@)$$(CC_$(1)) $$(CFLAGS_$(1)) $$(CFLAGS) $$(LDFLAGS_$(1)) $$(LDFLAGS) \
		-o $$@ $$(OBJECTS_$(1)) $$(LIBRARY_LIBS) -pthread

$$(TOOLS_$(1)): build/$(1)/tools/%: build/$(1)/test/tools/%.o $$(CODE_$(1)) build/$(1)/sources.list
	@mkdir -p $$(@D)
	$$(call quiet,LINK,$$@)$$(CC_$(1)) $$(CFLAGS_$(1)) $$(CFLAGS) $$(LDFLAGS_$(1)) $$(LDFLAGS) \
		-o $$@ $$< $$(CODE_$(1)) $$(LIBRARY_LIBS) -pthread

-include $$(OBJECTS_$(1):.o=.d) $$(TOOL_SOURCES:%.c=build/$(1)/%.d)
endef
$(foreach name,release debug asan tsan,$(eval $(call flavour,$(name))))

# ---------------------------------------------------------------------------- the unit test program
# All of src/ but main.c, and all of test/unit/. In src/ the allocation functions go through
# test/unit/alloc_fail.c, in the tests only free() does; the libraries keep their own. That is why
# either part is linked by itself first.

WRAP_code := malloc calloc realloc strdup strndup free
WRAP_tests := free
UNIT_OWN := test/unit/main.c test/unit/alloc_fail.c

# A test file has one function that is not static, named after the file: it needs no header.
CFLAGS_test := -Wno-missing-prototypes

define unit
build/$(1)/suites.inc: FORCE
	$$(call write_list,$$(patsubst test/unit/test_%.c,'SUITE(%)',$$(wildcard test/unit/test_*.c)))

build/$(1)/test/unit/main.o: build/$(1)/suites.inc

build/$(1)/unit_sources.list: FORCE
	$$(call write_list,$$(UNIT_SOURCES))

build/$(1)/unit_code.o: $$(CODE_$(1)) build/$(1)/sources.list
build/$(1)/unit_tests.o: $$(patsubst %.c,build/$(1)/%.o,$$(filter-out $$(UNIT_OWN),$$(UNIT_SOURCES))) \
	build/$(1)/unit_sources.list
build/$(1)/unit_%.o:
	$$(call quiet,LD,$$@)$$(CC_$(1)) -r -nostdlib $$(WRAP_$$*:%=-Wl,--wrap=%) -o $$@ $$(filter %.o,$$^)

build/$(1)/unit: $$(UNIT_OWN:%.c=build/$(1)/%.o) build/$(1)/unit_tests.o build/$(1)/unit_code.o
	$$(call quiet,LINK,$$@)$$(CC_$(1)) $$(CFLAGS_$(1)) $$(CFLAGS) $$(LDFLAGS_$(1)) $$(LDFLAGS) \
		-o $$@ $$^ $$(LIBRARY_LIBS) $$(CHECK_LIBS) -pthread

-include $$(UNIT_SOURCES:%.c=build/$(1)/%.d)
endef
$(foreach name,debug asan tsan,$(eval $(call unit,$(name))))

# ---------------------------------------------------------------------------- run, test

.PHONY: run test asan tsan valgrind faults simulate roundtrip restock outage idle
run: build/release/shopd $(EMULATOR) ## serve on 127.0.0.1:8080 against a local emulator (PORT=, ADMIN_PORT=)
	@exec $(PYTHON) test/run.py build/release/shopd $(or $(PORT),8080) $(or $(ADMIN_PORT),8081)

# Four at once keep two CPUs busy; what measures times runs by itself afterwards.
PYTEST = $(PYTHON) -m pytest -q -p no:cacheprovider
PYTEST_MANY = $(PYTEST) -n 4 --dist loadfile test/system
SYSTEM_TESTS = $(if $(TESTS),$(PYTEST) $(TESTS),{ \
	$(PYTEST_MANY) -m 'not timed' && $(PYTEST) -m timed test/system; })
# For each commit: a sanitizer learns little from the hundredth fault, and makes times worthless.
SYSTEM_TESTS_asan = $(if $(TESTS),$(PYTEST) $(TESTS),$(PYTEST_MANY) -m 'not timed and not volume')

# tests <name> <program> <unit tests> <system tests>: all of them. Each part runs even when another
# has failed.
define tests
$(1): $(2) $$(EMULATOR)
	@failed=0; \
	$$(PYTHON) test/lint/layers.py || failed=1; \
	CK_TIMEOUT_MULTIPLIER=$$(or $$(SHOPD_SLOWNESS),5) $(3) $$(SUITES) || failed=1; \
	export SHOPD_BINARY="$$(CURDIR)/$(firstword $(2))"; $$($(4)) || failed=1; \
	exit $$$$failed
endef

test: ## every test (SUITES="buf text": only these unit tests, TESTS=: only these system tests)
$(eval $(call tests,test,build/release/shopd $(TOOLS_release) build/debug/unit,build/debug/unit,SYSTEM_TESTS))

asan: export ASAN_OPTIONS = detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
asan: export UBSAN_OPTIONS = print_stacktrace=1
asan: ## the tests with AddressSanitizer and UBSan
$(eval $(call tests,asan,build/asan/shopd $(TOOLS_asan) build/asan/unit,build/asan/unit,SYSTEM_TESTS_asan))

tsan: export TSAN_OPTIONS = second_deadlock_stack=1
tsan: ## every test with ThreadSanitizer
$(eval $(call tests,tsan,build/tsan/shopd $(TOOLS_tsan) build/tsan/unit,build/tsan/unit,SYSTEM_TESTS))

# What valgrind finds in a daemon ends it with status 99, which no test accepts, and stands in
# build/valgrind/.
VALGRIND = valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite,indirect \
	--show-leak-kinds=definite,indirect --error-exitcode=99 --suppressions=$(CURDIR)/test/valgrind.supp

TOOLS_valgrind := $(TOOLS_debug:build/debug/%=build/valgrind/%)
$(TOOLS_valgrind) build/valgrind/shopd: build/valgrind/%: build/debug/% Makefile
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec $(VALGRIND) --log-file=$(CURDIR)/build/valgrind/%%p.log $(CURDIR)/$< "$$@"\n' >$@
	@chmod +x $@

valgrind: export SHOPD_SLOWNESS = 30
valgrind: ## every test under valgrind
$(eval $(call tests,valgrind,build/valgrind/shopd $(TOOLS_valgrind) build/debug/unit,$(VALGRIND) build/debug/unit,SYSTEM_TESTS))

faults: build/release/shopd $(TOOLS_release) $(EMULATOR) ## each operation of DynamoDB under each fault, with SEEDS= seeds (1000)
	@FAULT_SEEDS=$(or $(SEEDS),1000) SHOPD_BINARY="$(CURDIR)/build/release/shopd" \
		$(PYTEST) test/system/test_dynamodb.py -k comes_and_goes

# With SEED alone that one is run again.
simulate: build/release/shopd $(EMULATOR) ## a shop under fire, for a thousand seeds or SEEDS=, the first is SEED=
	@SHOPD_BINARY="$(CURDIR)/build/release/shopd" $(PYTHON) test/system/simulate.py \
		--seed $(or $(SEED),1) --seeds $(or $(SEEDS),$(if $(SEED),1,1000)) --at-once $(or $(AT_ONCE),2)

roundtrip: build/release/shopd $(EMULATOR) ## products in and out twice compare equal (PRODUCTS=100000)
	@SHOPD_BINARY="$(CURDIR)/build/release/shopd" $(PYTHON) test/system/roundtrip.py \
		--products $(or $(PRODUCTS),100000)

# The rest of its file runs with some hundred subscribers in `make test`.
restock: build/release/shopd $(EMULATOR) ## tell SUBSCRIBERS= (100,000) that a product is back, with a kill in the middle
	@SHOPD_TEST_SUBSCRIBERS=$(or $(SUBSCRIBERS),100000) SHOPD_BINARY="$(CURDIR)/build/release/shopd" \
		$(PYTEST) test/system/test_restock.py -k kill

outage: build/release/shopd $(EMULATOR) ## what an outage of SNS does, of SECONDS= (30)
	@SHOPD_TEST_OUTAGE=$(or $(SECONDS),30) SHOPD_BINARY="$(CURDIR)/build/release/shopd" \
		$(PYTEST) test/system/test_notifications.py -k outage

# The same with 2,000 of them is in `make test`.
idle: build/release/shopd $(EMULATOR) ## hold CONNECTIONS= (10,000) idle connections, and serve others
	@SHOPD_TEST_CONNECTIONS=$(or $(CONNECTIONS),10000) SHOPD_BINARY="$(CURDIR)/build/release/shopd" \
		$(PYTEST) test/system/test_idle.py

# ---------------------------------------------------------------------------- bench, fuzz

.PHONY: bench fuzz
build/release/floor: test/bench/floor.c Makefile | setup
	@mkdir -p $(@D)
	$(call quiet,CC,$@)$(CC) $(LANGUAGE) $(WARNINGS) $(CFLAGS_release) $(CFLAGS) $(LDFLAGS_release) \
		-o $@ $< -lssl -lcrypto

bench: build/release/shopd build/release/floor $(EMULATOR) ## measure the cost of a request
	@SHOPD_BINARY="$(CURDIR)/build/release/shopd" \
		FLOOR="$(CURDIR)/build/release/floor" $(PYTHON) test/bench/bench.py $(BENCH)

FUZZ_SECONDS ?= 10
FUZZERS := $(FUZZ_SOURCES:test/fuzz/%.c=%)
FUZZ_REQUEST := test/fuzz/request_backend.c test/fuzz/request_judge.c

$(FUZZERS:%=build/fuzz/%): build/fuzz/%: build/asan/test/fuzz/%.o $(CODE_asan)
	@mkdir -p $(@D)
	$(call quiet,LINK,$@)$(CC_asan) $(CFLAGS_asan) $(CFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBRARY_LIBS) -pthread
build/fuzz/fuzz_request: $(FUZZ_REQUEST:%.c=build/asan/%.o)
-include $(FUZZERS:%=build/asan/test/fuzz/%.d) $(FUZZ_REQUEST:%.c=build/asan/%.d)

fuzz: $(FUZZERS:%=run_%) ## fuzz each parser (FUZZ_SECONDS=10 each)

# What a run finds goes to build/fuzz/; a finding worth keeping is copied to test/fuzz/corpus/ by hand.
.PHONY: $(FUZZERS:%=run_%)
$(FUZZERS:%=run_%): run_fuzz_%: build/fuzz/fuzz_%
	@found=build/fuzz/corpus/$*; kept=test/fuzz/corpus/$*; log=build/fuzz/$*.log; \
	mkdir -p $$found; [ -d $$kept ] || kept=; \
	words=test/fuzz/$*.dict; [ -f $$words ] && words=-dict=$$words || words=; \
	$< $$words -max_total_time=$(FUZZ_SECONDS) -timeout=5 -rss_limit_mb=1024 -print_final_stats=1 \
		-artifact_prefix=build/fuzz/$*- $$found $$kept >$$log 2>&1 || { cat $$log; exit 1; }; \
	sed -n "s/^stat::number_of_executed_units: */$*: inputs tried: /p" $$log

# ---------------------------------------------------------------------------- lint, format, docs
# clang-tidy looks again only at what has changed: each file has a stamp, and notes its headers.

.PHONY: lint lint-fast lint-cppcheck lint-tidy lint-units format docs
C_FILES := $(SOURCES) $(HEADERS) $(sort $(wildcard test/*/*.[ch]))
PYTHON_FILES := $(sort $(wildcard test/*.py test/*/*.py))
SHELL_FILES := .ci/run $(sort $(wildcard test/*.sh test/*/*.sh))
LINT_PARTS := lint-tidy lint-fast lint-cppcheck lint-units
TIDY_STAMPS := $(patsubst %,build/lint/%.tidy,$(filter %.c,$(C_FILES)))

lint: | setup ## every check of style, sizes, layers, and suspicious code
	@$(MAKE) --keep-going $(LINT_PARTS)

lint-fast:
	@failed=0; \
	$(PYTHON) test/lint/layers.py || failed=1; \
	$(PYTHON) test/lint/sizes.py || failed=1; \
	clang-format --dry-run -Werror $(C_FILES) || failed=1; \
	shellcheck $(SHELL_FILES) || failed=1; \
	pyflakes3 $(PYTHON_FILES) || failed=1; \
	exit $$failed

# cppcheck does not read the system's headers: jansson's loops, which look like no C, are told to it.
# Check's macros are beyond it, so the unit tests are left to clang-tidy.
lint-cppcheck:
	@mkdir -p build/lint/cppcheck
	@cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability \
		--inline-suppr --cppcheck-build-dir=build/lint/cppcheck -j $(shell nproc) -D_GNU_SOURCE= -Iinclude \
		-D'json_array_foreach(array,i,value)=for(;;)' -D'json_object_foreach(object,key,value)=for(;;)' \
		src $(wildcard test/bench test/tools test/fuzz)

# systemd's own judgement, of the unit with a program that exists here; its exposure is at most 1.2.
lint-units:
	@mkdir -p build/lint && cp systemd/shopd.socket build/lint/
	@sed 's|^ExecStart=.*|ExecStart=/bin/true|' systemd/shopd.service >build/lint/shopd.service
	@SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no build/lint/shopd.service build/lint/shopd.socket
	@mkdir -p build/lint/allow/shopd.service.d && cp systemd/ip-allow-list.conf build/lint/allow/shopd.service.d/ && \
		cp build/lint/shopd.service build/lint/allow/ && \
		SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no build/lint/allow/shopd.service
	@systemd-analyze security --offline=yes --threshold=12 --no-pager build/lint/shopd.service \
		>build/lint/security || { cat build/lint/security; exit 1; }

lint-tidy: $(TIDY_STAMPS)
	@$(PYTHON) test/lint/tidy.py build/lint/changed $(LANGUAGE) -Ibuild/debug $(LIBRARY_CFLAGS)

build/lint/%.tidy: % .clang-tidy test/.clang-tidy test/lint/tidy.py | build/debug/suites.inc
	@mkdir -p $(@D); echo $< >>build/lint/changed
-include $(TIDY_STAMPS:=.d)

format: | setup ## let clang-format rewrite the C files
	@clang-format -i $(C_FILES)

docs: build/release/shopd ## write what the code says of itself into README and docs
	@$(PYTHON) test/docs.py $<

# ---------------------------------------------------------------------------- install, clean, help

.PHONY: install clean help
PREFIX ?= /usr/local
UNITDIR ?= $(PREFIX)/lib/systemd/system

# Starts and enables nothing, and leaves /etc/shopd/shopd.env alone.
install: build/release/shopd ## into DESTDIR, below PREFIX
	install -D -m 755 -s build/release/shopd $(DESTDIR)$(PREFIX)/bin/shopd
	install -D -m 644 systemd/shopd.socket $(DESTDIR)$(UNITDIR)/shopd.socket
	install -D -m 644 systemd/shopd.service $(DESTDIR)$(UNITDIR)/shopd.service
	sed -i 's|/usr/local/bin/shopd|$(PREFIX)/bin/shopd|' $(DESTDIR)$(UNITDIR)/shopd.service
	install -D -m 644 systemd/ip-allow-list.conf $(DESTDIR)/etc/shopd/ip-allow-list.conf.example
	install -D -m 644 config/shopd.env $(DESTDIR)/etc/shopd/shopd.env.example

clean: ## remove build/ (the emulator and its data in .local/ stay)
	rm -rf build

help: ## this list
	@sed -nE 's/^([a-z]+):.* ## (.*)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 12
