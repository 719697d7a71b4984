"""The wire between the hook tools' program and the model: requirer-lib/jujutest/hooktool says what goes over it.

A request and an answer are lists of texts. Each text is its length (four bytes, big endian) and its bytes; each list is
led by its count.
"""

import socket
import struct
from dataclasses import dataclass


@dataclass
class Call:
    """One run of one hook tool."""

    directory: str
    tool: str
    arguments: list[str]
    stdin: str | None


@dataclass
class Answer:
    """What the tool prints, and its exit code. The code "stdin" has the tool ask again with its standard input."""

    code: str = "0"
    stdout: str = ""
    stderr: str = ""


NEEDS_STDIN = Answer(code="stdin")


def receive(connection: socket.socket) -> Call:
    with connection.makefile("rb") as stream:
        count = _number(stream)
        texts = [_exactly(stream, _number(stream)).decode() for _ in range(count)]
    _, directory, tool, has_stdin, stdin, *arguments = texts
    return Call(directory, tool, arguments, stdin if has_stdin == "1" else None)


def send(connection: socket.socket, answer: Answer):
    texts = [text.encode() for text in (answer.code, answer.stdout, answer.stderr)]
    connection.sendall(struct.pack(">I", len(texts)) + b"".join(struct.pack(">I", len(text)) + text for text in texts))


def _number(stream) -> int:
    return struct.unpack(">I", _exactly(stream, 4))[0]


def _exactly(stream, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise EOFError("the hook tool ended in the middle of its request")
    return data
