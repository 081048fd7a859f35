# SPDX-License-Identifier: Apache-2.0
"""Which runs are made: plans x loads x links, some to calibrate from and others to be predicted."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Case:
    """One run. Cases of one group are repetitions of one thing."""
    group: str
    scenario: str
    changes: tuple
    period: float  # seconds
    samples: int
    seed: int
    is_calibration: bool = False
    arguments: tuple = ()

    @property
    def name(self):
        return f"{'calibration-' if self.is_calibration else ''}{self.group}-{self.seed}"


PROFILE = "PROFILE"  # replaced by that of the machine
LITTLE = (("devices.pi", PROFILE), ("devices.cloud", PROFILE))
CAMERAS = (("devices.cameras.profile", PROFILE), ("devices.gateway", PROFILE), ("devices.cloud", PROFILE))
OVERFEAT = (("devices.laptop", PROFILE), ("devices.jetson", PROFILE), ("pins[0].unit", "cpu"),
            ("links.lan.latency", "15ms"))
NEAR, FAR = (("pins[1].device", "pi"),), (("pins[0].device", "cloud"),)


def links(latency):
    return (("links.up.latency", latency), ("links.down.latency", latency))


def exits(share):
    return (("exits.little.probability", share),)


POISSON = (("workload.arrivals.process", "poisson"),)
AFTER, EAGER, DDNN, SPLIT = "big-little/after", "big-little/eager", "ddnn/six-cameras", "dianne/five-of-eight"

# group, scenario, changes, period, samples, repetitions
HELD_OUT = [
    ("after", AFTER, LITTLE, 0.05, 300, 3),
    ("after-60%", AFTER, LITTLE + exits("60%"), 0.05, 300, 2),
    ("after-poisson", AFTER, LITTLE + POISSON, 0.05, 300, 2),
    ("after-fast-arrivals", AFTER, LITTLE, 0.02, 600, 2),
    ("after-5ms", AFTER, LITTLE + links("5ms"), 0.05, 300, 2),
    ("after-10Mbit", AFTER, LITTLE + (("links.up.bandwidth", "10Mbit/s"),), 0.05, 300, 2),
    ("eager", EAGER, LITTLE, 0.05, 300, 3),
    ("eager-60%", EAGER, LITTLE + exits("60%"), 0.05, 300, 2),
    ("eager-fast-arrivals", EAGER, LITTLE, 0.02, 600, 2),
    ("eager-5ms", EAGER, LITTLE + links("5ms"), 0.05, 300, 2),
    ("all-on-pi", AFTER, LITTLE + NEAR, 0.05, 300, 2),
    ("all-in-cloud", AFTER, LITTLE + FAR, 0.05, 300, 2),
    ("cameras", DDNN, CAMERAS, 0.1, 200, 3),
    ("cameras-20%", DDNN, CAMERAS + (("exits.local.probability", "20%"),), 0.1, 200, 2),
    ("cameras-30ms", DDNN, CAMERAS + (("links.uplink.latency", "30ms"),), 0.1, 200, 2),
    ("cameras-poisson", DDNN, CAMERAS + POISSON, 0.1, 200, 2),
    ("overfeat-split", SPLIT, OVERFEAT, 0.3, 40, 3),
    ("overfeat-near", SPLIT, OVERFEAT + (("pins[0].device", "laptop"),), 0.3, 40, 3),
    ("overfeat-far", SPLIT, OVERFEAT + (("pins[1].device", "jetson"),), 0.3, 40, 3),
    ("overfeat-split-100Mbit", SPLIT, OVERFEAT + (("links.lan.bandwidth", "100Mbit/s"),), 0.3, 40, 3),
]
CALIBRATION = [
    ("after", AFTER, LITTLE, 0.05, 300, 2),
    ("eager", EAGER, LITTLE, 0.05, 300, 2),
    ("all-on-pi", AFTER, LITTLE + NEAR, 0.05, 300, 2),
    ("all-in-cloud", AFTER, LITTLE + FAR, 0.05, 300, 2),
    ("cameras", DDNN, CAMERAS + (("exits.local.probability", "50%"),), 0.1, 200, 2),
    ("overfeat-split", SPLIT, OVERFEAT, 0.3, 30, 2),
    ("overfeat-near", SPLIT, OVERFEAT + (("pins[0].device", "laptop"),), 0.3, 30, 2),
    ("overfeat-far", SPLIT, OVERFEAT + (("pins[1].device", "jetson"),), 0.3, 30, 2),
]
QUICK = {"after", "eager", "all-on-pi", "cameras"}

# With the data at hand: trained networks, whose thresholds decide on real digits.
ONE = (("devices.camera", PROFILE), ("devices.edge", PROFILE), ("devices.cloud", PROFILE))
SIX = (("devices.cameras.profile", PROFILE), ("devices.edge", PROFILE), ("devices.cloud", PROFILE))
TRAINED = [
    ("trained-camera", "ddnn/device-edge-cloud", ONE, 0.05, 500, 2, "ddnn-stand-in/device-edge-cloud"),
    ("trained-cameras", "ddnn/cameras-edge-cloud", SIX, 0.1, 300, 2, "ddnn-stand-in/devices-edge-cloud"),
]


def cases(is_quick, data=None):
    """Calibration and held-out runs in turn, so that a slow drift of the machine meets both alike."""
    made = []
    trained = [] if data is None else TRAINED
    for rows, is_calibration, first_seed in ((CALIBRATION + trained, True, 101), (HELD_OUT + trained, False, 1)):
        for group, scenario, changes, period, samples, repetitions, *weights in rows:
            if is_quick and group not in QUICK:
                continue
            arguments = ("--weights", weights[0], "--input", f"ddnn/stand-in:{data}") if weights else ()
            for repetition in range(1 if is_quick else repetitions):
                made.append((repetition, Case(group, scenario, changes, period, samples // 5 if is_quick else samples,
                                              first_seed + repetition, is_calibration, arguments)))
    made.sort(key=lambda entry: entry[0])
    return [case for _, case in made]


# The load curve: everything on the Pi, Poisson arrivals at these shares of what it can do.
LOAD = (AFTER, LITTLE + NEAR + POISSON, (0.2, 0.4, 0.5, 0.6, 0.7, 0.8), 2500)
