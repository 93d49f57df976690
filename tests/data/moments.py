"""Dates, times and instants: counts since 1970 to ISO text and back."""

import datetime
import re

PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
EPOCH_DAY = datetime.date(1970, 1, 1).toordinal()
DAY_SECONDS = 86_400

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?")
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d{1,9})?)(Z|\+00:00)?")


def date_text(days):
    """2024-02-29."""
    return datetime.date.fromordinal(days + EPOCH_DAY).isoformat()


def time_text(count, unit):
    """23:59:59.999, with as many digits as the unit has."""
    seconds, rest = divmod(count, PER_SECOND[unit])
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    digits = len(str(PER_SECOND[unit])) - 1
    return f"{text}.{rest:0{digits}}" if digits else text


def instant_text(count, unit, zone="", between=" "):
    """2024-02-29 23:59:59.999 and the zone's text."""
    days, rest = divmod(count, DAY_SECONDS * PER_SECOND[unit])
    return f"{date_text(days)}{between}{time_text(rest, unit)}{zone}"


def date_count(text):
    """Days since 1970-01-01."""
    match = _DATE.fullmatch(text)
    return datetime.date(*map(int, match.groups())).toordinal() - EPOCH_DAY


def time_nanos(text):
    """Nanoseconds since midnight."""
    hours, minutes, seconds, fraction = _TIME.fullmatch(text).groups()
    whole = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return whole * 10**9 + int((fraction or "0").ljust(9, "0"))


def instant_nanos(text):
    """Nanoseconds since 1970-01-01 and whether the text has the zone UTC."""
    date, time, zone = _INSTANT.fullmatch(text).groups()
    return date_count(date) * DAY_SECONDS * 10**9 + time_nanos(time), zone is not None
