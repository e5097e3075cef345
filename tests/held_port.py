# SPDX-License-Identifier: Apache-2.0
"""A port of 127.0.0.1 for a server that has to be told one."""
import socket


def hold_port():
    """A socket that keeps its port from everybody who asks for any that is free, until it is closed.

    A server that is told the number can listen there, as both sockets allow the reuse of their address; until one does,
    connections are refused."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held


def number_of(held):
    return held.getsockname()[1]
