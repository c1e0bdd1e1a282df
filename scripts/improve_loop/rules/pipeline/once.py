"""`functools.cached_property` without the lock that it has before Python 3.12: a file has hundreds of values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

Result = TypeVar("Result")


class once(Generic[Result]):
    """Works a property out when it is first asked for, and keeps it in the instance's own dictionary."""

    def __init__(self, work: Callable[[Any], Result]) -> None:
        self.work = work
        self.name = work.__name__
        self.__doc__ = work.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Result: ...
    def __get__(self, instance: object | None, owner: type) -> Self | Result:
        if instance is None:
            return self
        found = instance.__dict__[self.name] = self.work(instance)
        return found
