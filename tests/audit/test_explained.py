"""Attributions and ablations of the pictures on which networks are farthest apart: what one gets by hand."""

import pytest

from gam_viz.audit import folder as files
from gam_viz.audit.opened import Audit
from gam_viz.audit.sources import SourceChoices, open_audit_source
from gam_viz.audit.statistics import CENTRE
from gam_viz.cli.main import main
from gam_viz.evidence.ablation.ablate import ablations
from gam_viz.evidence.localisation import share
from gam_viz.explain import explain, seen_by
from gam_viz.explain.attributions import attribute
from gam_viz.networks.checkpoints import read


def command(pictures, networks, out, *more):
    names = [str(path) for path in networks.values()]
    return ["audit", str(pictures), "--networks", *names, "--out", str(out), "--device", "cpu", *more]


def test_the_farthest_apart_are_explained_once(pictures, networks, tmp_path, monkeypatch):
    assert main(command(pictures, networks, tmp_path / "out")) == 0
    audit = Audit(tmp_path / "out")
    plain = audit.query("select * from pictures order by item")
    asked = command(pictures, networks, tmp_path / "out", "--explain", "2", "--methods", "gradcam", "saliency")
    assert main(asked) == 0
    apart = audit.query("select item from pictures where disagree order by gap desc, item limit 2")["item"].to_pylist()
    rows = audit.query("select * from explained").to_pylist()
    assert list(dict.fromkeys(row["item"] for row in rows)) == apart
    assert audit.query("select * from pictures order by item").equals(plain)
    (item,) = open_audit_source(pictures, SourceChoices(), 32).items(apart[0], apart[0] + 1)
    for name, path in networks.items():
        checkpoint = read(path)
        network, card = checkpoint.load(), checkpoint.card
        x = seen_by(card, item.picture()).tensor
        target = explain(network, card, x).predicted
        own = [row for row in rows if (row["item"], row["network"]) == (apart[0], name)]
        assert {row["target"] for row in own} == {card.classes[target]}
        for method in ("gradcam", "saliency"):
            mass = attribute(network, x, target, method).values.clip(min=0)
            (found,) = [row for row in own if row["key"] == method]
            assert found["object"] is None
            if mass.any():
                assert found["centre"] == pytest.approx(share(mass, CENTRE).inside, abs=1e-5)
        by_hand = ablations(network, x, target, modes=("identity",), together=False).results
        without = {row["key"]: row for row in own if row["mode"] == "identity"}
        assert [without[f"{one.place}/{one.branch}"]["change"] for one in by_hand] == pytest.approx(
            [one.answer.value for one in by_hand], abs=1e-6
        )
        assert [without[f"{one.place}/{one.branch}"]["flips"] for one in by_hand] == [one.flips for one in by_hand]
    assert main([*asked[:-4], "1", "--methods", "saliency"]) == 0
    assert audit.query("select distinct item from explained")["item"].to_pylist() == apart[:1]  # of the same object
    assert main(asked) == 0
    kept = (tmp_path / "out" / files.EXPLAINED).stat().st_mtime_ns
    monkeypatch.setattr("gam_viz.audit.explained._one", lambda *given: pytest.fail("computed again"))
    assert main(asked) == 0
    assert (tmp_path / "out" / files.EXPLAINED).stat().st_mtime_ns == kept


def test_what_is_no_method(pictures, networks, tmp_path, capsys):
    assert main(command(pictures, networks, tmp_path / "out", "--explain", "2", "--methods", "magic")) == 2
    assert "got magic" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
