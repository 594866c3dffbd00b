"""A site's wall clock: local dates and texts from and to epoch seconds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_TIME_OF_DAY = [f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(86_400)]
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_UTC_DATES: dict[int, str] = {}


class SiteClock:
    """Converts between local wall clock and epoch for one site and one span of days.

    zoneinfo is asked once an hour of the span when the clock is made; a call record then costs
    two list look-ups instead of a time zone conversion.
    """

    def __init__(self, time_zone: str, first: date, last: date) -> None:
        """Prepare the offsets from the day before `first` to a few days after `last`."""
        self.zone = ZoneInfo(time_zone)
        begin = self.midnight(first) - 86_400
        end = self.midnight(last) + 4 * 86_400
        self._changes: list[tuple[int, int]] = []
        for epoch in range(begin - begin % 3600, end, 3600):
            offset = self._zone_offset(epoch)
            if not self._changes or self._changes[0][1] != offset:
                self._changes.insert(0, (epoch, offset))
        self._dates: dict[int, str] = {}

    def _zone_offset(self, epoch: int) -> int:
        offset = datetime.fromtimestamp(epoch, self.zone).utcoffset()
        return int(offset.total_seconds()) if offset else 0

    def midnight(self, day: date) -> int:
        """Return the epoch at which the local day begins."""
        return self.at(day, 0)

    def at(self, day: date, minute: int) -> int:
        """Return the epoch of a wall clock minute; minutes past 1440 are on the next day."""
        wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
        return int(wall.replace(tzinfo=self.zone).timestamp())

    def offset(self, epoch: int) -> int:
        """Return the seconds that the wall clock is ahead of UTC."""
        for since, seconds in self._changes:
            if epoch >= since:
                return seconds
        return self._changes[-1][1]

    def text(self, epoch: int) -> str:
        """Return `YYYY-MM-DD HH:MM:SS` on the local wall clock."""
        day, second = divmod(epoch + self.offset(epoch), 86_400)
        text = self._dates.get(day)
        if text is None:
            text = self._dates[day] = date.fromordinal(_EPOCH_DAY + day).isoformat()
        return f"{text} {_TIME_OF_DAY[second]}"

    def text_with_offset(self, epoch: int) -> str:
        """Return `YYYY-MM-DDTHH:MM:SS±HH:MM`."""
        return datetime.fromtimestamp(epoch, self.zone).isoformat()

    def local_month(self, epoch: int) -> str:
        """Return `YYYY-MM` of the local day."""
        return self.text(epoch)[:7]


def utc_stamp(epoch: int, between: str = " ") -> str:
    """Return `YYYY-MM-DD HH:MM:SS` in UTC."""
    day, second = divmod(epoch, 86_400)
    text = _UTC_DATES.get(day)
    if text is None:
        text = _UTC_DATES[day] = date.fromordinal(_EPOCH_DAY + day).isoformat()
    return f"{text}{between}{_TIME_OF_DAY[second]}"


def utc_text(day: date, hour: int) -> str:
    """Return an instant of a day as ISO text in UTC."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
