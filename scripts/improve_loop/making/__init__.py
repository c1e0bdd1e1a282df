"""Making a change with models: plan, edit, repair, escalate once, review; or stop, with a reason.

Files in, files out: no git, no shell, no code of the target. `make` is all that a phase calls.
"""

from improve_loop.making.limits import Limits
from improve_loop.making.made import Feedback, Made, Reason
from improve_loop.making.maker import make
from improve_loop.making.mending import Failure, until_it_passes

__all__ = ["Failure", "Feedback", "Limits", "Made", "Reason", "make", "until_it_passes"]
