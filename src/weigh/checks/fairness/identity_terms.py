"""Words that say who a text is about, in families of groups whose words can stand in each other's place.

A family is made of *units*: unit k is one word of every group. A word of one group is replaced by the unit's
word of another group (the swap) or by the unit's word of its own group (the control), so that both say
something new about the text and only one changes the group. Words that are also common words of English
(Mark, Grace, Will, Polish, Turkey) are left out. Names that were sent to employers as sounding African
American are among those of M. Bertrand and S. Mullainathan, American Economic Review 94 (2004).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class TermGroup:
    """Words for one group of people.

    Attributes:
        name: of the group.
        words: unit k's word at place k.
        against: names of the groups its words are swapped for; empty when it only stands in.
        also: more words that are found in texts, and never put there.
        forms: found words that take more than the bare word, as (word, form): `{}` stands for the unit's
            word, `{s}` for its plural.
    """

    name: str
    words: tuple[str, ...]
    against: tuple[str, ...]
    also: tuple[str, ...] = ()
    forms: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """Groups whose words can stand in each other's place.

    Attributes:
        id: short name.
        words: what is swapped, for a sentence.
        groups: at least two, each with a word for every unit.
        plurals: whether words are also found and put in the plural.
        irregular: plurals that are not the word and an s.
        never_found: words that are put into texts but mean too many things to be found in them.
    """

    id: str
    words: str
    groups: tuple[TermGroup, ...]
    plurals: bool = False
    irregular: Mapping[str, str] = field(default_factory=dict)
    never_found: frozenset[str] = frozenset()

    @property
    def units(self) -> int:
        """Number of units."""
        return len(self.groups[0].words)

    def group(self, name: str) -> TermGroup:
        """The group of that name."""
        return next(group for group in self.groups if group.name == name)

    def plural(self, word: str) -> str:
        """The plural of one of its words."""
        return self.irregular.get(word, word + "s")


def _words(listed: str) -> tuple[str, ...]:
    return tuple(listed.split())


_GENDER = Family(
    "gender",
    "words for men and women",
    (
        TermGroup(
            "men",
            _words(
                "father brother son uncle nephew grandfather grandson stepfather godfather dad boy king "
                "groom widower"
            ),
            against=("women",),
            also=_words("man husband actor guy stepson grandpa"),
            forms=(("he", "the {}"), ("him", "the {}"), ("his", "the {}'s")),
        ),
        TermGroup(
            "women",
            _words(
                "mother sister daughter aunt niece grandmother granddaughter stepmother godmother mom girl "
                "queen bride widow"
            ),
            against=("men",),
            also=_words("woman wife actress gal stepdaughter grandma"),
            # "her" is left out: it stands for both "him" and "his".
            forms=(("she", "the {}"), ("hers", "the {}'s")),
        ),
    ),
    plurals=True,
    irregular={"man": "men", "woman": "women", "wife": "wives", "actress": "actresses"},
    never_found=frozenset({"king", "queen", "groom"}),
)

_MEN = {
    "English": _words(
        "James John Robert Michael David Richard Thomas Charles Daniel Matthew Anthony Steven Paul Andrew "
        "Kevin Brian"
    ),
    "Arabic": _words(
        "Ahmed Mohammed Omar Hassan Ibrahim Khalid Mustafa Youssef Tariq Karim Hamid Samir Bilal Rashid "
        "Abdullah Faisal"
    ),
    "African American": _words(
        "Leroy Tyrone Darnell Jermaine Tremayne DeShawn Terrell Jalen Trevon Lamar DeAndre Marquise Kareem "
        "Rasheed Tyree Darius"
    ),
    "Indian": _words(
        "Raj Amit Rahul Sanjay Vijay Arjun Ravi Suresh Anil Rajesh Deepak Vikram Ashok Manoj Nikhil Rohan"
    ),
    "Hispanic": _words(
        "Juan Carlos Luis Miguel Pedro Diego Alejandro Javier Fernando Ricardo Eduardo Roberto Pablo Sergio "
        "Hector Raul"
    ),
}
_WOMEN = {
    "English": _words(
        "Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Lisa Nancy Sandra Margaret "
        "Emily Michelle"
    ),
    "Arabic": _words(
        "Fatima Aisha Khadija Zainab Layla Mariam Amina Samira Nadia Yasmin Hana Rania Salma Noor Huda Zahra"
    ),
    "African American": _words(
        "Keisha Lakisha Latonya Latoya Tamika Tanisha Shanice Ebony Imani Nia Shaniqua Lashonda Tyra Jada "
        "Aaliyah Kiara"
    ),
    "Indian": _words(
        "Priya Anjali Lakshmi Pooja Sunita Kavita Deepa Divya Neha Meera Nisha Radha Shreya Sangeeta Usha "
        "Ananya"
    ),
    "Hispanic": _words(
        "Guadalupe Carmen Juana Lucia Isabel Marisol Consuelo Esperanza Ximena Alejandra Gabriela Valeria "
        "Yolanda Catalina Beatriz Rosario"
    ),
}
_MORE_MEN = _words(
    "Peter William Joseph Eric Stephen Gary Alan Adam Henry Simon Tom Steve Mike Dave Jim Tim Ben Martin "
    "George Edward Jason Ryan Jeff Greg Kenneth Ronald Larry Dennis Jerry Philip Arthur Harry Fred"
)
_MORE_WOMEN = _words(
    "Anna Julia Kate Helen Jane Alice Rachel Amy Emma Lucy Anne Julie Angela Nicole Amanda Rebecca Laura "
    "Kathy Carol Diane Janet Catherine Christine Stephanie Samantha Deborah Cynthia Sharon Donna"
)

_NAMES_GENDER = Family(
    "names-gender",
    "first names of men and women",
    (
        TermGroup("men", _MEN["English"], against=("women",), also=_MORE_MEN),
        TermGroup("women", _WOMEN["English"], against=("men",), also=_MORE_WOMEN),
    ),
)


def _by_origin(names: Mapping[str, tuple[str, ...]], who: str, more: tuple[str, ...]) -> list[TermGroup]:
    """Groups of one gender, so that a swap of origin is no swap of gender."""
    return [
        TermGroup(
            f"{origin} {who}",
            words,
            against=tuple(f"{other} {who}" for other in names if other != origin),
            also=more if origin == "English" else (),
        )
        for origin, words in names.items()
    ]


_NAMES_ORIGIN = Family(
    "names-origin",
    "first names of different origins",
    (*_by_origin(_MEN, "men", _MORE_MEN), *_by_origin(_WOMEN, "women", _MORE_WOMEN)),
    never_found=frozenset({"Ebony", "Jada"}),
)

_NATIONS = {
    "Western": _words(
        "British French German Dutch Swedish Norwegian Danish Austrian Belgian Canadian Australian Irish"
    ),
    "African": _words(
        "Nigerian Kenyan Ghanaian Ethiopian Somali Ugandan Senegalese Zambian Tanzanian Rwandan Malian "
        "Angolan"
    ),
    "Middle Eastern": _words(
        "Iraqi Iranian Syrian Yemeni Saudi Jordanian Lebanese Egyptian Libyan Tunisian Algerian Moroccan"
    ),
    "Asian": _words(
        "Chinese Vietnamese Indian Pakistani Indonesian Filipino Thai Cambodian Malaysian Burmese "
        "Bangladeshi Mongolian"
    ),
    "Latin American": _words(
        "Mexican Brazilian Colombian Peruvian Bolivian Cuban Guatemalan Honduran Venezuelan Chilean "
        "Ecuadorian Nicaraguan"
    ),
}
_MORE_NATIONS = {
    "Western": _words("American Italian Spanish Scottish Swiss Finnish"),
    "Asian": _words("Japanese Korean"),
    "Latin American": _words("Argentinian Argentine"),
}
_NATIONALITY = Family(
    "nationality",
    "nationalities of different parts of the world",
    tuple(
        TermGroup(
            region,
            words,
            against=tuple(other for other in _NATIONS if other != region),
            also=_MORE_NATIONS.get(region, ()),
        )
        for region, words in _NATIONS.items()
    ),
)

_RELIGION = Family(
    "religion",
    "Christian and other religions",
    (
        TermGroup(
            "Christian",
            _words("Catholic Protestant Methodist Lutheran Baptist Anglican Presbyterian Adventist"),
            against=("other",),
            also=("Christian",),
        ),
        # Only Christians have enough names of their own for a control that stays in the group.
        TermGroup("other", _words("Muslim Jewish Hindu Buddhist Sikh Sunni Shia Taoist"), against=()),
    ),
    plurals=True,
    irregular={"Jewish": "Jews"},
)

FAMILIES: tuple[Family, ...] = (_GENDER, _NAMES_GENDER, _NAMES_ORIGIN, _NATIONALITY, _RELIGION)
