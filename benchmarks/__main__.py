"""`python -m benchmarks NAME [--full]`: one benchmark in this process, its outcome as JSON on standard output."""

from __future__ import annotations

import sys
from time import perf_counter

from benchmarks.machine import pin_to_one_core


def main(arguments: list[str]) -> None:
    """Run the benchmark that is named first."""
    pin_to_one_core()
    import msgspec

    from benchmarks.benchmark import LeftOutError, Options, Outcome
    from benchmarks.catalogue import find_benchmark
    from benchmarks.instances import instances_folder
    from fleet.app.peak_memory import peak_rss_mb

    benchmark = find_benchmark(arguments[0])

    def say(what: str) -> None:
        if sys.stderr.isatty():
            print(f"{benchmark.name}: {what}", file=sys.stderr)

    report, left_out = None, None
    started = perf_counter()
    try:
        report = benchmark.run(Options("--full" in arguments[1:], say, instances_folder()))
    except LeftOutError as missing:
        left_out = str(missing)
    seconds = perf_counter() - started
    outcome = Outcome(benchmark.name, benchmark.title, seconds, peak_rss_mb(), report, left_out)
    sys.stdout.write(msgspec.json.encode(outcome).decode())


if __name__ == "__main__":
    main(sys.argv[1:])
