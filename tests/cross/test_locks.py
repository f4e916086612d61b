"""One lock, held and abandoned by either language."""


import pytest
from conftest import Refused


LANGUAGES = ["php", "python"]


def test_what_a_lock_guards_loses_no_update_between_the_languages(segment, php):
    array, lock = segment.array("guarded", (1,), "int64"), segment.lock("guard")
    php.send("increment under lock", name="guard", array="guarded", times=5000)
    for _ in range(5000):
        with lock:
            array[0] = array[0] + 1
    php.receive()
    assert array[0] == 10000


@pytest.mark.parametrize("taker", LANGUAGES)
@pytest.mark.parametrize("holder", LANGUAGES)
def test_a_strict_lock_of_the_dead_wants_repair_first(segment, mortal, holder, taker):
    other, victim, name = mortal(taker), mortal(holder), f"strict: {holder} dies, {taker} takes"
    victim("make", kind="lock", name=name)
    victim("call", name=name, method="acquire")
    other("make", kind="lock", name=name, strict=True)
    victim.kill()
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            other("call", name=name, method="acquire", arguments=[10.0])
        assert refused.value.kind.rpartition("\\")[2] == "OwnerDied"
    other("call", name=name, method="repair")
    taken = other("call", name=name, method="acquire", arguments=[0])
    assert taken["result"] and not taken["recovered"]
    other("call", name=name, method="release")


def test_a_dead_process_is_no_peer_any_more(segment, mortal):
    victim = mortal("php")
    victim("store", name="by the dead", value=["i", "1"])
    victim.end()
    other = mortal("python")
    other("make", kind="lock", name="after the death")
    assert segment["by the dead"] == 1 and segment.check() == []
