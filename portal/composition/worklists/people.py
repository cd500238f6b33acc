"""People, identities, privacy, and settings that wait for staff."""

from __future__ import annotations

from datetime import datetime

from parties.accounts.models import Account
from parties.authority.models import Appointment
from parties.authority.selectors import invitation_expired, to_check, without_who_sees
from parties.desk.models import Call
from parties.desk.selectors import calls_to_close
from parties.people.models import SettingChange, User
from parties.people.states import SettingState, StaffData
from parties.privacy.models import PrivacyRequest
from parties.privacy.states import PrivacyState
from parties.security.models import Pause

from .base import Worklist, confined


def people_lists(user: User, at: datetime) -> list[Worklist]:
    mine = Call.objects.filter(by=user)
    in_vain = invitation_expired(Account.objects.all(), at)
    if user.provider_id:
        in_vain = in_vain.filter(customer__provider=user.provider_id)
    return [
        Worklist(
            "parties.view_call",
            "My calls, outcome to note",
            "parties_call",
            "?outcome=mine",
            confined(user, calls_to_close(mine, at)),
        ),
        Worklist(
            "parties.view_appointment",
            "Appointments that wait for an identity check",
            "parties_appointment",
            "?check=waits",
            confined(user, to_check(Appointment.objects.all())),
        ),
        Worklist(
            "parties.view_pause",
            "High-risk steps that a customer stopped",
            "parties_pause",
            "?state=open",
            confined(user, Pause.objects.filter(lifted_at__isnull=True)),
            urgent=True,
        ),
        Worklist(
            "parties.change_privacyrequest",
            "Privacy requests to answer",
            "parties_privacyrequest",
            "?state__exact=open",
            confined(user, PrivacyRequest.objects.filter(state=PrivacyState.OPEN)),
        ),
        Worklist(
            "parties.view_account",
            "Account holders whose invitation expired",
            "parties_account",
            "?holder=lapsed",
            in_vain,
        ),
    ]


def setting_lists(user: User, at: datetime) -> list[Worklist]:
    asked = SettingChange.objects.filter(state=SettingState.ASKED)
    if user.provider_id:
        asked = asked.filter(provider=user.provider_id)
    alone = without_who_sees(StaffData.PRIVATE)
    if user.provider_id:
        alone = alone.filter(pk=user.provider_id)
    return [
        Worklist(
            "parties.add_provider",
            "Providers without a privacy officer: name one",
            "parties_provider",
            "?officer=none",
            alone,
            urgent=True,
        ),
        Worklist(
            "parties.add_settingchange",
            "Settings that wait for another administrator",
            "parties_settingchange",
            "?state__exact=asked",
            asked,
        ),
    ]
