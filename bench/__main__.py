"""Runs every `bench/bench_*.py`, or those named on the command line."""

import importlib
import pkgutil
import sys

import bench

wanted = sys.argv[1:]
for module in sorted(found.name for found in pkgutil.iter_modules(bench.__path__) if found.name.startswith("bench_")):
    if not wanted or module.removeprefix("bench_") in wanted:
        print(f"\n== {module.removeprefix('bench_')}", flush=True)
        importlib.import_module(f"bench.{module}").main()
