"""SM2 in plain integers after GB/T 32918.2: slow, not constant in time, and independent of OpenSSL's curve code."""

from cryptography.hazmat.primitives import hashes

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
Point = tuple[int, int] | None


def add(p: Point, q: Point) -> Point:
    if p is None or q is None:
        return p or q
    if p[0] == q[0] and (p[1] + q[1]) % P == 0:
        return None
    slope = (3 * p[0] ** 2 + A) * pow(2 * p[1], -1, P) if p == q else (q[1] - p[1]) * pow(q[0] - p[0], -1, P)
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def times(k: int, p: Point) -> Point:
    result: Point = None
    while k:
        result, p, k = (add(result, p) if k & 1 else result), add(p, p), k >> 1
    return result


def sm3(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def digest_of(public: Point, message: bytes, signer_id: bytes = b"1234567812345678") -> int:
    assert public
    numbers = (A, B, *G, *public)
    z = sm3((len(signer_id) * 8).to_bytes(2, "big") + signer_id + b"".join(n.to_bytes(32, "big") for n in numbers))
    return int.from_bytes(sm3(z + message), "big")


def sign(secret: int, message: bytes, k: int) -> tuple[int, int]:
    point = times(k, G)
    assert point
    r = (digest_of(times(secret, G), message) + point[0]) % N
    return r, pow(1 + secret, -1, N) * (k - r * secret) % N


def verify(public: Point, message: bytes, r: int, s: int) -> bool:
    if not (1 <= r < N and 1 <= s < N) or (r + s) % N == 0:
        return False
    point = add(times(s, G), times((r + s) % N, public))
    return point is not None and (digest_of(public, message) + point[0]) % N == r
