"""Figures in words: whole numbers out of 100, degrees, age and sex."""

from __future__ import annotations

import math
from datetime import date

from markupsafe import Markup

from risk.case import Person, Sex
from smart_app.web.words import Words


def whole(share: float) -> int:
    """A share 0-1 as a whole number out of 100, halves upwards.

    >>> whole(0.455), whole(0.0)
    (46, 0)
    """
    return math.floor(share * 100 + 0.5 + 1e-9)


def out_of_100(share: float) -> str:
    """The number alone; a share that is not zero is never shown as 0.

    >>> out_of_100(0.46), out_of_100(0.001)
    ('46', '<1')
    """
    return "<1" if 0 < share < 0.005 else str(whole(share))


def degree_text(words: Words, degree: float | None) -> str:
    """ "75 %", or the word for unknown."""
    return str(words("unknown")) if degree is None else f"{whole(degree)}\u00a0%"


def age_on(born: date, on: date) -> int:
    """Age in whole years.

    >>> age_on(date(1980, 4, 12), date(2026, 4, 11))
    45
    """
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def person_text(words: Words, person: Person, on: date) -> Markup:
    """ "Kvinna, 46 år"; what is unknown is said."""
    sex = words(f"sex.{person.sex.value}" if isinstance(person.sex, Sex) else "sex.unknown")
    if person.birth_date is None:
        return Markup("{}, {}").format(sex, words("age.unknown"))
    return Markup("{}, {}").format(sex, words("age.years", n=age_on(person.birth_date, on)))
