"""Statements about what the gates read and keep, judged by the behaviour of a CBAM and a GAM network."""

from __future__ import annotations

from gam_viz.claims.claim import Claim
from gam_viz.claims.gate_behaviour import ERASED, Behaviour, DoubleArray
from gam_viz.evaluation.intervals import mean

SAME = 1e-9  # of a gate's largest value: below this, in double precision, nothing changed but the order of a sum


def kept(cbam: Behaviour, gam: Behaviour) -> Claim:
    """ "CBAM loses part of the information, GAM keeps all of it."

    Two halves. What gates read: CBAM's channel gate does not notice that positions were shuffled, while GAM's goes
    along with them. What is passed on: GAM's gates multiply measurably fewer features to nothing than CBAM's do (95 %
    interval over pictures). Borne out where both hold, partly where one does.
    """
    read = cbam.moved < SAME and gam.moved > SAME and gam.followed < SAME
    fewer = mean(cbam.erased - gam.erased, -1.0, 1.0)
    passed = fewer.low > 0
    reason = {(True, True): "both", (True, False): "read", (False, True): "passed"}.get((read, passed), "neither")
    return Claim(
        "kept",
        "seen" if read and passed else "partly" if read or passed else "not_seen",
        reason,
        facts={
            "shuffled": {"cbam": cbam.moved, "gam": gam.moved},
            "size": _size(gam),
            "erased": {
                "cbam": float(cbam.erased.mean()),
                "gam": float(gam.erased.mean()),
                "limit": ERASED,
                "pictures": len(gam.erased),
                "low": -fewer.high * 100,
                "high": -fewer.low * 100,
            },
        },
    )


def crossing(cbam: Behaviour, gam: Behaviour) -> Claim:
    """ "Global interaction across channel, height and width; the channel branch's MLP models channel and space."

    Two halves again: a change at one position reaches GAM's channel gate elsewhere (the MLP), and its spatial gate
    everywhere (global). Borne out where both hold; partly where neither does, but the spatial gate reaches other
    positions, which is interaction within a field.
    """
    (one, _), (field, extent) = _reached(gam.channel_change), _reached(gam.spatial_change)
    mlp, everywhere = one > 1, field == gam.spatial_change.size
    reason = "both" if mlp and everywhere else "one" if mlp or everywhere else "field" if field > 1 else "neither"
    facts: dict[str, dict[str, object]] = {
        "channel": {"gam": one, "cbam": _reached(cbam.channel_change)[0], "all": gam.channel_change.size},
        "spatial": {"gam": field, "rows": extent[0], "columns": extent[1]},
    }
    if gam.unlike_convolutions is not None and gam.unlike_convolutions < SAME:
        same = gam.unlike_convolutions == 0
        facts["convolutions_same" if same else "convolutions"] = {"apart": gam.unlike_convolutions}
    return Claim("crossing", {"both": "seen", "neither": "not_seen"}.get(reason, "partly"), reason, facts=facts)  # type: ignore[arg-type]


def pooling(cbam: Behaviour, gam: Behaviour) -> Claim:
    """ "The spatial branch does without pooling."

    By its parts: GAM has no pooling layer. By what it does: its spatial gate changes when channels are shuffled, which
    a gate that reads their mean and maximum does not notice. Borne out where both hold, partly where one does.
    """
    parts, does = gam.pools == 0, gam.remixed > SAME
    return Claim(
        "pooling",
        "seen" if parts and does else "partly" if parts or does else "not_seen",
        "both" if parts and does else "parts" if parts else "does" if does else "neither",
        facts={
            "parts": {"cbam": cbam.pools, "gam": gam.pools},
            "remixed": {"cbam": cbam.remixed, "gam": gam.remixed},
        },
    )


def range_(gam: Behaviour) -> Claim:
    """ "The spatial weights lie in 0..1": borne out where all of them do on the pictures."""
    low, high = gam.spatial_range
    inside = low >= 0 and high <= 1
    weights = {"low": gam.channel_range[0], "high": gam.channel_range[1]}
    bounded = weights["low"] >= 0 and weights["high"] <= 1
    return Claim(
        "range",
        "seen" if inside else "not_seen",
        "inside" if inside and bounded else "spatial" if inside else "outside",
        facts={"spatial": {"low": low, "high": high}, "channel": weights},
    )


def _reached(change: DoubleArray) -> tuple[int, tuple[int, int]]:
    """At how many positions a gate changed, and over how many rows and columns."""
    where = change > 0
    return int(where.sum()), (int(where.any(axis=1).sum()), int(where.any(axis=0).sum()))


def _size(of: Behaviour) -> dict[str, int]:
    return dict(zip(("channels", "height", "width"), of.shape, strict=True))
