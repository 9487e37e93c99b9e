"""Kinds of personal data that have a form: expressions, and what makes a hit more than a look-alike.

Every expression is linear: quantifiers are bounded, and what follows a repetition cannot begin with what
it repeats. A kind with a check digit states how often random digits of its form would pass, so that a
column of order numbers is not called a column of card numbers.

Sources: RFC 5321/5322 and RFC 2606 (mail), ITU-T E.164 and the North American Numbering Plan (telephone),
ISO 13616 (IBAN), ISO/IEC 7812 (cards), the US Social Security Administration (number ranges), and the
national rules of the identity numbers in `identity_numbers`.
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from weigh.checks.privacy import identity_numbers


class Group(StrEnum):
    """What somebody can do with a value of the kind."""

    IDENTITY = "identity number"
    CONTACT = "contact data"
    ONLINE = "online trace"
    PERSON = "name or birth date"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of personal data with a form of its own.

    Attributes:
        name: stable, in output.
        title: in plain words, plural.
        group: what it is good for.
        pattern: finds candidates.
        accept: whether a candidate's text is a value; None where the form says it all.
        chance: largest share of random text of the candidates' form that `accept` lets through; None where
            the form is so particular that look-alikes do not come by chance.
        in_range: whether a candidate lies where numbers of the kind lie, before its check digit; None where
            every candidate does.
        digit_chance: share of numbers in that range whose check digit is right by chance.
        certain: where `chance` is None, whether hardly anything else is written like it: then one value is
            a sure sign. Telephone numbers, handles and the like are also part numbers, code and versions.
        alone: a value counts without the column's name hinting at it.
        hint: column names that announce the kind, as `personal_columns.normal` writes them.
        loose: whether a whole cell of a column with such a name is a value; None where the form decides.
        in_files: looked for in a model's own files too.
    """

    name: str
    title: str
    group: Group
    pattern: re.Pattern[str]
    accept: Callable[[str], bool] | None = None
    chance: float | None = None
    in_range: Callable[[str], bool] | None = None
    digit_chance: float = 0.1
    certain: bool = False
    alone: bool = True
    hint: re.Pattern[str] | None = None
    loose: Callable[[str], bool] | None = None
    in_files: bool = True


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.ASCII)


def _hint(words: str) -> re.Pattern[str]:
    """Column names that have one of the words as a part: `customer_phone`, `Phone no.`, `phoneNumber`."""
    return re.compile(rf"(?:^|[^a-z])(?:{words})(?:$|[^a-z])")


_RESERVED = ("example.com", "example.org", "example.net", "test", "example", "invalid", "localhost", "local")


def _is_mail(text: str) -> bool:
    domain = text.rpartition("@")[2].lower()
    return not any(domain == name or domain.endswith("." + name) for name in _RESERVED)


# Country codes in use (ITU, list of E.164 assigned country codes), of one, two and three digits.
_COUNTRY = re.compile(
    r"(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
    r"|(?:2[1-69]|3[578]|42|50|59|6[7-9]|80|85|87|88|9[679])[0-9])"
)


def _is_international(text: str) -> bool:
    """E.164: a country code in use, 8 to 15 digits in all."""
    digits = "".join(c for c in text if c.isdigit())
    if not 8 <= len(digits) <= 15 or len(set(digits[3:])) < 3:
        return False
    if digits[0] == "1":
        return len(digits) == 11 and _is_american(digits[1:])
    return _COUNTRY.match(digits) is not None


def _is_american(text: str) -> bool:
    """NANP: area and exchange begin with 2 to 9 and are no service code; 555-01xx is kept for fiction."""
    digits = "".join(c for c in text if c.isdigit())[-10:]
    area, exchange, line = digits[:3], digits[3:6], digits[6:]
    if area[0] in "01" or exchange[0] in "01" or area[1:] == "11" or exchange[1:] == "11":
        return False
    return area[1] != "9" and area[:2] not in {"37", "96"} and not (exchange == "555" and line[:2] == "01")


def _is_phone(text: str) -> bool:
    return _is_international(text) if text.lstrip("( ").startswith("+") else _is_american(text)


def _is_bare_phone(text: str) -> bool:
    """A telephone number as people store it in a column that is called so."""
    digits = sum(c.isdigit() for c in text)
    return 7 <= digits <= 15 and re.fullmatch(r"[0-9 .()/+x-]{7,30}", text.strip()) is not None


def _is_bare_ssn(text: str) -> bool:
    return re.fullmatch(r"[0-9]{9}", text.strip()) is not None and identity_numbers.is_ssn(text.strip())


def _is_degree(text: str) -> bool:
    """A latitude or longitude with four decimals: some ten metres."""
    found = re.fullmatch(r"[+-]?[0-9]{1,3}\.[0-9]{4,15}", text.strip())
    return found is not None and abs(float(text)) <= 180


def _is_public_v4(text: str) -> bool:
    """A public address; one that begins with small parts reads like a version number and is left out."""
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        return False
    parts = [int(part) for part in text.split(".")]
    return address.is_global and not address.is_multicast and parts[0] > 9 and max(parts[1:]) > 31


def _is_public_v6(text: str) -> bool:
    if text.count(":") < 3:
        return False
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return False
    # Global unicast is 2000::/3 (RFC 4291); what is shorter written than an address tends to be is none.
    return address.is_global and len(text) >= 9


def _is_place(text: str) -> bool:
    first, second = (float(part) for part in re.split(r"[,;] ?", text))
    return abs(first) <= 90 and abs(second) <= 180 and abs(first) + abs(second) > 1


KINDS: tuple[Kind, ...] = (
    Kind(
        "email",
        "e-mail addresses",
        Group.CONTACT,
        _pattern(
            r"(?<![\w.%+-])[A-Za-z0-9][\w.%+-]{0,63}@(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.){1,8}[A-Za-z]{2,24}"
            r"(?![\w-])"
        ),
        _is_mail,
        certain=True,
    ),
    Kind(
        "phone",
        "telephone numbers",
        Group.CONTACT,
        _pattern(
            # Where blanks divide it, a number before or after makes it part of a list of numbers.
            r"(?<![\w+.-])(?:\+[1-9][0-9]{0,3}(?:[ .()/-]{0,2}[0-9]){6,14}"
            r"|(?:1[ .-])?(?:\([0-9]{3}\) ?|[0-9]{3}[.-])[0-9]{3}[ .-][0-9]{4}"
            r"|(?<![0-9] )(?:1[ .-])?[0-9]{3} [0-9]{3}[ .-][0-9]{4}(?! [0-9]))(?![\w-]|\.[0-9])"
        ),
        _is_phone,
        hint=_hint("phone|telephone|tel|mobile|cell|telefon|telefono|handy|fax|msisdn"),
        loose=_is_bare_phone,
    ),
    Kind(
        "iban",
        "bank account numbers (IBAN)",
        Group.IDENTITY,
        _pattern(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{1,4}){3,8}(?![A-Za-z0-9])"),
        identity_numbers.is_iban,
        chance=0.0104,
    ),
    Kind(
        "payment-card",
        "payment card numbers",
        Group.IDENTITY,
        _pattern(
            r"(?<![\w.,+-])(?:[0-9]{4}(?:[ -]?[0-9]{4}){2}[ -]?[0-9]{1,7}"
            r"|3[47][0-9]{2}[ -][0-9]{6}[ -][0-9]{5})(?![\w]|[.,-][0-9])"
        ),
        identity_numbers.is_card,
        chance=0.024,
        in_range=identity_numbers.in_card_range,
    ),
    Kind(
        "us-ssn",
        "US social security numbers",
        Group.IDENTITY,
        _pattern(
            r"(?<![\w.+-])(?:[0-9]{3}-[0-9]{2}[ -][0-9]{4}"
            r"|(?<![0-9] )[0-9]{3} [0-9]{2}[ -][0-9]{4}(?! [0-9]))(?![\w-]|\.[0-9])"
        ),
        identity_numbers.is_ssn,
        hint=_hint("ssn|social_security|social_security_(?:no|number)"),
        loose=_is_bare_ssn,
    ),
    Kind(
        "es-dni",
        "Spanish identity numbers (DNI, NIE)",
        Group.IDENTITY,
        _pattern(r"(?<![A-Za-z0-9])(?:[0-9]{8}|[XYZ]-?[0-9]{7})-?[A-HJ-NP-TV-Z](?![A-Za-z0-9])"),
        identity_numbers.is_dni,
        chance=1 / 23,
        hint=_hint("dni|nie|nif"),
    ),
    Kind(
        "fr-nir",
        "French social security numbers (NIR)",
        Group.IDENTITY,
        _pattern(
            r"(?<![\w.+-])[12] ?[0-9]{2} ?[0-9]{2} ?[0-9][0-9AB] ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}"
            r"(?![\w]|[.-][0-9])"
        ),
        identity_numbers.is_nir,
        chance=0.0104,
        hint=_hint("nir|insee|securite_sociale"),
    ),
    Kind(
        "de-tax-id",
        "German tax identification numbers",
        Group.IDENTITY,
        _pattern(r"(?<![\w.+-])[1-9][0-9](?: ?[0-9]{3}){3}(?![\w]|[.-][0-9])"),
        identity_numbers.is_german_tax_id,
        chance=0.005,
        in_range=identity_numbers.in_german_range,
        alone=False,
        hint=_hint("steuer|steuer_?id|idnr|tax_?id|tin"),
    ),
    Kind(
        "nl-bsn",
        "Dutch citizen service numbers (BSN)",
        Group.IDENTITY,
        _pattern(r"(?<![\w.+-])[0-9]{9}(?![\w]|[.-][0-9])"),
        identity_numbers.is_bsn,
        chance=1 / 11 + 0.002,
        alone=False,
        hint=_hint("bsn|sofi|burgerservicenummer"),
        in_files=False,
    ),
    Kind(
        "uk-nhs",
        "UK National Health Service numbers",
        Group.IDENTITY,
        _pattern(r"(?<![\w.+-])[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}(?![\w]|[.-][0-9])"),
        identity_numbers.is_nhs,
        chance=1 / 11 + 0.002,
        alone=False,
        hint=_hint("nhs|nhs_?no|nhs_?number"),
        in_files=False,
    ),
    Kind(
        "ip-address",
        "public IP addresses",
        Group.ONLINE,
        _pattern(r"(?<![\w.+-])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w]|[.-][0-9])"),
        _is_public_v4,
    ),
    Kind(
        "ipv6-address",
        "public IPv6 addresses",
        Group.ONLINE,
        _pattern(r"(?<![\w:.])[23][0-9A-Fa-f]{3}:[0-9A-Fa-f:]{4,34}(?![\w:.])"),
        _is_public_v6,
        certain=True,
    ),
    Kind(
        "social-handle",
        "social media handles",
        Group.ONLINE,
        _pattern(r"(?<![\w@./+-])@[A-Za-z][A-Za-z0-9_]{2,29}(?![\w@.]*[@/])"),
        in_files=False,
    ),
    Kind(
        "gps",
        "geographic coordinates",
        Group.ONLINE,
        _pattern(r"(?<![\w.,+-])[+-]?[0-9]{1,2}\.[0-9]{4,10}[,;] ?[+-]?[0-9]{1,3}\.[0-9]{4,10}(?![\w.,])"),
        _is_place,
        hint=_hint("lat|latitude|lon|long|lng|longitude"),
        loose=_is_degree,
        in_files=False,
    ),
)
"""All kinds that a value shows by its form."""
