# SPDX-License-Identifier: Apache-2.0
# The front door: every target sets up what it needs first. CONTRIBUTING.md says what each is for.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup release demo test install dist check kill-test sim sim-coverage model mutants format clean
MAKEFLAGS += --no-print-directory

JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
SEEDS ?= 10000

help:
	@echo 'make demo                a pipeline on real data, on this machine'
	@echo 'make test                builds and runs the tests'
	@echo 'make install PREFIX=DIR  builds for release and leaves DIR/bin/cls and DIR/bin/cls-scenario'
	@echo 'make dist                a tarball of it, build/dist/cls-VERSION-linux-MACHINE.tar.gz'
	@echo 'make check               everything else that must hold: format, layers, clang-tidy, TSan, the demo'
	@echo 'make kill-test           two processes killed 110 times and more while files arrive; its short form is in check'
	@echo 'make model               the models of the protocol, a few minutes'
	@echo 'make mutants             bugs put into the sources; each must be found by the test that it names'
	@echo 'make sim SEEDS=N         N worlds of the simulator'
	@echo 'make sim-coverage        which branches of flow/ they take; SEEDS=N'
	@echo 'make setup|format|clean'

setup:
	@tools/setup
	@mkdir -p build

release: setup
	@cmake --preset release >build/release.log 2>&1 || { cat build/release.log >&2; exit 1; }
	@cmake --build build/release -j $(JOBS) --target cls cls-scenario

install: release
	@cmake --install build/release --prefix '$(PREFIX)' >/dev/null
	@echo 'installed $(PREFIX)/bin/cls and $(PREFIX)/bin/cls-scenario'

# All that is installed, in a tarball that needs no installing; the same bytes from the same commit.
dist: release
	@python3 tools/dist.py build/release build/dist

# The demo runs what `make install` installs, as a user would.
demo: release
	@cmake --install build/release --prefix build/demo/prefix >/dev/null
	@PATH="$(CURDIR)/build/demo/prefix/bin:$$PATH" examples/flights/demo

# The tree is made anew by the preset each time; that costs nothing where nothing changed.
test: setup
	@cmake --preset asan
	@cmake --build build/asan -j $(JOBS)
	@ctest --test-dir build/asan --output-on-failure --no-tests=error -j $(JOBS)

check: setup
	@tools/check

# On the release binary, as it is used.
kill-test: release
	@CLS_REQUIRE_STRACE=1 python3 tests/kill_test.py build/release/src/cli/cls

# The models of docs/protocol; the small ones are a step of check.
model: setup
	@tools/model.py

# Each patch of tests/mutants, built and run in a copy of the tree; an hour on a cold compiler cache.
mutants: setup
	@tests/mutants/run.py

sim: setup
	@cmake --preset release >build/release.log 2>&1 || { cat build/release.log >&2; exit 1; }
	@cmake --build build/release -j $(JOBS) --target cls-sim
	@build/release/src/sim/cls-sim --seeds $(SEEDS)

sim-coverage: SEEDS = 2000
sim-coverage: setup
	@tools/sim_coverage.py --seeds $(SEEDS)

format:
	@tools/setup --no-data
	@find src tests bench -name '*.h' -print0 -o -name '*.cc' -print0 | xargs -0 -r clang-format-19 -i

clean:
	@rm -rf build
