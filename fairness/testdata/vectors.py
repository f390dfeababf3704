"""Known answers for the fair draw, from Python's hashlib and hmac: python3 vectors.py > vectors.json"""

import hashlib
import hmac
import json


def blocks(seed, client, nonce):
    cursor = 0
    while True:
        yield hmac.new(seed, f"{client}:{nonce}:{cursor}".encode(), hashlib.sha256).digest()
        cursor += 1


def words(seed, client, nonce):
    for block in blocks(seed, client, nonce):
        for i in range(0, 32, 4):
            yield int.from_bytes(block[i : i + 4], "big")


class Draw:
    def __init__(self, *args):
        self.source, self.read = words(*args), 0

    def word(self):
        self.read += 1
        return next(self.source)

    def below(self, n, size):
        limit = 2**size // n * n
        while True:
            value = 0
            for _ in range(size // 32):
                value = value << 32 | self.word()
            if value < limit:
                return value % n


def vector(name, seed, round_id, entries, nonce, calls):
    text = f"fairground.seeds.v1\n{round_id}\n" + "".join(f"{s}:{p}:{c}\n" for s, p, c in entries)
    client = hashlib.sha256(text.encode()).hexdigest()
    first = words(seed, client, nonce)
    draw, answers = Draw(seed, client, nonce), []
    for bits, n in calls:
        value = draw.below(n, bits)
        answers.append({"bits": bits, "n": str(n), "value": str(value), "words": draw.read})
    return {
        "name": name, "server_seed": seed.hex(), "commit": hashlib.sha256(seed).hexdigest(), "round": round_id,
        "entries": [{"seq": s, "player": p, "seed": c} for s, p, c in entries], "client_seed": client, "nonce": nonce,
        "first_words": [next(first) for _ in range(20)], "draws": answers,
    }


zero, count, high = bytes(32), bytes(range(32)), bytes([0xFF] * 32)
three = [(1, "p_alice0000000000", "a"), (2, "p_bob000000000000", "Lucky-7_"), (10, "p_carol0000000000", "x" * 64)]
print(json.dumps([
    vector("nobody, three dice", zero, "r_0000000000000000", [], 0, [(32, 6)] * 3),
    vector("one player, two blocks", count, "r_abcdefgh23456789", three[:1], 0, [(32, 2)] * 9),
    vector("three players, another nonce", high, "r_abcdefgh23456789", three, 7, [(32, 6), (32, 1), (32, 2**32 - 1), (64, 10**12)]),
    vector("32-bit rejection", count, "r_reject3200000000", three, 0, [(32, 2**31 + 1)] * 8 + [(32, 3 * 10**9)] * 8),
    vector("64-bit rejection", high, "r_reject6400000000", three, 0, [(64, 2**62 + 1)] * 8 + [(64, 2**63 - 1), (64, 1), (64, 7)]),
], indent=1))
