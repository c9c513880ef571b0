"""Facts about keys: CURVE with the controller's public key (the rig must have been made with `curve`)."""

from __future__ import annotations

from tests.gateway_kit.rig import Rig


def with_the_right_keys_it_works(rig: Rig) -> None:
    rig.meet(cells=1)
    rig.base.drive()
    rig.go()
    rig.arrive()


def to_a_server_with_another_key_it_never_talks(rig: Rig) -> None:
    rig.start(server_key="stranger.key")
    assert not rig.controller.listen(6.0)
    rig.assert_alive()


FACTS = (with_the_right_keys_it_works, to_a_server_with_another_key_it_never_talks)
