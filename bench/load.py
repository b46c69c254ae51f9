"""A sender of the same requests over many connections, in a process of its own; prints rate and latencies as JSON."""

import json
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Line:
    """One connection: what it still has to read of the answer, and when it asked."""

    socket: socket.socket
    number: int
    asked: float = 0.0
    missing: int = -1
    read: bytearray = field(default_factory=bytearray)


def main(port: int, connections: int, seconds: float, requests: list[str]) -> dict[str, float]:
    """Ask for `seconds`; every connection walks through the requests from a place of its own."""
    asked = [each.encode() for each in requests]
    waiting = selectors.DefaultSelector()
    for number in range(connections):
        line = Line(socket=socket.create_connection(("127.0.0.1", port)), number=number)
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.socket.setblocking(False)
        waiting.register(line.socket, selectors.EVENT_READ, line)
        _ask(line, asked)
    latencies: list[float] = []
    began = time.perf_counter()
    while (now := time.perf_counter()) - began < seconds:
        for key, _ in waiting.select(1):
            if _complete(key.data):
                now = time.perf_counter()
                latencies.append(now - key.data.asked)
                _ask(key.data, asked)
    spent = now - began
    latencies.sort()
    return {"rate": len(latencies) / spent, "median_ms": latencies[len(latencies) // 2] * 1000,
            "p99_ms": latencies[len(latencies) * 99 // 100] * 1000}


def _ask(line: Line, asked: list[bytes]) -> None:
    line.number += 1
    line.missing, line.asked = -1, time.perf_counter()
    line.read.clear()
    line.socket.send(asked[line.number % len(asked)])


def _complete(line: Line) -> bool:
    received = line.socket.recv(262144)
    if not received:
        raise ConnectionError("the server closed the connection")
    if line.missing < 0:
        line.read += received
        end = line.read.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(line.read[:end]).lower()
        if not head.startswith(b"http/1.1 200"):
            raise ConnectionError(head.decode())
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        line.missing = length - (len(line.read) - end - 4)
    else:
        line.missing -= len(received)
    return line.missing <= 0


if __name__ == "__main__":
    given = json.loads(sys.stdin.read())
    print(json.dumps(main(**given)))
