"""Counting rows beside other rows without a join that would double them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, IntegerField, QuerySet, Subquery
from django.db.models.functions import Coalesce


def count_of(rows: QuerySet[Any], outer: str) -> Coalesce:
    """How many of the rows, already filtered by OuterRef, hang on the outer row; `outer` names the reference to it."""
    counted = rows.order_by().values(outer).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
