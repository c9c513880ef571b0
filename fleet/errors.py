"""Errors of the controller.

robots.errors.FutureparkError
├── InputError
│   ├── MapError           a map file is malformed
│   ├── OrderError         an order source has a bad row, file or option
│   ├── InstanceError      a League of Robot Runners instance is malformed
│   ├── RunError           a run directory is missing, incomplete or damaged
│   ├── DamagedJournalError  a journal cannot be trusted, or is of another site
│   └── SettingError       a setting or command line option is out of range or unknown
├── JournalError           a journal cannot be written now; it may be later
├── LeadershipLostError    another controller has taken the site over
├── PlanError              a planner was given an impossible request (a defect of the caller)
├── TrafficError           the traffic ledger was asked for something that cannot be (a defect of the caller)
├── TaskError              the task pool was asked for an impossible transition (a defect of the caller)
└── AuditError             an independent auditor found a rule of the floor broken (a defect of ours)
"""

from __future__ import annotations

from robots.errors import FutureparkError, InputError


class MapError(InputError):
    """A map file is malformed."""


class OrderError(InputError):
    """An order source has a bad row, file or option."""


class InstanceError(InputError):
    """A League of Robot Runners instance is malformed."""


class RunError(InputError):
    """A run directory is missing, incomplete or damaged."""


class SettingError(InputError):
    """A setting or command line option is out of range or unknown."""


class DamagedJournalError(InputError):
    """A journal cannot be trusted, or is of another site."""


class JournalError(FutureparkError):
    """A journal cannot be written now; it may be later."""


class LeadershipLostError(FutureparkError):
    """Another controller has taken the site over."""


class PlanError(FutureparkError):
    """A planner was given an impossible request."""


class TrafficError(FutureparkError):
    """The traffic ledger was asked for something that cannot be."""


class TaskError(FutureparkError):
    """The task pool was asked for a transition that the task's status does not allow."""


class AuditError(FutureparkError):
    """An independent auditor found a rule of the floor broken."""
