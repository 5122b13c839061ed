"""Connections to addresses that were checked, and what is wrong with the certificate of whoever answers there."""

import socket
import ssl
from collections.abc import Sequence

from datasources.engines.base import CONNECT_SECONDS

_ELSE = "The server's certificate cannot be checked. Give the server a valid one"
_WEAKER = ", or choose a TLS mode that checks nothing."
#: By OpenSSL's X509_V_ERR number.
_PROBLEMS = {
    9: "The server's certificate is not valid yet. Check the clocks, or give the server another one",
    10: "The server's certificate has expired. Give the server a new one",
    **dict.fromkeys(
        (18, 19, 20, 21),
        "The server's certificate is signed by an authority that embedhost does not know. Use one of a public "
        "authority, ask the operator to trust yours",
    ),
    **dict.fromkeys(
        (62, 64),
        "The server's certificate is for another name than this host. Write the host as the certificate has it",
    ),
}


def connected(addresses: Sequence[str], port: int) -> socket.socket:
    """Connect to the first checked address that answers. Raises OSError."""
    failures: list[OSError] = []
    for address in addresses:
        try:
            found = socket.create_connection((address, port), (CONNECT_SECONDS - 1) / len(addresses))
        except OSError as error:
            failures.append(error)
        else:
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            return found
    raise failures[0]


def certificate_problem(error: BaseException | None) -> str:
    """Return what was wrong with a certificate, for whoever connects the server; nothing when it was something else."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return ""
    return _PROBLEMS.get(error.verify_code, _ELSE) + _WEAKER


def handshake_problem(line: socket.socket, host: str) -> str:
    """Do a TLS handshake that checks everything, and return what is wrong with the server's certificate."""
    try:
        ssl.create_default_context().wrap_socket(line, server_hostname=host).close()
    except OSError as error:
        return certificate_problem(error)
    return ""
