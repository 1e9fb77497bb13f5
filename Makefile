# make help lists the targets. Each one sets up what it needs; a second run is fast.
PYTHON ?= python3
# Where pip finds only CUDA builds of PyTorch and there is no GPU, name the CPU build here
TORCH_INSTALL ?= torch==2.13.0
PYTEST_ARGS ?=

# The environments are closed: neither a sourced ROS 2 nor another virtual environment leaks into them
unexport PYTHONPATH ROS_DISTRO RMW_IMPLEMENTATION
ifneq ($(AMENT_PREFIX_PATH)$(_ROS_WHEELS_BOOTSTRAP_COMPLETE),)
unexport AMENT_PREFIX_PATH _ROS_WHEELS_BOOTSTRAP_COMPLETE LD_LIBRARY_PATH
endif

.DEFAULT_GOAL := help
.PHONY: help demo test test-oldest lint typecheck tiny clean
.DELETE_ON_ERROR:

PACKAGING := setup.py setup.cfg pyproject.toml package.xml .ci/system_packages.sh
MESSAGE_TYPES := $(shell find fpgnas_ros/message_types -type f -not -name '*.pyc' 2>/dev/null)

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: .venv-demo/.installed ## play the demo bag to the pose node over ROS 2 and score the poses (.venv-demo, no PyTorch)
	@.venv-demo/bin/python -m fpgnas_ros.demo

test: lint typecheck ## ruff, mypy and every test (.venv)
	.venv/bin/python -m pytest $(PYTEST_ARGS)

test-oldest: .venv-oldest/.installed ## the robot side's tests on the oldest libraries it supports (.venv-oldest, Python 3.11)
	.venv-oldest/bin/python -m pytest -p no:cacheprovider tests/fpgnas_core tests/fpgnas_ros tests/models/test_onnx.py $(PYTEST_ARGS)

lint: .venv/.installed ## ruff: rules and format
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

typecheck: .venv/.installed ## mypy --strict on fpgnas_core
	.venv/bin/mypy

tiny: .venv/.installed ## search, retrain, export and evaluate on a tiny configuration (10 minutes on 2 cores)
	for split in train val test; do .venv/bin/python training/render.py --config config/tiny/render_$$split.yaml || exit; done
	.venv/bin/python training/search.py --config config/tiny/search.yaml
	.venv/bin/python training/retrain.py --config config/tiny/retrain.yaml
	.venv/bin/python training/export.py --config config/tiny/export.yaml
	.venv/bin/python training/evaluate.py --bundle out/tiny/bundle --dataset out/tiny/data --split test --out out/tiny/evaluation

clean: ## remove environments, builds, caches and outputs
	rm -rf .venv .venv-demo .venv-oldest build install log dist *.egg-info out .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv-demo/.installed: $(PACKAGING) $(MESSAGE_TYPES)
	@.ci/system_packages.sh $(PYTHON) demo
	@echo "installing the robot side into .venv-demo"
	@test -x .venv-demo/bin/python || $(PYTHON) -m venv .venv-demo
	@.venv-demo/bin/python -m pip install -qq --disable-pip-version-check '.[ros]'
	@.venv-demo/bin/python -m fpgnas_ros.message_types
	@touch $@

.venv-oldest/.installed: $(PACKAGING) $(MESSAGE_TYPES) .ci/oldest.txt
	@.ci/system_packages.sh $(PYTHON) demo
	@echo "installing the robot side on its oldest libraries into .venv-oldest"
	@test -x .venv-oldest/bin/python || $(PYTHON) -m venv .venv-oldest
	@.venv-oldest/bin/python -m pip install -qq --disable-pip-version-check --only-binary :all: --no-binary empy \
	    -c .ci/oldest.txt -e '.[ros]' pytest onnx trimesh
	@.venv-oldest/bin/python -m fpgnas_ros.message_types
	@touch $@

.venv/.installed: $(PACKAGING) $(MESSAGE_TYPES) .ci/install_torch.py
	@.ci/system_packages.sh $(PYTHON) test
	@echo "installing everything into .venv"
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@.venv/bin/python .ci/install_torch.py $(TORCH_INSTALL)
	@.venv/bin/python -m pip install -qq --disable-pip-version-check -e '.[ros,train,test]'
	@.venv/bin/python -m fpgnas_ros.message_types
	@touch $@
