"""Ranges for exclusion constraints, without the btree_gist extension that the embedded server does not have."""

from django.contrib.postgres.fields import BigIntegerRangeField, DateRangeField, DateTimeRangeField
from django.db.models import Func


class RowRange(Func):
    """`RowRange(key, key, "[]")`: a range of one key, so that "the same row" can be said as "overlaps"."""

    function = "int8range"
    output_field = BigIntegerRangeField()


class DayRange(Func):
    function = "daterange"
    output_field = DateRangeField()


class MomentRange(Func):
    function = "tstzrange"
    output_field = DateTimeRangeField()
