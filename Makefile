# Two sacred commands: `make demo` and `make test`. They work on a fresh Debian machine with Rust.

# A clean tree is built once: what a second build would be quicker by takes twice the disk.
test lint: export CARGO_INCREMENTAL = 0

.PHONY: demo test check bench bench-large fmt lint direction tools docs fuzz-check deny crates pictures

# Build, start everything on this machine with throw-away data, walk the main job once, stay up.
demo:
	cargo run --profile demo -p liitos -- demo $(DEMO)

# Everything: tools the tests need, formatting, lints, dependency direction, all tests on both databases and in a browser.
test: tools fmt-check lint direction crates
	cargo test --workspace --locked --no-fail-fast

# What a change should pass before it is shown: quick.
check: fmt-check lint direction
	cargo check --workspace --all-targets --locked

fmt:
	cargo fmt --all

.PHONY: fmt-check
fmt-check:
	cargo fmt --all --check

lint:
	cargo clippy --workspace --all-targets --locked -- -D warnings

# Who may use whom (ARCHITECTURE.md); the gateway above all knows no database and no use cases.
direction:
	deploy/check-direction.sh

# Fewer than 500 crates compiled, and neither ring nor OpenSSL among them.
crates:
	deploy/check-crates.sh

# Needs cargo-deny (`cargo install cargo-deny --locked`). Advisories too where the network allows: `cargo deny check`.
deny:
	cargo deny check bans licenses sources
	cd fuzz && cargo deny --config ../deny.toml check bans licenses sources

# The documents that are generated; a test fails when they are stale.
docs:
	cargo run -q -p liitos -- docs

# Measures on this machine; results with their commands are in docs/benchmarks.md.
bench:
	cargo build --release -p liitos -p liitos-gateway
	deploy/bench.sh

# The same at ten times the size: hours, and some 40 GB of disk.
bench-large:
	cargo build --release -p liitos
	deploy/bench-store.sh 10000000
	deploy/bench-controller-run.sh 10000000

# Every fuzz target builds and runs a short while on a stable compiler, without sanitizers.
fuzz-check:
	deploy/fuzz-check.sh

# Pictures of the main pages for README and docs/pictures.
pictures: tools
	LIITOS_MAIN_PICTURES=$(CURDIR)/docs/pictures cargo test -p liitos --test browser -- --skip main_pages

tools:
	deploy/install-test-tools.sh
