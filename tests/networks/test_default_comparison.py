"""Which of several networks is the first to be looked at."""

from gam_viz.networks import NetworkConfig
from gam_viz.networks.card import Card
from gam_viz.networks.default_comparison import first_comparison


def card(name: str, attention: str, accuracy: float, **options: object) -> Card:
    config = NetworkConfig(width=4, num_classes=2, attention=attention, attention_options=options)
    validation = {"accuracy": accuracy}
    return Card(name, "own", "", ("a", "b"), 32, (0.5,) * 3, (0.25,) * 3, config, validation=validation)


def test_the_module_as_printed_comes_first_and_of_those_what_validated_best() -> None:
    cards = [
        card("variant", "gam", 0.99, rate=8),
        card("weak", "gam", 0.8),
        card("strong", "gam", 0.9),
        card("cbam", "cbam", 0.7),
        card("cbam-variant", "cbam", 0.9, kernel_size=3),
    ]
    assert first_comparison(cards) == ["cbam", "strong"]
    assert first_comparison(cards[:1] + cards[3:4]) == ["cbam", "variant"]  # one that there is, where no other is
