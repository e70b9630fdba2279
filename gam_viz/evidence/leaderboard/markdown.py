"""The evidence as Markdown, for the docs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gam_viz.evaluation.intervals import Estimate
from gam_viz.evidence.leaderboard.aggregate import direction
from gam_viz.evidence.leaderboard.ground import SIZES
from gam_viz.evidence.leaderboard.rows import GateRow, MapRow, NetworkRow, Results
from gam_viz.evidence.leaderboard.scoring import scene_scores
from gam_viz.evidence.own_maps import KINDS
from gam_viz.runtime.files import write_atomically

HEAD = """# Who looks at the right place

Written by `python -m gam_viz evidence`; do not edit. What it means is said in [cbam-or-gam.md](cbam-or-gam.md);
the rules by which single maps are judged are in [judging.md](judging.md).

It is known which pixels are the object: scenes are drawn (and some have a tag), UC Merced's airplanes, storage tanks,
courts and diamonds have boxes, BUSI's lesions have masks, BCCD's cells have boxes. Every map is read at the picture's
size. What is neither the object nor surely something else is left out of map and picture before anything is counted:
parts of objects at the edge and doubtful boxes of UC Merced, cells of the same kind that a tile's border cuts.

- **energy**: share of the map's positive mass inside.
- **pointing**: share of pictures in which the map's largest value lies inside.
- **overlap**: intersection over union of the region and as many of the map's largest pixels as the region has.

The three do not measure the same thing, and a finding is stated under all of them.

Each map is called what it is. Of a layer, and as the mean over all of a network's layers, so that no layer is picked
afterwards:

- **gain**: mean over channels of |channel gate x mask|. CBAM has one mask for all channels, and its gain is in
  proportion to that mask.
- **channel**: mean |channel gate| alone, where it differs between positions, as GAM's does.
- **mask**: the plain mean of the masks alone.
- **features**: mean |features| at the attention's input, or, without attention, at the same place. Gates are computed
  from them: a gate that does not beat them has shown nothing that the features do not show.

Attributions are of the picture's own class. "area" (a map without values, which scores what chance does), "centre" (a
centred Gaussian) and "edges" (where brightness changes) are maps that no network had a hand in: a map that does not
beat them has shown nothing about its network. "untrained" is the same network with fresh weights, its batch norms set
by pictures.

Numbers are means over the pictures and over a network's seeds, with their 95% interval over pictures: of scenes
Student's, of real pictures a percentile bootstrap that draws whole pictures (of BCCD whole smears, not tiles). What
stands in brackets after it is each seed by itself; where nothing stands there, the numbers are of one network and say
nothing of other seeds. The intervals are not corrected for how many there are.
"""


def write_table(found: Sequence[Results], path: Path) -> None:
    """Write the table, atomically."""
    text = HEAD + "".join(_section(each) for each in found)
    write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))


def _section(each: Results) -> str:
    parts = [f"\n## {each.data}, {each.count} test pictures\n"]
    for region, area in each.areas.items():
        many = f", {each.counts[region]} pictures" if region in each.counts else ""
        where = f"in the {_REGION.get(region, region)} ({area:.1%} of the picture{many})"
        parts += [f"\n### {measure} {where}\n\n{_maps(each, region, measure)}" for measure in scene_scores()]
        if region not in SIZES:
            parts.append(f"\n### each layer: energy in the {region} / pointing / overlap\n\n{_layers(each, region)}")
            parts.append(f"\n### differences, {region}, in points\n\n{_differences(each, region)}")
    parts.append(f"\n### gates replaced\n\n{_gates(each)}")
    if any(network.tag for network in each.networks):
        parts.append(f"\n### the shortcut changed\n\n{_tags(each)}")
    return "".join(parts)


_REGION = {name: f"{name.removeprefix('object_')} object" for name in SIZES}


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n"


def _maps(each: Results, region: str, measure: str) -> str:
    rows = [row for network in each.networks for row in network.maps if row.region == region and not row.of_layer]
    keys = list(
        dict.fromkeys([*(kind for kind in KINDS if any(row.key == kind for row in rows)), *(r.key for r in rows)])
    )
    lines = [
        [network.name, *(_estimate(_row(network.maps, key, region), measure) for key in keys)]
        for network in each.networks
    ]
    trivial = ", ".join(f"{row.key} {_estimate(row, measure)}" for row in each.trivial if row.region == region)
    return f"Without a network: {trivial}.\n\n" + _table(["network", *keys], lines)


def _layers(each: Results, region: str) -> str:
    every = [row.key for network in each.networks for row in network.maps if row.of_layer]
    layers = list(dict.fromkeys(key.partition(".")[2] for key in every))
    lines = []
    for network in each.networks:
        for kind in KINDS:
            of_kind = [_row(network.maps, f"{kind}.{layer}", region) for layer in layers]
            if any(row is not None for row in of_kind):
                lines.append([network.name, kind, *(_all_measures(row) for row in of_kind)])
    return _table(["network", "map", *layers], lines)


def _differences(each: Results, region: str) -> str:
    measures = list(scene_scores())
    lines = []
    for network in each.networks:
        for row in (row for row in network.maps if row.region == region and row.key in KINDS):
            for reference, apart in row.against.items():
                cells = [_points(apart[measure]) if measure in apart else "" for measure in measures]
                lines.append([network.name, row.key, reference, *cells, _DIRECTION[direction(apart)]])
    return (
        'A map\'s score minus another\'s on the same pictures. "cbam": the same map of the CBAM network; "none": '
        'features of the network without attention; "features": those of the network itself; "untrained": the same map '
        "of the network before training. Together: what every "
        "measure says, each at the level that lets all of them hold at 95%.\n\n"
        + _table(["network", "map", "minus", *measures, "together"], lines)
    )


_DIRECTION = {
    "more": "higher under all",
    "less": "lower under all",
    "same": "no clear difference",
    "mixed": "not the same under all",
}


def _gates(each: Results) -> str:
    words = {"identity": "to 1", "data_mean": "to their mean", "other_picture": "another picture's"}
    taken = {row.by for network in each.networks for row in network.gates}
    columns = [(branch, by) for by in words if by in taken for branch in ("all", "channel", "spatial")]
    rows = []
    for network in each.networks:
        if not network.gates:
            continue
        found = {(row.branch, row.by): row for row in network.gates if row.layer == "all"}
        cells = [_change(found[which]) if which in found else "" for which in columns]
        rows.append([network.name, f"{network.accuracy.value:.1%}", *cells, _most_needed(network)])
    head = ["network", "accuracy", *(f"{branch} {words[by]}" for branch, by in columns), "most needed, to its mean"]
    return (
        f"On {each.answered or each.count} test pictures. Change of accuracy in percentage points when gates are "
        "replaced in all layers at once: by 1, so that features pass unchanged, by their mean over other pictures, so "
        "that they no longer depend on the picture, or by those of a picture of another class. Last: the one gate "
        "whose replacement by its mean costs most.\n\n" + _table(head, rows)
    )


def _change(row: GateRow) -> str:
    return _points(row.accuracy) + _of_seeds([f"{value * 100:+.1f}" for value in row.seeds])


def _of_seeds(written: Sequence[str]) -> str:
    return f" [{', '.join(written)}]" if written else ""


def _most_needed(network: NetworkRow) -> str:
    single = [row for row in network.gates if row.by == "data_mean" and "all" not in (row.layer, row.branch)]
    if not single:
        return ""
    worst = min(single, key=lambda row: (row.accuracy.value, row.margin.value))
    return f"{worst.layer} {worst.branch}: {_points(worst.accuracy)}, margin {worst.margin.value:+.2f}"


def _tags(each: Results) -> str:
    names = list(dict.fromkeys(name for network in each.networks for name in network.tag))
    rows = [
        [network.name, *(_share(network.tag[name]) if name in network.tag else "" for name in names)]
        for network in each.networks
    ]
    about = _TAGS_ABOUT if "with_tag" in names else _MARKS_ABOUT
    return f"{about}\n\n" + _table(["network", *(_TAGS.get(name, name) for name in names)], rows)


_TAGS_ABOUT = (
    "Share of right answers with the tag of the scene's class, without a tag and with another class's tag; last, "
    "the share of answers that then follow the tag."
)
_MARKS_ABOUT = (
    "Share of right answers. Of all pictures on which an operator drew (most are of the training split, which the "
    "networks know): as they are, with the marks painted over, with as much painted over elsewhere. Of test pictures "
    "without a lesion and without marks: as they are, and with callipers drawn on."
)
_TAGS = {
    "marked": "marked",
    "painted_over": "marks painted over",
    "painted_elsewhere": "painted over elsewhere",
    "unmarked": "no lesion, unmarked",
    "marks_drawn": "no lesion, callipers drawn",
    "with_tag": "its tag",
    "without_tag": "no tag",
    "other_tag": "another's tag",
    "follows": "follows that tag",
}


def _all_measures(row: MapRow | None) -> str:
    scores = [row.scores[measure] for measure in scene_scores()] if row else []
    return " / ".join("–" if score is None else f"{score.value:.2f}" for score in scores)


def _row(rows: Sequence[MapRow], key: str, region: str) -> MapRow | None:
    return next((row for row in rows if (row.key, row.region) == (key, region)), None)


def _estimate(row: MapRow | None, measure: str) -> str:
    of: Estimate | None = None if row is None else row.scores.get(measure)
    if row is None or of is None:
        return ""
    seeds = _of_seeds([f"{value:.3f}" for value in row.seeds.get(measure, ())])
    return f"{of.value:.3f} ({of.low:.3f}–{of.high:.3f}){seeds}"


def _share(of: Estimate) -> str:
    return f"{of.value:.1%} ({of.low:.1%}–{of.high:.1%})"


def _points(of: Estimate) -> str:
    return f"{of.value * 100:+.1f} ({of.low * 100:+.1f} to {of.high * 100:+.1f})"
