# SPDX-License-Identifier: Apache-2.0
"""Trainings as jobs that are done once, go on after an interrupt, and say beforehand how long they take."""
import concurrent.futures
import dataclasses
import json
import pathlib
import re
import subprocess
import sys
import threading
import time

# Seconds an epoch of 60,000 samples takes on one core of an EPYC with AVX-512 (what `speed_of_machine` compares with),
# and what evaluating the test set with all its losses takes at the end.
SECONDS = {
    "big-little/little": (4.6, 1),
    "big-little/net2": (4.6, 1),
    "big-little/pair": (60, 5),
    "branchynet/lenet": (12, 3),
    "multi-exit/mlp-5": (1.3, 1),
    "ddnn/stand-in": (18, 12),
}
PROBE = ("multi-exit/mlp-5", 1.9)  # a short training, and its seconds on that machine, reading the data included
QUICK_SAMPLES = 20_000


@dataclasses.dataclass(frozen=True)
class Job:
    """One training: a recipe with values changed, and a seed. Equal jobs are one training."""
    recipe: str
    seed: int = 1
    changes: tuple = ()  # of (path, value)

    @property
    def name(self):
        parts = [self.recipe] + [f"{path.split('.')[-1]}={value}" for path, value in self.changes]
        return re.sub(r"[^\w.=-]+", "-", " ".join(parts + [f"seed={self.seed}"]))


class Interrupted(Exception):
    pass


class Runner:
    def __init__(self, tiercut, data, out, is_quick, workers):
        self.tiercut, self.data, self.is_quick, self.workers = tiercut, data, is_quick, workers
        self.folder = pathlib.Path(out) / ("quick" if is_quick else "full")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.slowness = 1.0
        self.epochs_of = {}
        self.children, self.lock, self.is_stopped = set(), threading.Lock(), False

    def json(self, *arguments):
        """What a verb says with --json. Status 1 is an answer too."""
        done = subprocess.run([self.tiercut, *arguments, "--json"], capture_output=True, text=True)
        if done.returncode not in (0, 1):
            raise SystemExit(f"tiercut {' '.join(arguments)} failed:\n{done.stderr}")
        return json.loads(done.stdout)

    def path(self, job, ending):
        return self.folder / job.name / (job.recipe.replace("/", "-") + ending)

    def is_done(self, job):
        return self.path(job, ".metrics.json").exists()

    def metrics(self, job):
        return json.loads(self.path(job, ".metrics.json").read_text())

    def trace(self, job):
        return str(self.path(job, ".exits"))

    def time_taken(self, job):
        """Seconds that the epochs took."""
        return sum(json.loads(line)["seconds"] for line in self.path(job, ".log.jsonl").read_text().splitlines())

    def epochs(self, recipe):
        if recipe not in self.epochs_of:
            facts = subprocess.run([self.tiercut, "check", recipe], capture_output=True, text=True, check=True).stdout
            self.epochs_of[recipe] = int(re.search(r"(\d+) epochs?\b", facts).group(1))
        return self.epochs_of[recipe]

    def seconds(self, job):
        epoch, end = SECONDS[job.recipe]
        epochs = 2 if self.is_quick else self.epochs(job.recipe)
        share = QUICK_SAMPLES / 60_000 if self.is_quick else 1
        devices = re.search(r"mp-cc-(\d)|(device-edge)", str(job.changes))
        share *= (int(devices.group(1) or 1) / 6) if devices else 1
        return (epochs * epoch * share + end) * self.slowness

    def command(self, job):
        changes = list(job.changes)
        if self.is_quick:
            changes.append(("data.first", QUICK_SAMPLES))
            if job.recipe == "branchynet/lenet":  # has stages
                changes += [("stages[0].epochs", 1), ("stages[1].epochs", 1)]
            else:
                changes.append(("epochs", 2))
        command = [self.tiercut, "train", job.recipe, "--quiet", "--data", self.data, "--seed", str(job.seed),
                   "--out", str(self.folder / job.name)]
        for path, value in changes:
            command += ["--set", f"{path}={value}"]
        if self.path(job, ".checkpoint").exists():
            command.append("--resume")
        return command

    def measure_machine(self):
        """How much slower this machine is than the one whose seconds are noted above: a short training tells."""
        folder = self.folder / "probe"
        start = time.monotonic()
        subprocess.run([self.tiercut, "train", PROBE[0], "--quiet", "--data", self.data, "--out", str(folder),
                        "--epochs", "1"], check=True, stdout=subprocess.DEVNULL)
        self.slowness = (time.monotonic() - start) / PROBE[1]

    def plan(self, jobs):
        """Jobs that are left, longest first, and the time they take on the workers."""
        left = sorted((job for job in set(jobs) if not self.is_done(job)), key=lambda job: (-self.seconds(job), job.name))
        return left, self.makespan(left)

    def makespan(self, jobs):
        loads = [0.0] * self.workers
        for job in jobs:
            loads[loads.index(min(loads))] += self.seconds(job)
        return max(loads)

    def run(self, jobs):
        left, total = self.plan(jobs)
        start, done = time.monotonic(), 0
        with concurrent.futures.ThreadPoolExecutor(self.workers) as pool:
            futures = {pool.submit(self.train, job): job for job in left}
            try:
                for future in concurrent.futures.as_completed(futures):
                    future.result()
                    done += 1
                    rest = self.makespan([job for job in left if not self.is_done(job)])
                    print(f"{done} of {len(left)} trainings, {clock(time.monotonic() - start)} gone, about "
                          f"{clock(rest)} left: {futures[future].name}", file=sys.stderr, flush=True)
            except (KeyboardInterrupt, Interrupted):
                self.stop()
                pool.shutdown(cancel_futures=True)
                raise KeyboardInterrupt from None

    def train(self, job):
        with self.lock:
            if self.is_stopped:
                raise Interrupted
            child = subprocess.Popen(self.command(job), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            self.children.add(child)
        _, errors = child.communicate()
        with self.lock:
            self.children.discard(child)
        if child.returncode == 130 or self.is_stopped:
            raise Interrupted
        if child.returncode != 0:
            self.stop()
            raise SystemExit(f"training {job.name} failed:\n{errors}")

    def stop(self):
        with self.lock:
            self.is_stopped = True
            for child in self.children:
                child.terminate()


def clock(seconds):
    seconds = int(seconds + 0.5)
    if seconds < 90:
        return f"{seconds} s"
    minutes = (seconds + 30) // 60
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"
