"""The stand-in's fixtures."""

from tests.support.standin import number, other_number, phone, standin, standin_of_session

__all__ = ["number", "other_number", "phone", "standin", "standin_of_session"]
