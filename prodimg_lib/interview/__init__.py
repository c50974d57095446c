"""Interview practice: questions with answers, and code that is really checked.

>>> from prodimg_lib.interview import bank
>>> q = bank["C08"]
>>> q.show(); q.check(my_function); q.hint(); q.solution()

Importing this loads neither TensorFlow nor any question.
"""

from prodimg_lib.interview.bank import Bank, Question, bank

__all__ = ["Bank", "Question", "bank"]
