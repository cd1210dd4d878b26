# The two commands a user needs: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/bash -o pipefail
.DEFAULT_GOAL := help

# What a test run builds with: see [profile.ci] in Cargo.toml.
CI := --profile ci

# The binary, as the tests of Rust build it: `cargo build` would build much of it a second time, for other features.
BUILT := cargo test $(CI) --locked --workspace --no-run

.PHONY: help run build assets test test-rust test-blueprints test-browser test-docs docs test-apps test-apps-all test-container image up down logs shell bench fuzz soak lint fmt clean

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

run: build ## Build what is needed and serve the dashboard; state in ./data
	./target/release/aikore serve

build: assets ## The dashboard's bundle and the release binary
	cargo build --release --locked

assets: node_modules/.installed ## The dashboard's bundle alone (assets/dist)
	npm run --silent build

node_modules/.installed: package.json package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

test: ## Set up, build quickly, and run every test but the long ones
	./scripts/setup-tests.sh
	$(MAKE) --no-print-directory lint-assets test-rust test-blueprints test-browser test-docs

test-rust: assets ## Unit and integration tests
	./scripts/test-rust.sh $(CI) --locked --workspace

test-blueprints: assets ## The blueprints: checked; the shell library and the Hello app, without a server
	$(BUILT)
	./target/ci/aikore blueprint check --strict blueprints/*.sh $(wildcard blueprints/legacy/*.sh)
	./tests/blueprints/run.sh

test-browser: assets ## The dashboard and real apps in Chromium, over the real binary
	$(BUILT)
	npm run --silent test:browser
	npm run --silent test:page-helper

test-docs: assets ## The documents: links, the commands of README, and the scenes of the guide's pictures
	$(BUILT)
	npm run --silent test:docs

docs: assets ## The guide's pictures anew (docs/images); look at each before you commit it
	$(BUILT)
	npm run --silent docs

test-apps: assets ## Real web UIs from PyPI and npm in a browser, and every stock blueprint against a small repository (long)
	./scripts/setup-tests.sh
	$(BUILT)
	./tests/blueprints/stock/run.sh
	npm run --silent test:browser-long
	npm run --silent test:apps

test-apps-all: test-apps ## Every real web UI there is a blueprint for (hours; outside CI)
	npm run --silent test:apps-all

test-container: node_modules/.installed ## The image: built with podman, started through compose.yaml, looked at from outside (as root)
	./tests/container/run.sh

# On a machine without an NVIDIA GPU the part of compose.yaml that asks for one is taken out.
COMPOSE ?= docker compose
COMPOSE_FILES := -f compose.yaml$(if $(wildcard /dev/nvidiactl), , -f container/compose.cpu.yaml)

image: ## The container's image, from this folder
	$(COMPOSE) $(COMPOSE_FILES) build

up: ## Build the image if it is missing, and start the container
	$(COMPOSE) $(COMPOSE_FILES) up --detach

down: ## Stop the container with all its instances, and remove it; /config stays
	$(COMPOSE) $(COMPOSE_FILES) down

logs: ## What the container says, as it says it
	$(COMPOSE) $(COMPOSE_FILES) logs --follow --tail 200

shell: ## A shell in the container, as the user that apps run as
	$(COMPOSE) $(COMPOSE_FILES) exec --user abc aikore bash

bench: build ## Side by side with NGINX and HAProxy; BENCH="--quick" takes three minutes
	./bench/setup.sh
	cargo run --release --locked -p aikore-bench -- $(BENCH)

fuzz: assets ## A minute of each fuzz target (needs nightly Rust and cargo-fuzz; outside CI)
	@for target in $$(cargo +nightly fuzz list); do cargo +nightly fuzz run -s none -O $$target -- -max_total_time=60 -max_len=600 || exit 1; done

soak: assets ## An hour of log lines and of an open dashboard, ten minutes of chaos, a thousand starts, a minute without store (outside CI)
	SOAK_SECONDS=$${SOAK_SECONDS:-3600} AIKORE_CHAOS_SECONDS=$${AIKORE_CHAOS_SECONDS:-600} \
	SOAK_CYCLES=$${SOAK_CYCLES:-1000} SOAK_LOCK_SECONDS=$${SOAK_LOCK_SECONDS:-60} \
		cargo test $(CI) --locked --test integration -- --nocapture lasting_flood everything_agrees limits::
	LEAK_SECONDS=$${SOAK_SECONDS:-3600} node --test tests/browser/long/leak.test.js

lint: assets lint-assets ## Formatting, clippy, docs, dependency rules, shell and JavaScript
	cargo fmt --all --check
	cargo clippy $(CI) --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc $(CI) --locked --workspace --no-deps --document-private-items
	shellcheck -x blueprints/*.sh blueprints/legacy/*.sh blueprints/lib/*.sh blueprints/lib/apps/*.sh blueprints/lib/functions/*.sh tests/blueprints/*.sh tests/blueprints/stock/*.sh tests/apps/fixtures/*.sh scripts/*.sh bench/*.sh tests/container/*.sh container/build-wheels .ci/run
	if command -v cargo-deny >/dev/null; then cargo deny check bans licenses sources; else echo "cargo-deny is not installed (cargo install cargo-deny): dependency rules were not checked"; fi

.PHONY: lint-assets
lint-assets: node_modules/.installed
	npm run --silent lint

fmt: ## Format the Rust code
	cargo fmt --all

clean: ## Remove what was built
	rm -rf target node_modules assets/dist test-results
