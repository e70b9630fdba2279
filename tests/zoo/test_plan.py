"""The declarative list: the project's own, and every way of getting one wrong."""

import dataclasses

import pytest

from gam_viz.networks import build_network
from gam_viz.zoo.plan import PlanError, read_plan

HEAD = '[attention.none]\n[attention.gam]\n[attention.small]\nmodule = "gam"\noptions = { rate = 16 }\n'
SET = '[[set]]\nname = "a"\ndata = "scenes"\nwidth = 16\nseeds = { none = 2, small = 1 }\n'


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "plan.toml"
        path.write_text(text)
        return path

    return write


def test_the_projects_plan_compares_the_same_attention_everywhere():
    plan = read_plan()
    assert {each.data for each in plan} >= {"cifar10", "ucmerced", "mednist", "pneumoniamnist", "scenes"}
    for each in plan:
        assert set(each.seeds) >= {"none", "cbam", "gam", "gam-sigmoid"}
    names = [run.name for each in plan for run in each.runs]
    assert len(names) == len(set(names))


def test_the_projects_plan_has_every_form_that_is_asked_for():
    scenes = next(each for each in read_plan() if each.name == "scenes")
    wide = dataclasses.replace(scenes, width=64)  # the tutorial's; at a quarter of it biases weigh more
    built = {run.attention.label: build_network(run.config(10)) for run in wide.runs if run.seed == 0}
    assert set(built) == {"none", "se", "cbam", "gam", "gam-sigmoid", "gam-groups", "gam-factorised", "gam-r16"}
    parameters = {label: sum(p.numel() for p in network.parameters()) for label, network in built.items()}
    added = {label: count / parameters["none"] - 1 for label, count in parameters.items()}
    assert added["gam-factorised"] < 0.05 < min(added["gam-r16"], added["gam-groups"])
    assert max(added["gam-r16"], added["gam-groups"]) < added["gam"]
    assert built["gam-sigmoid"].layer1[0].attention.channel_gate.bounds == (0.0, 1.0)
    assert len(scenes.snapshots["cbam"]) == len(scenes.snapshots["gam"]) == 8


def test_what_a_plan_says(written):
    (each,) = read_plan(written(HEAD + SET + "epochs = 3\nsnapshots = { small = [0, 3] }\n"))
    assert [run.name for run in each.runs] == ["a-none-s0", "a-small-s0", "a-none-s1"]  # first seeds first
    run = each.runs[1]
    assert run.shipped_name == "a-small"
    assert run.snapshots == (0, 3)
    config = run.config(7)
    assert (config.num_classes, config.width, config.attention) == (7, 16, "gam")
    assert config.attention_options == {"rate": 16}
    assert each.recipe.epochs == 3


def test_attention_in_some_stages_alone(written):
    head = HEAD.replace("[attention.small]", "[attention.small]\nstages = [false, false, true]")
    (each,) = read_plan(written(head + SET))
    config = next(run for run in each.runs if run.attention.label == "small").config(7)
    assert config.attention_stages == (False, False, True)
    layers = {name for name, _ in build_network(config).named_modules() if name.endswith("channel_gate")}
    assert layers == {"layer3.0.attention.channel_gate", "layer3.1.attention.channel_gate"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("set = ", "is not TOML"),
        (HEAD, "names no set"),
        (HEAD + SET.replace("small = 1", "bam = 1"), "unknown attention 'bam'; known are none, gam, small"),
        (HEAD.replace('"gam"', '"sk"') + SET, "attention 'small' of the plan: unknown attention 'sk'"),
        (HEAD.replace("rate = 16", "ratio = 16") + SET, "attention 'small' of the plan"),
        (HEAD.replace("[attention.small]", "[attention.small]\nstages = [0, 1]") + SET, "a list of true and false"),
        (HEAD.replace("[attention.small]", "[attention.small]\nstages = [true]") + SET, "gam_net's 3 stages, got 1"),
        (HEAD + SET.replace("scenes", "imagenet"), "unknown data 'imagenet'; known are cifar10"),
        (HEAD + SET.replace("width = 16", ""), "set 'a' of the plan lacks 'width'"),
        (HEAD + SET.replace("width = 16", "width = 8"), "rate must lie between"),
        (HEAD + SET.replace("none = 2", "none = 0"), "a number of seeds, 1 or more"),
        (HEAD + SET + 'recipe = "best"\n', "unknown recipe 'best'"),
        (HEAD + SET + "epoch = 3\n", "unknown keys epoch"),
        (HEAD + SET + SET, "two sets of the plan are called 'a'"),
        (HEAD + SET + 'start = "b"\n', "starts from 'b', which is not a set above it"),
        (HEAD + SET + SET.replace('"a"', '"b"').replace("small", "gam") + 'start = "a"\n', "which has no gam"),
        (HEAD + SET.replace("{ none = 2, small = 1 }", "3"), "a value of the wrong kind"),
    ],
)
def test_a_wrong_plan_is_refused_in_a_sentence(written, text, said):
    with pytest.raises(PlanError) as caught:
        read_plan(written(text))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value).strip()


def test_a_plan_that_is_not_there(tmp_path):
    with pytest.raises(PlanError, match="cannot be opened"):
        read_plan(tmp_path / "plan.toml")
