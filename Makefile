# SPDX-License-Identifier: Apache-2.0
# The front door: every target sets up what it needs first. CONTRIBUTING.md says what each is for.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo test install check format tidy clean
MAKEFLAGS += --no-print-directory

JOBS ?= $(shell nproc)
PREFIX ?= /usr/local

help:
	@echo 'make demo                a pipeline on real data, on this machine'
	@echo 'make test                builds and runs the tests'
	@echo 'make install PREFIX=DIR  builds for release and leaves DIR/bin/cls'
	@echo 'make check               everything else that must hold: format, layers, clang-tidy, TSan, demo'
	@echo 'make setup|format|tidy|clean'

setup:
	@tools/setup

demo: setup
	@$(MAKE) install PREFIX=build/stage
	@PATH="$$PWD/build/stage/bin:$$PATH" examples/flights/demo

# The tree is made anew by the preset each time; that costs nothing where nothing changed.
test: setup
	@cmake --preset asan
	@cmake --build build/asan -j $(JOBS)
	@ctest --test-dir build/asan --output-on-failure --no-tests=error -j $(JOBS)

install:
	@tools/setup --no-data
	@cmake --preset release
	@cmake --build build/release -j $(JOBS) --target cls
	@cmake --install build/release --prefix "$$(realpath -m -- '$(PREFIX)')"

check: setup
	@tools/check

format:
	@tools/setup --no-data
	@find src tests bench -name '*.h' -print0 -o -name '*.cc' -print0 | xargs -0 -r clang-format-19 -i

tidy:
	@tools/setup --no-data
	@tools/tidy

clean:
	@rm -rf build
