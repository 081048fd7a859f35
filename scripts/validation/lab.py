# SPDX-License-Identifier: Apache-2.0
"""Runs in the lab that are made once, and what `calibrate` and `validate` say of them."""
import json
import pathlib
import shutil
import subprocess
import sys

from validation.cases import LOAD, PROFILE, Case

START = 4.0  # seconds until the first sample of a run, and from the last to the end
START_OF = {"dianne/five-of-eight": 9.0}  # 584 MB of weights are made first


def clock(seconds):
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"


class Lab:
    def __init__(self, tiercut, out, is_quick, profile):
        self.tiercut, self.profile = tiercut, profile
        self.folder = pathlib.Path(out) / ("quick" if is_quick else "full")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.calibration = self.folder / "calibration.yaml"

    def path(self, case):
        return self.folder / case.name

    def is_done(self, case):
        return (self.path(case) / "run.json").exists()

    def seconds(self, case):
        return case.samples * case.period + START_OF.get(case.scenario, START)

    def call(self, *arguments, allowed=(0, 1)):
        done = subprocess.run([self.tiercut, *map(str, arguments)], capture_output=True, text=True)
        if done.returncode == 130:
            raise KeyboardInterrupt
        if done.returncode not in allowed:
            raise SystemExit(f"tiercut {' '.join(map(str, arguments))} failed:\n{done.stderr}")
        return done.stdout

    def run(self, case):
        """Into a folder beside, moved when whole."""
        part = self.folder / "part"
        shutil.rmtree(part, ignore_errors=True)
        words = ["run", case.scenario, "--lab", "--samples", case.samples, "--seed", case.seed, "--out", part, "--json",
                 "--set", f"workload.arrivals.period={case.period * 1e3:.6g}ms"]
        for path, value in case.changes:
            words += ["--set", f"{path}={self.profile if value == PROFILE else value}"]
        self.call(*words, *case.arguments)
        shutil.rmtree(self.path(case), ignore_errors=True)
        part.rename(self.path(case))

    def calibrate(self, cases):
        self.calibrated_from = [case for case in cases if self.is_done(case)]
        said = self.call("calibrate", *[self.path(case) for case in self.calibrated_from], "--out", self.calibration,
                         "--json", allowed=(0,))
        self.fitted = json.loads(said)

    def validate(self, runs, *options):
        return json.loads(self.call("validate", *runs, "--calibration", self.calibration, *options, "--json"))

    def capacity_of_pi(self):
        """Samples a second that the Pi alone can do."""
        calls = self.fitted["devices"]["pi"]["calls"]
        little = next(call for call in calls if call["layers"][0].startswith("little/"))
        big = next(call for call in calls if call["layers"][0].startswith("big/"))
        share = 0.9039  # of the samples that the exit passes on
        return 1 / (little["mean_s"] + share * big["mean_s"])

    def seconds_of_load(self, is_quick):
        return 0 if is_quick else len(LOAD[2]) * (START + 10)

    def load_curve(self, is_quick, runs=True):
        """By share of the capacity: rate, measured and predicted p99."""
        if is_quick:
            return []
        scenario, changes, shares, samples = LOAD
        plan = self.folder / "load.json"  # rates stay when the command goes on
        if plan.exists():
            capacity = json.loads(plan.read_text())["capacity"]
        else:
            capacity = self.capacity_of_pi()
            plan.write_text(json.dumps({"capacity": capacity}))
        points = []
        for share in shares:
            case = Case(f"load-{share:.2f}", scenario, changes, 1 / (share * capacity), samples, 1)
            if not self.is_done(case):
                if not runs:
                    continue
                print(f"load {share:.0%} of capacity", file=sys.stderr)
                self.run(case)
            said = self.validate([self.path(case)], "--replay")["plans"][0]["latency_s"]["p99"]
            points.append((share * capacity, said["measured"], said["predicted"]))
        return points
