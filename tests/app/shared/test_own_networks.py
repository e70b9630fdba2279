"""Own networks in the page: uploaded, asked about, compared, refused, removed."""

import argparse
import dataclasses
import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save
from streamlit.testing.v1 import AppTest
from torch import nn

from gam_viz.app.shared.own_networks import admission
from gam_viz.app.shared.own_networks.admission import OwnNetworkError, admitted, distinct, read_classes, read_three
from gam_viz.app.shared.words import speaking
from gam_viz.datasets.scenes.draw import CLASSES
from gam_viz.explain import SpatialMap
from gam_viz.figures.gate_scales import spatial_scale
from gam_viz.images import load_sample, prepare
from gam_viz.networks import NetworkConfig, ResidualNetwork, build_network
from gam_viz.networks.checkpoints import Card, Checkpoint, from_bytes
from tests.app.reading import plain, traces
from tests.app.visiting import visit

ANIMALS = "cat\ndog\nfish, flying"
GALLERY = "test_pictures"


def network(classes: int = 3, seed: int = 5, **config: object) -> ResidualNetwork:
    torch.manual_seed(seed)
    built = build_network(NetworkConfig(width=4, num_classes=classes, **config))  # type: ignore[arg-type]
    with torch.no_grad():
        built.fc.weight.mul_(20)  # an untrained network says nearly the same of every picture
    return built.eval()


def saved(thing: object) -> bytes:
    file = io.BytesIO()
    torch.save(thing, file)
    return file.getvalue()


def state_dict(classes: int = 3, seed: int = 5, **config: object) -> bytes:
    return saved(network(classes, seed, **config).state_dict())


def safetensors(card_changes: dict[str, object] | None = None, seed: int = 5, **config: object) -> bytes:
    """A checkpoint of three classes; the card's JSON is changed as it stands, so that it may say anything."""
    built = network(seed=seed, **config)
    card = Card("theirs", "animals", "Animals", ("cat", "dog", "fish"), 32, (0.5,) * 3, (0.5,) * 3, built.config)
    said = json.loads(card.to_json()) | (card_changes or {})
    return save(dict(built.state_dict()), metadata={"card": json.dumps(said)})


def give(app: AppTest, name: str, content: bytes) -> AppTest:
    """Open the dialog, if it is not, and upload a file."""
    keys = [widget.key or "" for widget in app.file_uploader]
    if not any(key.startswith("own-file") for key in keys):
        app.button(key="own-button").click().run()
        keys = [widget.key or "" for widget in app.file_uploader]
    key = next(key for key in keys if key.startswith("own-file"))
    return app.file_uploader(key=key).set_value([(name, content, "application/octet-stream")]).run()


def field(widgets: Callable[..., object], name: str):  # type: ignore[no-untyped-def]
    """The form's widget of that name, whatever the upload's number."""
    return next(widget for widget in widgets() if (widget.key or "").startswith(f"own-{name}-"))  # type: ignore[attr-defined]


def add(app: AppTest, classes: str | None = None) -> AppTest:
    if classes is not None:
        field(lambda: app.text_area, "classes").set_value(classes)
    return app.button(key="own-add").click().run()


def errors(app: AppTest) -> str:
    return "\n".join(error.value for error in app.error)


def captions(app: AppTest) -> str:
    return plain("\n".join(caption.value for caption in app.caption))


def headings(app: AppTest) -> str:
    return "\n".join(html.proto.body for html in app.get("html"))  # type: ignore[attr-defined]


def kept(app: AppTest) -> tuple[Checkpoint, ...]:
    present = "own-networks" in app.session_state
    return tuple(app.session_state["own-networks"].values()) if present else ()


def names(app: AppTest) -> list[str]:
    return [checkpoint.card.name for checkpoint in kept(app)]


def _choice_alone() -> None:
    from gam_viz.app.shared.sidebar import choose_networks

    choose_networks()


@pytest.fixture
def dialog(app: AppTest) -> AppTest:
    """The choice of networks with its dialog, without a page beside it; `app` sets the folder of checkpoints."""
    return AppTest.from_function(_choice_alone, default_timeout=120)


@pytest.fixture(autouse=True)
def _nothing_runs_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.chdir(tmp_path)
    yield
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith("torchinductor")] == []


def test_a_state_dict_is_asked_about_and_compared_with_the_shipped_networks(app: AppTest) -> None:
    built = network(10, attention="gam", stem="stride2")
    app.run()
    give(app, "mine.pth", saved(built.state_dict()))
    assert not app.exception
    told = "\n".join(markdown.value for markdown in app.markdown)
    assert "gam_net" in told
    assert "GAM" in told
    assert "10 classes" in told
    assert field(lambda: app.number_input, "size").value == 32
    field(lambda: app.selectbox, "set").set_value("scenes").run()
    assert field(lambda: app.number_input, "size").value == 64  # the data set's
    assert field(lambda: app.selectbox, "norm").value == "as-cifar10"  # the same numbers, listed once
    assert "sailboat, house" in captions(app)
    stem = next(w for w in app.get("button_group") if (w.key or "").startswith("own-stem"))  # type: ignore[attr-defined]
    assert stem.value == "stride2"
    add(app)
    assert not app.exception
    assert not app.error
    assert app.selectbox(key="data").value == "scenes"
    assert app.multiselect(key="networks-scenes").value == ["scenes-cbam", "scenes-gam", "mine"]
    assert app.multiselect(key="networks-scenes").options[-1] == "own: mine · GAM"
    assert "GAM (mine)" in headings(app)
    (mine,) = kept(app)
    assert mine.card.classes == CLASSES
    # The oracle: the network as it was before it was saved, on the picture that the page shows.
    sample = app.selectbox(key="sample").value
    seen = prepare(load_sample(sample), size=64, mean=(0.5,) * 3, std=(0.25,) * 3, fit="crop")
    with torch.no_grad():
        expected = built(seen.tensor)[0].numpy()
    (found,) = (e for (key,), e in app.session_state["cache-explanations"].items() if key.startswith(mine.sha256))
    np.testing.assert_allclose(found.logits, expected, rtol=1e-5, atol=1e-5)


def test_one_network_of_its_own_classes_is_looked_at_alone_and_two_are_compared(app: AppTest) -> None:
    app.run()
    give(app, "first.pth", state_dict(attention="gam"))
    add(app, ANIMALS)
    assert not app.exception
    group = app.selectbox(key="data").value
    assert group.startswith("own-")
    assert app.selectbox(key="data").options[-1] == "Own: 3 classes (cat, dog, fish, flying)"
    assert app.multiselect(key=f"networks-{group}").value == ["first"]
    assert "To compare, add a second" in captions(app)
    assert "of the weights are negative" in captions(app)
    give(app, "second.pth", state_dict(seed=6, attention="cbam"))
    add(app, "cat,dog,bird")  # other classes: no comparison with the first
    assert not app.exception
    other = app.selectbox(key="data").value
    assert other not in (group, "scenes")
    assert app.multiselect(key=f"networks-{other}").value == ["second"]
    give(app, "third.pth", state_dict(seed=7, attention="cbam"))
    add(app, ANIMALS)
    assert app.selectbox(key="data").value == group
    assert app.multiselect(key=f"networks-{group}").value == ["first", "third"]
    assert "To compare, add a second" not in captions(app)
    assert "One mask for all channels" in captions(app)
    assert not app.exception


def test_what_weights_do_not_tell_is_asked_only_where_it_matters(dialog: AppTest) -> None:
    dialog.run()
    give(dialog, "x.pth", state_dict(attention="se_gam", stem="imagenet"))
    asked = {(w.key or "").split("-")[1] for w in dialog.get("button_group") if (w.key or "").startswith("own-")}  # type: ignore[attr-defined]
    assert asked == {"channel_sigmoid", "residual"}
    assert field(lambda: dialog.number_input, "size").value == 224
    for name, answer in (("channel_sigmoid", "yes"), ("residual", "no")):
        widget = next(w for w in dialog.get("button_group") if (w.key or "").startswith(f"own-{name}"))  # type: ignore[attr-defined]
        widget.set_value(answer)  # type: ignore[attr-defined]
    field(lambda: dialog.number_input, "size").set_value(64)
    field(lambda: dialog.selectbox, "norm").set_value("imagenet").run()
    add(dialog)
    assert not dialog.exception
    (mine,) = kept(dialog)
    assert mine.card.config.attention_options == {"channel_gate": "sigmoid", "residual": False}
    assert mine.card.input_size == 64
    assert mine.card.mean == (0.485, 0.456, 0.406)
    assert mine.card.classes == ("class 0", "class 1", "class 2")


def test_wrong_answers_end_in_a_sentence_and_right_ones_then_go_on(dialog: AppTest) -> None:
    dialog.run()
    give(dialog, "x.pth", state_dict())
    add(dialog, "cat\ndog")
    assert "3 outputs, but 2 class names" in errors(dialog)
    add(dialog, "cat\ndog\ncat")
    assert "Two classes are called cat" in errors(dialog)
    field(lambda: dialog.selectbox, "norm").set_value("other").run()
    field(lambda: dialog.text_input, "std").set_value("[0.2, 0.2]")
    add(dialog, ANIMALS)
    assert "three numbers each" in errors(dialog)
    field(lambda: dialog.text_input, "std").set_value("0.2, 0, 0.2")
    add(dialog)
    assert "must be above 0" in errors(dialog)
    assert not dialog.exception
    assert not kept(dialog)
    field(lambda: dialog.text_input, "std").set_value("[0.2, 0.3, 0.2]")
    add(dialog)
    assert not dialog.error
    assert kept(dialog)[0].card.std == (0.2, 0.3, 0.2)
    assert kept(dialog)[0].card.classes == ("cat", "dog", "fish, flying")


def test_a_safetensors_file_is_taken_in_at_once(dialog: AppTest) -> None:
    dialog.run()
    give(dialog, "theirs.safetensors", safetensors(attention="cbam"))
    assert not dialog.exception
    assert not dialog.error
    assert names(dialog) == ["theirs"]
    assert "own-open" not in dialog.session_state
    assert dialog.selectbox(key="data").value.startswith("own-")
    give(dialog, "again.safetensors", safetensors(attention="cbam"))
    assert "already been added, as theirs" in errors(dialog)
    assert names(dialog) == ["theirs"]


def test_nothing_that_a_card_claims_reaches_the_page_unchecked(app: AppTest) -> None:
    lies = {
        "name": "../../<b>,![x](http://x/y)",
        "dataset": "folder:/etc",
        "classes": ["![](http://x/y)", "`b`", ""],
        "recipe": {"name": "![](http://x/y)"},
        "notes": ["<script>"],
        "domain": "![](http://x/y)",
    }
    app.run()
    give(app, "x.safetensors", safetensors(lies, attention="gam"))
    assert not app.exception
    assert not app.error
    (mine,) = kept(app)
    card = mine.card
    assert card.dataset == "own"  # a data set's name is where pictures are looked for
    assert not set(card.name) & set("/<>,![]():")
    assert not any(set(name) & set("![]:`") for name in card.classes)
    assert card.classes[2] == "class 2"
    assert (card.test, card.validation, card.recipe, card.notes, card.domain) == ({}, {}, {}, (), "")
    app.segmented_control(key="source").set_value("test").run()
    assert not app.exception
    assert "/etc" not in "\n".join(info.value for info in app.info)


MARKED_UP = {"attention": "se_gam", "attention_options": {"residual": "![x](y)"}, "width": 4, "num_classes": 3}
UNFIT: list[tuple[dict[str, object], str]] = [
    ({"test": {"accuracy": "much", "interval": 3}}, "cannot be read"),
    ({"validation": ["accuracy"]}, "cannot be read"),
    ({"epochs": {"a": 1}}, "cannot be read"),
    ({"domain": ["medical"]}, "cannot be read"),
    ({"std": [1e-320] * 3}, "finite"),
    ({"input_size": 4096}, "larger than 512 pixels"),
    ({"classes": ["a", "a", "b"]}, "Two classes are called a"),
    ({"classes": ["a"]}, "cannot be used"),
    ({"config": {"attention": "gam", "width": 8, "num_classes": 3}}, "do not fit"),
    ({"config": {"attention": "none", "width": 4, "num_classes": 3}}, "do not fit"),
    ({"config": {"attention": "x", "width": 4, "num_classes": 3}}, "not recognised"),
    (
        {"config": {"attention": "gam", "attention_options": {"rate": 0}, "width": 4, "num_classes": 3}},
        "not recognised",
    ),
    ({"config": MARKED_UP}, "not plain numbers"),
]


def test_a_card_that_does_not_fit_is_refused(dialog: AppTest) -> None:
    dialog.run()
    for number, (changes, sentence) in enumerate(UNFIT):
        give(dialog, f"{number}.safetensors", safetensors(changes, attention="gam"))
        assert not dialog.exception, changes
        assert sentence in errors(dialog), changes
        assert len(dialog.error) == 1, changes
        assert not kept(dialog), changes


class Runs:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("touch ran",)


BAD = {
    "pickled": (saved(argparse.Namespace(lr=0.1)), "holds more than weights", "不只有权重"),
    "runs": (saved({"state_dict": {"conv1.weight": Runs()}}), "holds more than weights", "不只有权重"),
    "text": (b"this is no checkpoint at all", "neither a torch.save file", "既不是"),
    "empty": (b"", "neither a torch.save file", "既不是"),
    "half": (state_dict()[:9000], "damaged", "已损坏"),
    "linear": (saved(nn.Linear(2, 2).state_dict()), "not recognised", "不认识"),
    "nan": (
        saved({k: v * float("nan") if k == "fc.bias" else v for k, v in network().state_dict().items()}),
        "not finite",
        "非有限",
    ),
    "overflow": (
        saved({k: v * 1e30 if v.ndim == 4 else v for k, v in network().state_dict().items()}),
        "no finite numbers",
        "有限的数值",
    ),
    "cut": (
        saved({k: v[:, :2] if k == "layer1.0.conv2.weight" else v for k, v in network().state_dict().items()}),
        "do not fit",
        "权重与网络不符",
    ),
}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_bad_file_ends_in_one_sentence_in_the_readers_language(dialog: AppTest, lang: str) -> None:
    dialog.query_params["lang"] = lang
    dialog.run()
    for name, (content, english, chinese) in BAD.items():
        with speaking(lang):  # AppTest asks the page outside its script what its options are called
            give(dialog, f"{name}.pth", content)
            if name in ("nan", "overflow"):  # found when the numbers are read
                add(dialog)
            assert not dialog.exception, name
            assert (english if lang == "en" else chinese) in errors(dialog), name
            assert len(dialog.error) == 1, name
            assert not kept(dialog), name
            if name in ("nan", "overflow"):
                dialog.button(key="own-another").click().run()


def test_a_refusal_prints_what_a_file_says_without_markup(dialog: AppTest) -> None:
    weights = network().state_dict() | {"![x](http://example.org/y.png)": torch.zeros(1)}
    dialog.run()
    give(dialog, "x.pth", saved(weights))
    assert "do not fit" in errors(dialog)
    assert "![x](" not in errors(dialog)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    dialog: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("read")

    monkeypatch.setattr(admission, "MAX_BYTES", 2 * admission.MEGABYTE)
    monkeypatch.setattr("gam_viz.app.shared.own_networks.dialog.open_state_dict", forbidden)
    dialog.run()
    give(dialog, "large.pth", bytes(2 * admission.MEGABYTE + 1))
    assert not dialog.exception
    assert "larger than the limit of 2 MB" in errors(dialog)


def test_a_session_keeps_so_many_networks_and_no_more(dialog: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "MAX_NETWORKS", 2)
    monkeypatch.setattr(
        "gam_viz.app.shared.own_networks.dialog.MAX_NETWORKS", 3
    )  # the page does not know; the server does
    dialog.run()
    for seed in range(2):
        give(dialog, f"n{seed}.safetensors", safetensors({"name": f"n{seed}"}, seed=seed))
    assert names(dialog) == ["n0", "n1"]
    give(dialog, "n2.safetensors", safetensors(seed=2))
    assert "limit of 2 own networks" in errors(dialog)
    assert names(dialog) == ["n0", "n1"]
    monkeypatch.setattr("gam_viz.app.shared.own_networks.dialog.MAX_NETWORKS", 2)
    dialog.run()
    assert any("remove one first" in info.value for info in dialog.info)
    assert not any((widget.key or "").startswith("own-file") for widget in dialog.file_uploader)


def test_a_session_keeps_so_many_bytes(dialog: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    content = safetensors()
    monkeypatch.setattr(admission, "MAX_SESSION_BYTES", len(content) + 1000)
    dialog.run()
    give(dialog, "a.safetensors", content)
    give(dialog, "b.safetensors", safetensors(seed=6))
    assert "remove one first" in errors(dialog)
    assert names(dialog) == ["theirs"]


def test_a_removed_network_leaves_nothing(app: AppTest) -> None:
    app.run()
    give(app, "mine.pth", state_dict(10, attention="gam", stem="stride2"))
    field(lambda: app.selectbox, "set").set_value("scenes").run()
    add(app)
    sha256 = kept(app)[0].sha256
    assert {"own-networks", "cache-networks", "cache-explanations", "cache-attributions"} <= traces(app, sha256)
    app.multiselect(key="networks-scenes").set_value(["mine"]).run()
    assert not app.exception  # alone, as an own one may be
    app.button(key="own-button").click().run()
    app.button(key="own-remove-mine").click().run()
    assert not app.exception
    assert not kept(app)
    assert not traces(app, sha256)
    assert app.multiselect(key="networks-scenes").value == ["scenes-cbam", "scenes-gam"]


def test_a_shipped_networks_name_is_not_taken_over(dialog: AppTest, checkpoint_folder: Path) -> None:
    shipped = checkpoint_folder / "scenes-cbam.safetensors"
    dialog.run()
    give(dialog, "scenes-cbam.safetensors", shipped.read_bytes())
    assert "already been added, as scenes-cbam" in errors(dialog)
    with safe_open(shipped, framework="pt") as file:
        weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        card = file.metadata()["card"]
    weights["fc.bias"] += 0.5
    give(dialog, "scenes-cbam.safetensors", save(weights, metadata={"card": card}))
    assert not dialog.exception
    assert names(dialog) == ["scenes-cbam-own"]
    assert dialog.multiselect(key="networks-scenes").value == ["scenes-cbam", "scenes-gam", "scenes-cbam-own"]
    assert kept(dialog)[0].card.test == {"accuracy": 0.91, "interval": [0.9, 0.92]}


def test_a_link_to_a_network_that_is_not_here_falls_back(dialog: AppTest) -> None:
    dialog.query_params["data"] = "own-12345678"
    dialog.query_params["networks-scenes"] = "mine,scenes-gam"
    dialog.run()
    assert not dialog.exception
    assert dialog.multiselect(key="networks-scenes").value == ["scenes-gam"]


def test_an_own_network_without_test_pictures_has_none_to_show(app: AppTest) -> None:
    app.run()
    give(app, "theirs.safetensors", safetensors())
    visit(app, GALLERY).run()
    assert not app.exception
    assert any("test pictures cannot be shown" in info.value for info in app.info)
    assert names(app) == ["theirs"]


def test_everything_is_there_in_chinese(dialog: AppTest) -> None:
    dialog.query_params["lang"] = "zh"
    dialog.run()
    assert dialog.button(key="own-button").label == "添加自己的网络"
    with speaking("zh"):
        give(dialog, "x.pth", state_dict(10, attention="se_gam", stem="stride2"))
        field(lambda: dialog.selectbox, "set").set_value("cifar10").run()
        field(lambda: dialog.selectbox, "norm").set_value("other").run()
        add(dialog)
    assert not dialog.exception
    assert not dialog.error
    assert dialog.multiselect(key="networks-cifar10").options[-1] == "自己的：x · SE 接 GAM"
    assert dialog.button(key="own-button").label == "自己的网络（1）"


@pytest.mark.parametrize(
    ("written", "count", "names"),
    [
        ("", 2, ("class 0", "class 1")),
        ("cat, dog", 2, ("cat", "dog")),
        ("['cat', 'dog']", 2, ("cat", "dog")),
        ("cat\n\n dog \n", 2, ("cat", "dog")),
        ("tench, Tinca tinca\ncar", 2, ("tench, Tinca tinca", "car")),
        ("猫，\n狗", 2, ("猫_", "狗")),
    ],
)
def test_classes_are_read_as_people_write_them(written: str, count: int, names: tuple[str, ...]) -> None:
    assert read_classes(written, count) == names


def test_three_numbers_are_read_as_in_code() -> None:
    assert read_three("[0.1, 0.2,0.3]") == read_three("0.1 0.2 0.3") == (0.1, 0.2, 0.3)
    with pytest.raises(OwnNetworkError, match="three_numbers"):
        read_three("0.1, 0.2")


def test_names_stay_distinct() -> None:
    taken: list[str] = []
    for _ in range(3):
        taken.append(distinct("a/b", taken))
    assert taken == ["a_b", "a_b-own", "a_b-own-2"]
    assert distinct("..", []) == "network"


def test_a_network_that_costs_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = from_bytes(safetensors(attention="gam"), "x.safetensors")
    assert admitted(checkpoint, (), ()).card.name == "theirs"
    monkeypatch.setattr(admission, "MAX_MACS", 1e6)
    with pytest.raises(OwnNetworkError, match="costs"):
        admitted(checkpoint, (), ())


def test_a_data_sets_classes_in_another_order_are_another_comparison(tmp_path: Path) -> None:
    shipped = from_bytes(safetensors({"dataset": "animals"}), "a.safetensors")
    same = from_bytes(safetensors({"dataset": "animals"}, seed=6), "b.safetensors")
    turned = from_bytes(safetensors({"dataset": "animals", "classes": ["dog", "cat", "fish"]}, seed=7), "c.safetensors")
    assert admitted(same, (shipped,), ()).card.dataset == "animals"
    assert admitted(turned, (shipped,), ()).card.dataset == "own"
    assert admitted(same, (shipped,), ()).sha256 == same.sha256


def map_of(values: list[float], lowest: float | None, highest: float | None) -> SpatialMap:
    return SpatialMap(np.array([values], np.float32), "mask", lowest, highest)


def test_masks_without_bounds_have_a_signed_scale() -> None:
    bounded = map_of([0.1, 0.9], 0.0, 1.0)
    assert dataclasses.astuple(spatial_scale([bounded]))[:3] == (0.0, 1.0, False)
    gain = spatial_scale([bounded, map_of([0.1, 3.0], 0.0, None)])
    assert (gain.low, gain.high, gain.signed) == (0.0, 3.0, False)
    signed = spatial_scale([bounded, map_of([-2.5, 0.5], None, None)])
    assert (signed.low, signed.high, signed.signed) == (-2.5, 2.5, True)
    small = spatial_scale([map_of([-0.1, 0.5], None, None)])
    assert (small.low, small.high) == (-1.0, 1.0)  # 1, which leaves a feature as it is, is on the scale
