"""The ZIP: what its manifest says is what is in it, its numbers are the case's, and equal cases have equal bytes."""

import csv
import dataclasses
import hashlib
import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from gam_viz.evaluation.disagreement import harmless
from gam_viz.evidence.examine import About, Case, examine
from gam_viz.evidence.verdicts import judgements
from gam_viz.images import from_pixels
from gam_viz.report import facts, html, pack
from gam_viz.text import words
from tests.evidence.small import QUICK, case_of, subject


def packed(case: Case, code: str = "en") -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(pack(case, words(code))))


@pytest.fixture(scope="module")
def archive(case: Case) -> zipfile.ZipFile:
    return packed(case)


def rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(name).decode())))


def test_the_manifest_lists_every_other_file_with_its_digest(case: Case, archive: zipfile.ZipFile) -> None:
    manifest = json.loads(archive.read("manifest.json"))
    listed = {each["name"]: each for each in manifest["files"]}
    assert archive.testzip() is None
    assert sorted([*listed, "manifest.json"]) == sorted(archive.namelist())
    for name, each in listed.items():
        content = archive.read(name)
        assert (each["sha256"], each["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))
        assert each["about"]
    assert manifest["provenance"] == json.loads(json.dumps(facts(case)))
    assert manifest["provenance"]["picture"]["sha256"] == case.picture.sha256
    assert [n["sha256"] for n in manifest["provenance"]["networks"]] == [n.sha256 for n in case.networks]


def test_the_report_in_it_is_the_report(case: Case, archive: zipfile.ZipFile) -> None:
    assert archive.read("report.html").decode() == html(case, words("en"))


def test_arrays_are_those_of_the_case_and_need_no_pickle(case: Case, archive: zipfile.ZipFile) -> None:
    with np.load(io.BytesIO(archive.read("arrays.npz")), allow_pickle=False) as arrays:
        seen = {"facts"}

        def same(key: str, values: np.ndarray) -> None:
            np.testing.assert_array_equal(arrays[key], values)
            seen.add(key)

        assert json.loads(str(arrays["facts"]))["picture"]["sha256"] == case.picture.sha256
        for place, network in enumerate(case.networks, 1):
            name = f"{place}-{network.name}"
            same(f"{name}/logits", network.explanation.logits)
            for reading in network.explanation.readings:
                same(f"{name}/gate/{reading.module}", reading.values)
            for attribution in network.attributions:
                same(f"{name}/attribution/{attribution.method}", attribution.values)
            for map_ in network.maps:
                same(f"{name}/heatmap/{map_.key}", map_.values)
            known, ablated = network.faithfulness, network.ablations
            assert known is not None
            assert ablated is not None
            same(f"{name}/removed", known.removed)
            same(f"{name}/inserted", known.inserted)
            for curve in known.curves:
                same(f"{name}/deletion/{curve.key}", curve.deletion)
                same(f"{name}/insertion/{curve.key}", curve.insertion)
            for pool in known.pools:
                same(f"{name}/deletion/random.{pool.grain}", pool.deletion)
                same(f"{name}/insertion/random.{pool.grain}", pool.insertion)
            same(f"{name}/ablation/names", [f"{one.layer} {one.branch} {one.mode}" for one in ablated.results])
            for measure, attribute in (("probability", "answer"), ("logit", "score"), ("margin", "margin")):
                changes = [dataclasses.astuple(getattr(one, attribute)) for one in ablated.results]
                same(f"{name}/ablation/{measure}", np.array(changes))
        assert case.agreement is not None
        same(
            "agreement/names",
            [
                f"{1 + ['cbam', 'gam'].index(n)}-{n} {m.key}"
                for n, m in zip(case.agreement.labels, case.agreement.maps, strict=True)
            ],
        )
        for measure in ("spearman", "ssim", "iou"):
            found = getattr(case.agreement, measure)
            same(f"agreement/{measure}", found.values)
            same(f"agreement/{measure}_low", found.low)
            same(f"agreement/{measure}_high", found.high)
        assert seen == set(arrays.files)


def test_tables_have_a_row_a_map_a_replacement_and_a_pair(case: Case, archive: zipfile.ZipFile) -> None:
    judged = judgements(case)
    for row, judgement in zip(rows(archive, "evidence.csv"), judged, strict=True):
        assert (row["network"], row["map"]) == (case.networks[judgement.network].name, judgement.map.key)
        assert judgement.standing is not None
        assert float(row["deletion_auc"]) == pytest.approx(judgement.standing.deletion, rel=1e-5)
        assert float(row["difference"]) == pytest.approx(judgement.standing.difference, rel=1e-4, abs=1e-6)
        assert row["against_random"] == judgement.outcome
        assert judgement.test is not None
        assert row["randomisation"] == judgement.test.verdict
        has_delta = judgement.attribution is not None and judgement.attribution.delta is not None
        assert bool(row["delta"]) == has_delta
    replaced = [one for network in case.networks if network.ablations for one in network.ablations.results]
    for row, one in zip(rows(archive, "ablations.csv"), replaced, strict=True):
        assert (row["layer"], row["branch"], row["replaced_by"]) == (one.layer, one.branch, one.mode)
        assert float(row["margin_change"]) == pytest.approx(one.margin.value, rel=1e-5, abs=1e-9)
        assert float(row["flip_share"]) == one.flip_share
    assert case.agreement is not None
    count = len(case.agreement.maps)
    assert len(rows(archive, "agreement.csv")) == count * (count - 1) // 2
    gates = rows(archive, "gates.csv")
    assert {row["network"] for row in gates} == {"1-cbam", "2-gam"}


def test_maps_are_at_their_true_size_and_the_picture_is_what_was_seen(case: Case, archive: zipfile.ZipFile) -> None:
    for place, network in enumerate(case.networks, 1):
        seen = np.asarray(Image.open(io.BytesIO(archive.read(f"seen/{place}-{network.name}.png"))))
        np.testing.assert_array_equal(seen, network.input.seen)
        for number, map_ in enumerate(network.maps):
            name = f"maps/{place}-{network.name}/{number:02d}-{map_.key}.png"
            height, width = map_.values.shape
            assert Image.open(io.BytesIO(archive.read(name))).size == (width, height)
    assert Image.open(io.BytesIO(archive.read("comparison.png"))).size[0] > 800


def test_equal_cases_have_equal_bytes() -> None:
    about = About(date="d", sample="scene-sailboat-17")
    first, second = (pack(case_of("cbam", about=about), words("en")) for _ in range(2))
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_names_of_files_are_harmless_whatever_networks_are_called() -> None:
    evil = "../../etc/=cmd|'/C calc'!A0\n\u202e$\\frac{"
    networks = [subject(a, ("=1+1", "b"), name=evil) for a in ("cbam", "gam")]
    picture = from_pixels(np.random.default_rng(0).integers(0, 256, (9, 16, 3), np.uint8), evil)
    case = examine(networks, picture, settings=QUICK, about=About(title=evil), target="=1+1")
    found = packed(case, "zh")
    for name in found.namelist():
        assert not name.startswith(("/", "."))
        assert ".." not in name.split("/")
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/")
    with np.load(io.BytesIO(found.read("arrays.npz")), allow_pickle=False) as arrays:
        assert not [key for key in arrays.files if ".." in key.split("/")]
    for row in rows(found, "evidence.csv"):
        assert row["target"] == "'=1+1" == harmless("=1+1")
        assert float(row["difference"]) <= 1  # a negative number stays a number


def test_a_case_without_gates_or_with_one_network_is_packed_too() -> None:
    for attention in ("none", "se"):
        found = packed(case_of(attention))
        assert "report.html" in found.namelist()
        assert found.read("comparison.png")
