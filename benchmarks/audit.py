"""How much of what this machine allows does an audit use? Bare forward, decoding alone, and ours, in one run.

Tiles are drawn, written as JPEG of 128 pixels, and looked at by two networks. The bound is what decoding and forward
passes allow together, as if nothing else was to be done and no core ever waited: passes as torch runs them by itself
(forward), and as the audit runs them, on one core each in memory that is kept (passes). Where others use the machine
too, wall time says little; so processor time stands beside it, and shares are given of both. Each row is a process of
its own, so that memory is its own, too. Nothing is asserted.

    python benchmarks/audit.py [--tiles 10000] [--networks ucmerced-cbam ucmerced-gam] [--ray]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))
SIDE = 128
AT_ONCE = 16


def draw(folder: Path, count: int) -> None:
    """Scenes as JPEG, larger than they are trained on."""
    from PIL import Image

    from gam_viz.datasets.scenes.draw import draw_scene

    folder.mkdir(parents=True)
    pictures = [Image.fromarray(draw_scene(number, size=SIDE).image) for number in range(min(count, 500))]
    for number in range(count):
        pictures[number % len(pictures)].save(folder / f"{number:06d}.jpg", quality=90)


def opened(names: list[str]):
    import torch

    from gam_viz.audit.network import audited
    from gam_viz.networks.checkpoints import named

    return [audited(named(name), name, torch.device("cpu")) for name in names]


def forward(folder: Path, names: list[str]) -> int:
    """The networks alone, on pictures that are decoded already: a pass of 16 again and again."""
    import torch

    from gam_viz.audit.decoding import Form, batch, decoded
    from gam_viz.audit.sources import SourceChoices, open_audit_source
    from gam_viz.images import normalise_batch

    source = open_audit_source(folder, SourceChoices(), SIDE)
    networks = opened(names)
    form = Form.of(networks[0].card)
    inputs = batch([decoded(item, [form]).inputs[form] for item in source.items(0, AT_ONCE)], AT_ONCE)

    def work() -> None:
        with torch.inference_mode():
            for _ in range(0, len(source), AT_ONCE):
                for network in networks:
                    x = normalise_batch(inputs, network.card.mean, network.card.std)
                    network.module(x.contiguous(memory_format=torch.channels_last))

    return timed(work, len(source))


def passes(folder: Path, names: list[str]) -> int:
    """The same, but as the audit runs them: on one core each, in memory that is kept."""
    import torch

    from gam_viz.audit.decoding import Form, batch, decoded
    from gam_viz.audit.sources import SourceChoices, open_audit_source
    from gam_viz.audit.streams import stream_count, streams
    from gam_viz.images import normalise_batch
    from gam_viz.runtime.kept_memory import keep_freed_memory

    keep_freed_memory()
    source = open_audit_source(folder, SourceChoices(), SIDE)
    networks = opened(names)
    form, card = Form.of(networks[0].card), networks[0].card
    inputs = batch([decoded(item, [form]).inputs[form] for item in source.items(0, AT_ONCE)], AT_ONCE)

    def one() -> None:
        with torch.inference_mode():
            x = normalise_batch(inputs, card.mean, card.std)
            for network in networks:
                network.module(x)

    def work() -> None:
        with streams(stream_count(torch.device("cpu"))) as pool:
            for each in [pool.submit(one) for _ in range(0, len(source), AT_ONCE)]:
                each.result()

    return timed(work, len(source))


def decode(folder: Path, names: list[str]) -> int:
    """Reading, checking, decoding and resizing, in one thread."""
    from gam_viz.audit.decoding import Form, decoded
    from gam_viz.audit.sources import SourceChoices, open_audit_source

    source = open_audit_source(folder, SourceChoices(), SIDE)
    forms = list({Form.of(network.card) for network in opened(names)})

    def work() -> None:
        for item in source.items(0, len(source)):
            decoded(item, forms)

    return timed(work, len(source))


def ours(folder: Path, names: list[str]) -> int:
    """The audit, from the list of files to its parts on disk."""
    from gam_viz.audit.run import begun, run
    from gam_viz.networks.checkpoints import named
    from gam_viz.runtime.kept_memory import keep_freed_memory

    keep_freed_memory()
    with tempfile.TemporaryDirectory() as out:
        audit = begun(folder, {name: named(name) for name in names}, out)
        return timed(lambda: run(audit), audit.manifest.count)


def ray(folder: Path, names: list[str]) -> int:
    """The audit on a cluster of this machine, from its start on."""
    import ray as cluster

    from gam_viz.audit.on_ray import run_on_ray
    from gam_viz.audit.run import begun
    from gam_viz.networks.checkpoints import named

    cluster.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    with tempfile.TemporaryDirectory() as out:
        audit = begun(folder, {name: named(name) for name in names}, out, shard=512)
        paths = {name: named(name).path for name in names}
        return timed(lambda: run_on_ray(audit, paths, "auto"), audit.manifest.count)


KINDS: dict[str, Callable[[Path, list[str]], int]] = {
    "forward": forward,
    "passes": passes,
    "decode": decode,
    "ours": ours,
    "ray": ray,
}


def timed(work: Callable[[], None], count: int) -> int:
    """Print what a process found out about itself."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    found = {"count": count, "wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**found, "megabytes": megabytes}))
    return count


def measure(kind: str, folder: Path, names: list[str]) -> dict[str, float]:
    command = [sys.executable, __file__, "--kind", kind, "--folder", str(folder), "--networks", *names]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, float] = json.loads(said.strip().splitlines()[-1])
    print(
        f"{kind:>8}  {found['count']:>6.0f} tiles  {found['count'] / found['wall']:7.1f}/s"
        f"  {1000 * found['cpu'] / found['count']:7.3f} ms of processor time each  {found['megabytes']:6.0f} MB",
        flush=True,
    )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiles", type=int, default=10_000)
    parser.add_argument("--networks", nargs="+", default=["ucmerced-cbam", "ucmerced-gam"])
    parser.add_argument("--ray", action="store_true")
    parser.add_argument("--kind", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.kind:
        KINDS[options.kind](options.folder, options.networks)
        return
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as root:
        few, many = Path(root, "few"), Path(root, "many")
        draw(few, options.tiles // 10)
        draw(many, options.tiles)
        bare, alone = measure("forward", few, options.networks), measure("decode", few, options.networks)
        small, full = measure("ours", few, options.networks), measure("ours", many, options.networks)
        beside = measure("passes", few, options.networks)
        on_ray = measure("ray", many, options.networks) if options.ray else None
    each = full["cpu"] / full["count"]
    for name, of in (("forward", bare), ("passes", beside)):
        work = of["cpu"] / of["count"] + alone["cpu"] / alone["count"]
        wall = of["wall"] / of["count"] + alone["cpu"] / alone["count"] / cores
        print(f"bound of {name}: {1 / wall:.1f}/s on {cores} cores, {1000 * work:.3f} ms of processor time per tile")
        in_wall = full["count"] / full["wall"] * wall
        print(f"  ours: {in_wall:.1%} of it in wall time, {work / each:.1%} in processor time")
        if on_ray is not None:
            print(f"  on Ray: {on_ray['count'] / on_ray['wall'] * wall:.1%} of it in wall time, start left out")
    print(f"memory after ten times as many: x {full['megabytes'] / small['megabytes']:.2f}")
    print(f"processor time of each after ten times as many: x {each / (small['cpu'] / small['count']):.2f}")


if __name__ == "__main__":
    main()
