"""No accident decides: held keys, pastes, typed words and keys that come too soon are dropped."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from widgets.arming import AFTER_FIELD, ALONE, STAND, Arming


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def standing() -> tuple[Arming, Clock]:
    clock = Clock()
    arming = Arming(clock)
    arming.stand()
    clock.now += STAND
    return arming, clock


def play(arming: Arming, clock: Clock, keys: list[tuple[float, str]]) -> list[str]:
    """Presses keys after the given gaps in seconds, looking for a decision every 10 ms; `a`, `e`, `r`, `s` decide."""
    decided: list[str] = []
    for gap, key in [*keys, (1.0, "")]:
        until = clock.now + gap
        while clock.now + 0.01 < until:
            clock.now += 0.01
            decided += filter(None, [arming.settle()])
        clock.now = until
        if key in ("a", "e", "r", "s"):
            arming.decide(key, clock.now)
        elif key:
            arming.heard(clock.now)
    return decided


def test_a_lone_key_on_a_card_that_has_stood_decides_after_a_moment_of_silence() -> None:
    arming, clock = standing()
    assert arming.decide("a", clock.now)
    clock.now += ALONE - 0.01
    assert arming.settle() is None
    clock.now += 0.02
    assert arming.settle() == "a"
    assert arming.settle() is None


def test_a_key_before_the_card_has_stood_is_too_soon_and_never_counts_later() -> None:
    clock = Clock()
    arming = Arming(clock)
    arming.stand()
    clock.now += STAND - 0.01
    assert not arming.armed
    assert not arming.decide("a", clock.now)
    clock.now += ALONE
    assert arming.settle() is None
    assert arming.armed


def test_a_key_that_was_pressed_before_the_card_came_is_too_soon_however_late_it_is_handled() -> None:
    clock = Clock()
    arming = Arming(clock)
    arming.stand()
    clock.now += 10
    assert not arming.decide("a", 1000.2)


def test_nothing_is_armed_before_anything_stands() -> None:
    arming = Arming(Clock())
    assert not arming.armed
    assert not arming.decide("a", 1e9)


def test_a_held_key_decides_nothing() -> None:
    arming, clock = standing()
    assert play(arming, clock, [(0.5, "a")] + [(0.03, "a")] * 200) == []


def test_repeats_of_the_key_that_decided_the_last_card_do_not_decide_the_next() -> None:
    arming, clock = standing()
    assert play(arming, clock, [(0.5, "a")]) == ["a"]
    arming.stand()
    assert play(arming, clock, [(0.5, "a")] + [(0.03, "a")] * 50) == []


def test_typed_words_decide_nothing() -> None:
    arming, clock = standing()
    words = [(0.09, key) for key in "please approve all as a rule"]
    assert play(arming, clock, words) == []


def test_a_paste_decides_nothing() -> None:
    arming, clock = standing()
    assert play(arming, clock, [(0.5, "a"), *[(0.0, key) for key in "\naaaars"]]) == []


def test_another_key_shortly_before_drops_the_decision() -> None:
    arming, clock = standing()
    arming.heard(clock.now)
    assert not arming.decide("a", clock.now + ALONE - 0.01)
    assert not arming.waits


def test_another_key_shortly_after_drops_the_decision_and_says_so() -> None:
    arming, clock = standing()
    assert arming.decide("a", clock.now)
    assert arming.heard(clock.now + ALONE - 0.01)
    clock.now += 1
    assert arming.settle() is None


def test_two_seconds_pass_where_the_app_took_a_field_away() -> None:
    clock = Clock()
    arming = Arming(clock)
    arming.stand(field_taken=True)
    assert not arming.decide("a", clock.now + AFTER_FIELD - 0.1)
    assert arming.remaining == AFTER_FIELD
    assert arming.decide("a", clock.now + AFTER_FIELD + 0.1)


def test_a_card_that_changes_makes_a_waiting_key_void() -> None:
    arming, clock = standing()
    arming.decide("a", clock.now)
    arming.stand()
    clock.now += ALONE
    assert arming.settle() is None


def test_a_look_that_comes_late_waits_for_keys_that_may_be_queued_behind_a_busy_loop() -> None:
    arming, clock = standing()
    pressed = clock.now
    arming.decide("a", pressed)
    clock.now += 0.5
    assert arming.settle() is None
    assert arming.heard(pressed + 0.03)
    clock.now += ALONE
    assert arming.settle() is None


def test_a_late_look_that_finds_no_other_key_lets_the_decision_through() -> None:
    arming, clock = standing()
    arming.decide("a", clock.now)
    clock.now += 0.5
    assert arming.settle() is None
    clock.now += ALONE
    assert arming.settle() == "a"


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.03, 0.1, 0.14, 0.2, 0.7]), st.sampled_from("ar j"))))
def test_whatever_is_pressed_only_keys_that_were_alone_decide(keys: list[tuple[float, str]]) -> None:
    arming, clock = standing()
    times, now = [], clock.now
    for gap, _ in keys:
        now += gap
        times.append(now)
    alone = [
        key
        for place, (_, key) in enumerate(keys)
        if key in "ar"
        and (place == 0 or times[place] - times[place - 1] >= ALONE)
        and (place + 1 == len(keys) or times[place + 1] - times[place] >= ALONE)
    ]
    assert play(arming, clock, keys) == alone
