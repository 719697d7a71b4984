# Every command that this project keeps. `make help` lists them.

MODULES := schemas requirer-lib requirer-lib/probe requirer-lib/supervisor provider-charm integrator-charm tests
# What talks to a real controller is a module of its own, for Juju's API has 400 packages.
ALL     := $(MODULES) tests/juju
# What the local Kubernetes is compiled from. Linting it would compile it once more: its versions are checked, and its format.
NODE    := tests/juju/node tests/juju/node/kubernetes
# The word that all module paths begin with, until they have a host: `make rename MODULE=example.org/kafka-connect-charms`.
PREFIX  := connectcharms
CACHE   := $(or $(KAFKA_CONNECT_CHARMS_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/kafka-connect-charms)
BIN     := $(CACHE)/bin

# Charms and library are built with their own short lists of dependencies; the workspace (go.work) is for editing.
export GOWORK := off
# The race detector is cgo; nothing that is shipped is. No cached result: what the tests build and start, Go's cache does not see.
GO_TEST := go test -race -count=1 -timeout 40m
# What takes longest begins first: begun last, it would run on alone.
LONGEST := ./e2e ./interop

.PHONY: help bench demo test fuzz faults interop integration integration-k8s conformance conformance-k8s controller controller-down controller-k8s controller-k8s-down lint vulnerabilities charms image fmt tidy rename

help: ## list the commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

demo: ## run the pair on this machine, without Juju and without root; DEMO=once ends by itself
	@go -C tests build -o $(BIN)/demo ./cmd/demo && exec $(BIN)/demo

test: ## every test that needs no root, on real parts
	@set -e; for module in $(MODULES); do echo "── $$module"; (cd $$module && $(GO_TEST) $$([ $$module != tests ] || echo $(LONGEST)) ./...); done

fuzz: ## run every fuzz target of every module: FOR=10s each (ONLY=gateway: those); what fails becomes a seed in its testdata
	@go -C tests run ./cmd/fuzz -for $(or $(FOR),10s) -only '$(ONLY)'

interop: ## the charms and charms in Python, alone, with the matrix that comes of it; UPDATE=1 writes it into docs/interop.md
	@cd tests && go test -v -count=1 -timeout 20m ./interop $(if $(UPDATE),-run CompiledCharms -update)

faults: ## strike the pair at random moments: SEED= repeats strikes, FOR=1h goes on for so long (10m)
	@cd tests && go test -v -count=1 -timeout 0 ./faults -run TestCampaign -seed $(or $(SEED),$$(date +%s)) -for $(or $(FOR),10m)

# One package at a time: of one alone, go test shows each test as it passes.
integration: ## the suite on a real Juju controller of machines: yours (LXD …), or a local one that it starts (root)
	@cd tests/juju && export KAFKA_CONNECT_INTEGRATION=machines && \
	  go run ./cmd/ensure-controller machines && go test -count=1 ./model && go test -v -count=1 -timeout 40m ./suite

integration-k8s: ## the suite on a real Juju controller on Kubernetes: yours (MicroK8s …), or a local one that it starts (root)
	@cd tests/juju && export KAFKA_CONNECT_INTEGRATION=kubernetes && \
	  go run ./cmd/ensure-controller kubernetes && go test -count=1 ./model && go test -v -count=1 -timeout 40m ./suite

conformance: ## the recordings that jujutest is held to, on the local controller (root); UPDATE=1 records them anew
	@tests/juju/controller up
	@cd tests/juju && KAFKA_CONNECT_INTEGRATION=machines go test -v -count=1 -timeout 30m ./conformance $(if $(UPDATE),-update)

conformance-k8s: ## the same for Kubernetes, on the local controller there
	@tests/juju/kubernetes up
	@cd tests/juju && KAFKA_CONNECT_INTEGRATION=kubernetes go test -v -count=1 -timeout 60m ./conformance $(if $(UPDATE),-update)

controller: ## start a local Juju controller (root, Debian or Ubuntu); the second time takes under 30 s
	@tests/juju/controller up

controller-down: ## remove the controller, its machines and its network; the cache stays
	@tests/juju/controller down

controller-k8s: ## start a local Juju controller on a Kubernetes of its own (root, Debian or Ubuntu); the second time takes under 60 s
	@tests/juju/kubernetes up

controller-k8s-down: ## remove that controller and its Kubernetes; the cache stays
	@tests/juju/kubernetes down

bench: ## measure all beside peers and as it grows, and write docs/benchmarks.md; ONLY=name,name: some sections (root fetches nginx-light by apt)
	@command -v nginx >/dev/null || [ "$$(id -u)" != 0 ] || apt-get install -y --no-install-recommends nginx-light apache2-utils >/dev/null || true
	@go -C tests run ./cmd/bench -only "$(ONLY)"

charms: ## pack the charms for amd64 and arm64 into build/, each with a bill of materials (CycloneDX)
	@go -C tests run ./cmd/build-charms -o ../build

image: ## build the workload image of kafka-connect-k8s (root, Debian or Ubuntu), and say where it is and its size
	@go -C tests run ./cmd/build-image

lint: $(BIN)/gofumpt $(BIN)/staticcheck ## format, vet, static checks
	@set -e; unformatted=$$($(BIN)/gofumpt -modpath $(PREFIX) -l .); \
	  [ -z "$$unformatted" ] || { echo "not formatted (make fmt):"; echo "$$unformatted"; exit 1; }
	@set -e; for module in $(ALL); do echo "── $$module"; (cd $$module && go mod tidy -diff && go vet ./... && $(BIN)/staticcheck ./...); done
	@set -e; for module in $(NODE); do echo "── $$module"; (cd $$module && go mod tidy -diff); done
	@command -v shellcheck >/dev/null || { echo "shellcheck is missing: apt-get install shellcheck"; exit 1; }
	@shellcheck dispatch .ci/run integrator-charm/dispatch provider-charm/image/*.sh && (cd tests/image && shellcheck -x debian.sh) && cd tests/juju && shellcheck -x controller kubernetes pins.sh $$(find steps -name "*.sh")

# The database is fetched, unless DB names a copy, as file:///srv/vulndb. Of the tests' modules nothing is shipped.
vulnerabilities: ## look for known vulnerabilities in what the programs call, by Go's database (DB: another one)
	@mkdir -p $(BIN) && go -C tests build -o $(BIN)/ golang.org/x/vuln/cmd/govulncheck
	@set -e; for module in $(filter-out tests,$(MODULES)); do echo "── $$module"; (cd $$module && $(BIN)/govulncheck $(if $(DB),-db $(DB)) ./...); done

fmt: $(BIN)/gofumpt ## format the code
	@$(BIN)/gofumpt -modpath $(PREFIX) -w .

tidy: ## bring go.mod and go.sum up to date
	@set -e; for module in $(ALL) $(NODE); do (cd $$module && go mod tidy); done

rename: ## give the modules another path: make rename MODULE=example.org/kafka-connect-charms
	@[ -n "$(MODULE)" ] || { echo "usage: make rename MODULE=example.org/kafka-connect-charms"; exit 2; }
	@grep -rlE '$(PREFIX)/|PREFIX  := $(PREFIX)$$|-modpath $(PREFIX)' --include='*.go' --include='go.mod' --include=Makefile --include='*.md' . \
	  | xargs sed -i -E 's#\b$(PREFIX)/#$(MODULE)/#g; s#^(PREFIX  := )$(PREFIX)$$#\1$(MODULE)#'

# Linters are pinned in tests/go.mod as Go tools.
$(BIN)/gofumpt $(BIN)/staticcheck: tests/go.mod
	@mkdir -p $(BIN)
	@go -C tests build -o $(BIN)/ mvdan.cc/gofumpt honnef.co/go/tools/cmd/staticcheck
	@touch $@
