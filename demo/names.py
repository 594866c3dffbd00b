"""The names of the simulated people."""

from __future__ import annotations

import random
import string
import unicodedata
from collections.abc import Iterator

_RIGA_GIVEN = (
    ("Jānis", "m"), ("Andris", "m"), ("Mārtiņš", "m"), ("Edgars", "m"), ("Kristaps", "m"),
    ("Roberts", "m"), ("Artūrs", "m"), ("Oskars", "m"), ("Daniel", "m"), ("Thomas", "m"),
    ("Anna", "f"), ("Kristīne", "f"), ("Līga", "f"), ("Ilze", "f"), ("Elīna", "f"),
    ("Zane", "f"), ("Laura", "f"), ("Inese", "f"), ("Emma", "f"), ("Alise", "f"),
)  # fmt: skip
_RIGA_FAMILY = (
    ("Bērziņš", "Bērziņa"), ("Kalniņš", "Kalniņa"), ("Ozoliņš", "Ozoliņa"), ("Jansons", "Jansone"),
    ("Liepiņš", "Liepiņa"), ("Krūmiņš", "Krūmiņa"), ("Balodis", "Balode"), ("Eglītis", "Eglīte"),
    ("Zariņš", "Zariņa"), ("Pētersons", "Pētersone"), ("Vītols", "Vītola"), ("Kļaviņš", "Kļaviņa"),
    ("Kārkliņš", "Kārkliņa"), ("Vanags", "Vanaga"), ("Wilson", "Wilson"), ("Harris", "Harris"),
)  # fmt: skip
_MANILA_GIVEN = (
    "Maria", "Jose", "Angelica", "Mark", "Jasmine", "John Paul", "Kristine", "Carlo", "Rowena",
    "Miguel", "Princess", "Rafael", "Camille", "Jericho", "Lourdes", "Paolo", "Bea", "Ramon",
    "Hazel", "Enrique",
)  # fmt: skip
_MANILA_FAMILY = (
    "Santos", "Reyes", "Cruz", "Bautista", "Ocampo", "Garcia", "Mendoza", "Torres", "Villanueva",
    "Dela Cruz", "Ramos", "Aquino", "Navarro", "Salazar", "Mercado", "Pascual",
)  # fmt: skip
_DUBLIN_GIVEN = (
    "Aoife", "Ciarán", "Niamh", "Seán", "Siobhán", "Conor", "Gráinne", "Declan", "Róisín",
    "Fergal", "Orla", "Eoin", "Maeve", "Cormac", "Sinéad", "Ruairí", "Clodagh", "Darragh",
    "Deirdre", "Tadhg",
)  # fmt: skip
_DUBLIN_FAMILY = (
    "Murphy", "Kelly", "Byrne", "Ryan", "O'Brien", "Walsh", "O'Connor", "Doyle", "Gallagher",
    "Kennedy", "Lynch", "Quinn", "Moore", "Daly", "Kavanagh", "Nolan",
)  # fmt: skip


def shuffled_names(site_id: str, rng: random.Random) -> Iterator[str]:
    """Return full names of a site's country in random order, none twice.

    A site of some hundred people needs them again, with a middle initial.
    """
    if site_id == "riga":
        names = [
            f"{given} {family[gender == 'f']}"
            for given, gender in _RIGA_GIVEN
            for family in _RIGA_FAMILY
        ]
    elif site_id == "manila":
        names = [f"{given} {family}" for given in _MANILA_GIVEN for family in _MANILA_FAMILY]
    else:
        names = [f"{given} {family}" for given in _DUBLIN_GIVEN for family in _DUBLIN_FAMILY]
    rng.shuffle(names)
    yield from names
    for initial in string.ascii_uppercase:
        for name in names:
            given, _, family = name.partition(" ")
            yield f"{given} {initial}. {family}"


def user_name(full_name: str) -> str:
    """Return a name as mail addresses and log-ins write it: `janis.berzins`."""
    plain = unicodedata.normalize("NFKD", full_name).encode("ascii", "ignore").decode()
    return plain.lower().replace(".", "").replace(" ", ".").replace("'", "")
