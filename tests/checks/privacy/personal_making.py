"""Invented people: values that pass every check digit, made by arithmetic and from no real list."""

import string

TRANSLATED = {c: str(i) for i, c in enumerate(string.digits + string.ascii_uppercase)}


def digits(rng, n):
    return "".join(rng.choice(string.digits) for _ in range(n))


def completed(rng, make, accepts):
    """Try until the check digit fits."""
    while True:
        made = make(rng)
        if accepts(made):
            return made


def iban(rng):
    body = digits(rng, 18)
    turned = body + TRANSLATED["D"] + TRANSLATED["E"] + "00"
    return f"DE{98 - int(turned) % 97:02d}{body}"


def card(rng):
    body = "4" + digits(rng, 14)
    doubled = [int(d) * (2 if i % 2 == 0 else 1) for i, d in enumerate(body)]
    total = sum(d - 9 if d > 9 else d for d in doubled)
    return body + str(-total % 10)


def ssn(rng):
    return f"{rng.randint(100, 665):03d}-{rng.randint(1, 99):02d}-{rng.randint(1, 9999):04d}"


def dni(rng):
    number = rng.randrange(10**8)
    return f"{number:08d}" + "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23]


def nir(rng):
    born = f"{rng.choice('12')}{rng.randint(40, 99)}{rng.randint(1, 12):02d}"
    number = f"{born}{rng.randint(10, 95)}{digits(rng, 6)}"
    return f"{number}{97 - int(number) % 97:02d}"


def bsn(rng):
    def eleven(text):
        return sum(int(d) * w for d, w in zip(text, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True)) % 11 == 0

    return completed(rng, lambda r: digits(r, 9), eleven)


def nhs(rng):
    while True:
        body = digits(rng, 9)
        check = -sum(int(d) * w for d, w in zip(body, range(10, 1, -1), strict=True)) % 11
        if check < 10:
            return body + str(check)


def tax_id(rng):
    while True:
        order = rng.sample(string.digits, 9)
        body = [*order, rng.choice(order)]
        rng.shuffle(body)
        if body[0] == "0":
            continue
        product = 10
        for digit in body:
            product = ((int(digit) + product) % 10 or 10) * 2 % 11
        return "".join(body) + str((11 - product) % 10)


def email(rng):
    return f"{word(rng)}.{word(rng)}@{word(rng)}.net"


def phone(rng):
    return f"+49 {rng.randint(30, 89)} {rng.randint(100000, 99999999)}{rng.randint(0, 9)}"


def american_phone(rng):
    area = f"{rng.randint(2, 9)}{rng.choice('02345678')}2"
    return f"({area}) {rng.randint(2, 9)}{rng.randint(20, 99)}-{digits(rng, 4)}"


def address(rng):
    return (
        f"{rng.choice([80, 93, 151, 185])}.{rng.randint(32, 254)}.{rng.randint(0, 254)}.{rng.randint(1, 254)}"
    )


def address6(rng):
    return "2a02:810d:" + ":".join(f"{rng.randrange(16**4):x}" for _ in range(6))


def handle(rng):
    return "@" + word(rng) + "_" + word(rng)


def gps(rng):
    return f"{rng.uniform(10, 80):.5f}, {rng.uniform(10, 170):.5f}"


def word(rng):
    return "".join(rng.choice("bdfgklmnprst") + rng.choice("aeiou") for _ in range(rng.randint(2, 4)))


def sentence(rng, n=12):
    return " ".join(word(rng) for _ in range(n))


MAKERS = {
    "email": email,
    "phone": phone,
    "iban": iban,
    "payment-card": card,
    "us-ssn": ssn,
    "es-dni": dni,
    "fr-nir": nir,
    "de-tax-id": tax_id,
    "nl-bsn": bsn,
    "uk-nhs": nhs,
    "ip-address": address,
    "ipv6-address": address6,
    "social-handle": handle,
    "gps": gps,
}
