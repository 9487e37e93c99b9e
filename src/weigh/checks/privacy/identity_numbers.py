"""Check digits and ranges of identity numbers: is this text one, as far as arithmetic can tell?

Each function takes the text of a candidate, separators included, and never fails on text of its form.
"""

# Length of an IBAN by country (IBAN registry of ISO 13616, SWIFT).
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22,
    "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
    "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25,
    "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip


def _digits(text: str) -> list[int]:
    return [int(c) for c in text if "0" <= c <= "9"]


def is_iban(text: str) -> bool:
    """ISO 13616: the length of its country, and 1 modulo 97 once the first four signs stand last."""
    plain = text.replace(" ", "")
    if _IBAN_LENGTHS.get(plain[:2]) != len(plain):
        return False
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


def luhn(digits: list[int]) -> bool:
    """ISO/IEC 7812-1, annex B: every second digit from the right doubled, the sum a multiple of ten."""
    doubled = (d * 2 - 9 if d > 4 else d * 2 for d in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def in_card_range(text: str) -> bool:
    """A range of a large card network and its length, whatever the check digit; all one digit is no card."""
    digits = _digits(text)
    number, length = "".join(map(str, digits)), len(digits)
    two, three, four = int(number[:2]), int(number[:3]), int(number[:4])
    known = (
        (number[0] == "4" and length in {13, 16, 19})
        or ((51 <= two <= 55 or 2221 <= four <= 2720) and length == 16)
        or (two in {34, 37} and length == 15)
        or ((four == 6011 or 644 <= three <= 649 or two == 65) and 16 <= length <= 19)
        or (3528 <= four <= 3589 and 16 <= length <= 19)
        or ((300 <= three <= 305 or two in {36, 38}) and length == 14)
        or (two == 62 and 16 <= length <= 19)
    )
    return known and len(set(digits)) > 1


def is_card(text: str) -> bool:
    """`in_card_range`, and Luhn's check digit."""
    return in_card_range(text) and luhn(_digits(text))


def is_ssn(text: str) -> bool:
    """Ranges the Social Security Administration gives out; the two numbers of old advertisements are none."""
    number = "".join(map(str, _digits(text)))
    area, group, serial = number[:3], number[3:5], number[5:]
    if len(number) != 9 or area in {"000", "666"} or area[0] == "9" or group == "00" or serial == "0000":
        return False
    return (area, group, serial) not in {("078", "05", "1120"), ("219", "09", "9999")}


def is_dni(text: str) -> bool:
    """The letter is the number modulo 23; a NIE begins with X, Y or Z, which stand for 0, 1 and 2."""
    plain = text.replace("-", "")
    number = {"X": "0", "Y": "1", "Z": "2"}.get(plain[0], plain[0]) + plain[1:-1]
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == plain[-1]


def is_nir(text: str) -> bool:
    """Month of birth in its ranges; key 97 minus the number modulo 97, Corsica's 2A and 2B as 19 and 18."""
    plain = text.replace(" ", "")
    month, number, key = int(plain[3:5]), plain[:13], int(plain[13:])
    if not (1 <= month <= 12 or 20 <= month <= 42 or 50 <= month <= 99):
        return False
    number = number.replace("2A", "19", 1) if number[5:7] == "2A" else number
    number = number.replace("2B", "18", 1) if number[5:7] == "2B" else number
    return number.isdigit() and 97 - int(number) % 97 == key


def in_german_range(text: str) -> bool:
    """Of the first ten digits one stands twice or thrice and the others at most once."""
    digits = _digits(text)
    counts = sorted((digits[:10].count(d) for d in range(10)), reverse=True)
    return counts[0] in {2, 3} and counts[1] == 1


def is_german_tax_id(text: str) -> bool:
    """`in_german_range`, and the check digit of ISO 7064, MOD 11,10."""
    digits, product = _digits(text), 10
    for digit in digits[:10]:
        total = (digit + product) % 10 or 10
        product = total * 2 % 11
    return in_german_range(text) and (11 - product) % 10 == digits[10]


def is_bsn(text: str) -> bool:
    """The eleven test: weights 9 to 2, and -1 for the last digit; not all zeros."""
    digits = _digits(text)
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return any(digits) and sum(d * w for d, w in zip(digits, weights, strict=True)) % 11 == 0


def is_nhs(text: str) -> bool:
    """Modulus 11 over weights 10 to 2; a check digit of 10 is never given out; not all one digit."""
    digits = _digits(text)
    check = -sum(d * w for d, w in zip(digits[:9], range(10, 1, -1), strict=True)) % 11
    return check == digits[9] and len(set(digits)) > 1
