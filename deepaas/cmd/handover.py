"""The server's end of ``--reload``: it is started by a supervisor, and replaced by its successor.

The supervisor has opened the sockets to listen on and gives them to each server. Over one more
socket the server tells that it answers, and is told that another one does.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading

READY, RETIRE, RETIRED = b"ready\n", b"retire\n", b"retired\n"
# Seconds in which running calls of a server that has been replaced may end.
RETIREMENT = 300.0


class Handover:
    """What a supervisor gives to a server.

    Args:
        sockets: file descriptors of sockets that listen.
        control: file descriptor of the socket to the supervisor.
        first: whether no server before this one has ever been ready.
    """

    def __init__(self, sockets: list[int], control: int, first: bool) -> None:
        for descriptor in (*sockets, control):
            os.set_inheritable(descriptor, False)
        self.sockets = [socket.socket(fileno=one) for one in sockets]
        self.first = first
        self.retired = False
        self._control = socket.socket(fileno=control)
        # A model that is imported holds the main thread up.
        threading.Thread(target=self._obey, daemon=True).start()

    def tell(self, news: bytes) -> None:
        """Tell the supervisor that this server is ``READY``, or accepts nothing any more."""
        with contextlib.suppress(OSError):
            self._control.sendall(news)

    def _obey(self) -> None:
        """End this process when it has been replaced, and when the supervisor is gone."""
        going_on = True
        while going_on:
            try:
                self.retired = going_on = self._control.recv(len(RETIRE)) == RETIRE
            except OSError:
                self.retired = going_on = False
            os.kill(os.getpid(), signal.SIGTERM)
