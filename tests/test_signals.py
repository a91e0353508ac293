"""The taxonomy and its weights."""

from partnersignal.signals import default_signals, labels

# Shares of the eight wishes that belong to a signal (DESIGN, default weights).
WISHES = {
    "business_understanding": ((1, 0.5), (5, 1), (8, 1)),
    "proactive_help": ((1, 0.5), (6, 1)),
    "listening": ((2, 1),),
    "long_term": ((3, 1),),
    "fresh_ideas": ((7, 0.5),),
}


def rank_order_centroid(place: int, n: int = 8) -> float:
    return sum(1 / i for i in range(place, n + 1)) / n


def test_twenty_signals_fourteen_for_and_six_against() -> None:
    assert len(labels()) == len(set(labels())) == 20
    assert [signal.side for signal in default_signals()] == ["partner"] * 14 + ["vendor"] * 6


def test_partner_weights_follow_from_the_wishes() -> None:
    shares = {label: sum(part * rank_order_centroid(wish) for wish, part in wishes) for label, wishes in WISHES.items()}
    largest = max(shares.values())
    for signal in default_signals():
        if signal.side == "partner":
            assert signal.weight == round(0.5 + 0.5 * shares.get(signal.label, 0) / largest, 2), signal.label


def test_vendor_weights_are_the_stated_judgement() -> None:
    halves = {"executive_bypass", "contact_churn"}
    for signal in default_signals():
        if signal.side == "vendor":
            assert signal.weight == (0.5 if signal.label in halves else 1.0)


def test_every_signal_says_what_it_is_and_where_its_weight_comes_from() -> None:
    assert all(signal.definition and signal.source for signal in default_signals())
