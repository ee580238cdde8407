# `make help` lists the targets.
.DEFAULT_GOAL := help
.PHONY: help site workloads test lint unit sanity molecule bench bench-probes corpus test-kill test-vm docs build venvs clean

# Without compiled code, each of Ansible's processes, and it has hundreds, would compile what it imports.
unexport PYTHONDONTWRITEBYTECODE

# How many steps or scenarios run side by side.
JOBS ?= $(shell nproc)
TEST = .venvs/dev/bin/python tests/tools/test.py --jobs $(JOBS)

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  make %-13s %s\n", $$1, $$2 }'

site: ## Docker and GPUs on this machine: playbooks/site.yml; ARGS="--check --diff" and the like are handed to ansible-playbook
	@sh tools/playbook.sh site $(ARGS)

workloads: ## After it, the images and containers that inventory/host_vars/localhost.yml describes: playbooks/workloads.yml
	@sh tools/playbook.sh workloads $(ARGS)

test: venvs ## Everything below that can fail; the last line counts the parts
	@exec $(TEST)

lint: venvs ## Format, style, types, YAML, shell, script and style of the report, ansible-lint, argument specs against defaults and README
	@exec $(TEST) lint

unit: venvs ## Unit tests with every supported ansible-core, or CORE=2.18
	@exec $(TEST) unit

sanity: venvs ## ansible-test sanity with every supported ansible-core, or CORE=2.18
	@exec $(TEST) sanity

molecule: venvs ## The scenarios of make test, SCENARIO=name, or SCENARIO=all; brings an engine and takes it away again where none is
	@exec $(TEST) molecule --scenario "$(SCENARIO)"

bench: venvs ## What a run costs, against a ping, a shell script and ordinary tasks: tests/bench/README.md names the variables
	@exec .venvs/dev/bin/python tests/bench

corpus: venvs ## How the collection reads files of your own, beside BuildKit, apt and others: CORPUS=folder; tests/corpus/README.md
	@PYTHONPATH=tests .venvs/dev/bin/python tests/corpus $(CORPUS)

bench-memory: venvs ## What the control node needs for 10, 30 and 100 hosts
	@exec .venvs/dev/bin/python tests/bench/memory.py

bench-probes: venvs ## What gpu_info and host_info take with eight GPUs, probe by probe
	@exec .venvs/dev/bin/python tests/bench/probes.py

test-kill: venvs ## Kills the control process at twenty random moments, and runs again; SEEDS="3 7" repeats two. An hour
	@exec .venvs/dev/bin/python tests/kill

test-vm: venvs ## A virtual machine with a GPU of the lab goes through a real reboot; MACHINE=gtx1080 is another. Over ten minutes
	@exec .venvs/dev/bin/python tests/vm

docs: venvs ## The documentation, in build/docs
	@exec $(TEST) docs

build: venvs ## The archive for ansible-galaxy, in build/dist, read by Galaxy's importer, installed into an empty folder and used from there
	@exec $(TEST) build

venvs: ## The environments for the tests, in .venvs
	@sh tests/tools/venvs.sh

clean: ## Removes what builds and tests made, environments too
	rm -rf build .venv .venvs
