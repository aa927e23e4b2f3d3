"""Whole programs measured side by side: every round runs each of them once, in changing order, and ratios are taken
within a round, so that a slow moment of the machine meets all of them."""

import fcntl
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Where `benches/all` wants to have what was judged, one JSON document a line.
ROWS = os.environ.get("BENCH_ROWS")


@dataclass
class Run:
    """What the kernel counted for one program, from its start to its end."""

    wall: float  # seconds
    cpu: float  # seconds, user and system together
    rss: float  # MB at its peak
    first: float  # seconds until the first output
    lines: int


def run(command, env=None, stdin=subprocess.DEVNULL):
    """Runs a program to its end; what it writes is counted and dropped, what it says is shown when it fails."""
    began = time.perf_counter()
    child = subprocess.Popen(command, env=env, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    first, lines, peak = None, 0, 0
    while some := os.read(child.stdout.fileno(), 1 << 16):
        first = first or time.perf_counter() - began
        lines += some.count(b"\n")
        peak = max(peak, high_water(child.pid))
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: ended with {child.returncode}\n{said.decode(errors='replace')}")
    child.stdout.close()
    child.stderr.close()
    # What the kernel tells of a program that ended is never less than this script's own peak, which it inherited.
    return Run(wall, usage.ru_utime + usage.ru_stime, (peak or usage.ru_maxrss) * 1024 / 1e6, first or wall, lines)


def counted(command, env=None):
    """Runs a program whose output is long, into `wc -l`: nothing of it passes through this script, which would be slower
    than what it measures. The peak is looked up all the time; when output began is not told."""
    began = time.perf_counter()
    child = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    counter = subprocess.Popen(["wc", "-l"], stdin=child.stdout, stdout=subprocess.PIPE)
    child.stdout.close()
    peak, over = 0, threading.Event()

    def watch():
        nonlocal peak
        while not over.wait(0.02):
            peak = max(peak, high_water(child.pid))

    watching = threading.Thread(target=watch)
    watching.start()
    # The program is waited for after its watcher stopped, so that its number is its own all the while.
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    wall = time.perf_counter() - began
    over.set()
    watching.join()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    lines = int(counter.communicate()[0])
    if child.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: ended with {child.returncode}")
    return Run(wall, usage.ru_utime + usage.ru_stime, peak * 1024 / 1e6, wall, lines)


def peak_until_output(command, env=None):
    """The most memory (MB) a short-lived program had when it began to write, which is the last thing it does: its output
    is a pipe that is full, and it is looked at while it waits."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writing, bytes(4096))
    child = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.DEVNULL)
    os.close(writing)
    still = 0
    while still < 20:
        state = process_state(child.pid)
        if state == "Z":
            sys.exit(f"{' '.join(command)}: ended without a word")
        # Any other wait is shorter than this.
        still = still + 1 if state == "S" else 0
        time.sleep(0.001)
    peak = high_water(child.pid)
    while os.read(reading, 1 << 16):
        pass
    os.close(reading)
    child.wait()
    return peak * 1024 / 1e6


def process_state(pid):
    """As the kernel says it: S while it waits, Z when it ended."""
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0]


def high_water(pid):
    """The most memory a running program has had so far (KiB); 0 when it ended before it could be asked. All that is
    measured here writes at its end, or all the time."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) for line in status if line.startswith("VmHWM")), 0)
    except OSError:
        return 0


def rounds(programs, count):
    """`programs` by name, each a function that runs it once. One round more, the first, warms the caches."""
    names = list(programs)
    runs = {name: [] for name in names}
    for number in range(count + 1):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            one = programs[name]()
            if number > 0:
                runs[name].append(one)
    return runs


def table(title, rows, unit=""):
    """Minimum, median and maximum of each row's values."""
    print(f"\n{title:<58}{'min':>10}{'median':>10}{'max':>10}")
    for name, values in rows:
        print(f"  {name:<56}" + "".join(f"{value:>10.2f}" for value in spread(values)) + unit)


def spread(values):
    return min(values), statistics.median(values), max(values)


def ratios(runs, ours, theirs, figure):
    """One ratio for each round."""
    return [figure(a) / figure(b) for a, b in zip(runs[ours], runs[theirs])]


def verdict(row, what, values, limit=None, at_least=False, of=statistics.median):
    """Says whether a promise is kept (by the median; by the most for memory), and hands all of it to `benches/all`. `row`
    is the promise's name; without a limit nothing is promised."""
    value = of(values)
    kept = limit is None or (value >= limit if at_least else value <= limit)
    bound = "at least" if at_least else "at most"
    word = "kept" if kept else "NOT KEPT"
    promised = "nothing is promised" if limit is None else f"promised: {bound} {limit:g}: {word}"
    print(f"{row}, {what}: {value:.2f}; {promised}")
    tell({"row": row, "what": what, "values": spread(values), "limit": limit, "bound": bound, "kept": kept})
    return kept


def end(kept):
    """Ends a bench that measured all it wanted to; with 1 when a promise is not kept."""
    tell({"complete": True})
    sys.exit(0 if all(kept) else 1)


def tell(told):
    """For `benches/all`."""
    if ROWS:
        with open(ROWS, "a") as rows:
            rows.write(json.dumps(told) + "\n")


def cargo(*args):
    """Builds with cargo; the programs by name, as cargo itself says where it put them."""
    command = ["cargo", "build", "--locked", *args, "--message-format", "json"]
    programs = {}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as building:
        for line in building.stdout:
            if (message := json.loads(line)).get("executable"):
                programs[message["target"]["name"]] = message["executable"]
    if building.returncode != 0:
        sys.exit(building.returncode)
    return programs


def go(folder, to):
    """Builds the Go program of a folder of `benches` and says where it is."""
    program = Path(to) / folder
    command = ["go", "build", "-trimpath", "-buildvcs=false", "-o", str(program), "."]
    subprocess.run(command, cwd=ROOT / "benches" / folder, env={**os.environ, "CGO_ENABLED": "0"}, check=True)
    return str(program)


def plugin(profile="dist"):
    """The plugin: the program named on the command line, or one built now, as it is shipped."""
    return sys.argv[1] if len(sys.argv) > 1 else cargo("--profile", profile, "--bin", "kubectl-openbao")["kubectl-openbao"]


def machine():
    """The machine in words."""
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    load = os.getloadavg()[0]
    print(f"{len(os.sched_getaffinity(0))} cores, {cpu}, load {load:.1f} now")
