"""SipHash-1-3 as docs/format.md has it (Aumasson, Bernstein: SipHash, 2012, with one round a word and three at the end)."""

MASK = 2**64 - 1


def rotl(word: int, bits: int) -> int:
    return (word << bits | word >> (64 - bits)) & MASK


def sip_round(v: list[int]) -> None:
    v[0] = (v[0] + v[1]) & MASK
    v[1] = rotl(v[1], 13) ^ v[0]
    v[0] = rotl(v[0], 32)
    v[2] = (v[2] + v[3]) & MASK
    v[3] = rotl(v[3], 16) ^ v[2]
    v[0] = (v[0] + v[3]) & MASK
    v[3] = rotl(v[3], 21) ^ v[0]
    v[2] = (v[2] + v[1]) & MASK
    v[1] = rotl(v[1], 17) ^ v[2]
    v[2] = rotl(v[2], 32)


def siphash13(data: bytes, k0: int, k1: int) -> int:
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    whole = len(data) // 8 * 8
    last = (len(data) << 56 | int.from_bytes(data[whole:], "little")) & MASK
    for m in [*(int.from_bytes(data[i : i + 8], "little") for i in range(0, whole, 8)), last]:
        v[3] ^= m
        sip_round(v)
        v[0] ^= m
    v[2] ^= 0xFF
    for _ in range(3):
        sip_round(v)
    return v[0] ^ v[1] ^ v[2] ^ v[3]
