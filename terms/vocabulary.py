"""The one vocabulary of services, uses, cards, methods of paying and grounds.

Profiles, plans, forms and cases share it. A word is read whatever its capitals and spaces, in any
spelling listed for it; every other word is refused, so that no spelling gets another answer.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import NewType, Self

Listed = NewType("Listed", str)
"""A word of an open list: a document names some, and what it names nowhere it says nothing of."""


PROVIDERS_CHOICE = Listed("provider_choice")


def plain(text: str) -> str:
    """Return a word as the vocabulary has it, whatever its capitals, spaces and hyphens."""
    return "_".join(text.casefold().replace("-", " ").replace("_", " ").split())


class Word(StrEnum):
    """A word of the vocabulary; `_spellings` names others that mean it."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        """Read capitals, spaces, hyphens and the other spellings in use."""
        if not isinstance(value, str):
            return None
        word = plain(value)
        word = SPELLINGS.get(cls.__name__, {}).get(word, word)
        return next((each for each in cls if each.value == word), None)

    @property
    def words(self) -> str:
        """Return the word as a reader would write it."""
        return self.value.replace("_", " ")


class Service(Word):
    """What is supplied; `families` says what else it is."""

    SIP = "sip"
    CLOUD_PBX = "cloud_pbx"
    CLOUD_PBX_RENTAL = "cloud_pbx_rental"
    VOIP = "voip"
    VOICE = "voice"
    VOICE_CIRCUIT = "voice_circuit"
    MULTILINE = "multiline"
    CONFERENCE = "conference"
    RECORDING = "recording"
    FAX = "fax"
    HANDSET_RENTAL = "handset_rental"
    RENTAL = "rental"
    EQUIPMENT_SALE = "equipment_sale"
    INTERNET = "internet"
    NBN = "nbn"
    FIBRE = "fibre"
    DSL = "dsl"
    FIXED_WIRELESS = "fixed_wireless"
    DATA = "data"
    MOBILE = "mobile"
    MOBILE_TELSTRA = "mobile_telstra"
    MOBILE_OPTUS = "mobile_optus"
    MANAGED_BUILDING = "managed_building"
    MANAGED_FIREWALL = "managed_firewall"
    COLOCATION = "colocation"
    INBOUND = "13_1300_1800"
    PSTN = "pstn"
    PSTN_REBILL = "pstn_rebill"
    DOMAINS = "domains"
    STANDARD_TELEPHONE = "standard_telephone"
    TELEPHONE_LINE = "telephone_line"
    CALL_FEATURE = "call_feature"
    CUSTOMER_EQUIPMENT = "customer_equipment"
    SWITCHBOARD = "switchboard"
    OWN_DEVICE = "own_device"
    PHONE_SYSTEM = "phone_system"
    TELEPHONY = "telephony"
    NUMBER_HOSTING = "number_hosting"
    CLOUD_HOSTING = "cloud_hosting"
    SUPPORT = "support"
    OTHER = "other"

    @property
    def families(self) -> Iterator["Service"]:
        """Yield the service and every wider one that it belongs to."""
        yield self
        for family in FAMILIES.get(self, ()):
            yield from family.families


FAMILIES: dict[Service, tuple[Service, ...]] = {
    **dict.fromkeys(
        (
            Service.SIP,
            Service.CLOUD_PBX,
            Service.VOIP,
            Service.VOICE_CIRCUIT,
            Service.MULTILINE,
            Service.CONFERENCE,
            Service.RECORDING,
            Service.FAX,
            Service.HANDSET_RENTAL,
        ),
        (Service.VOICE,),
    ),
    Service.CLOUD_PBX_RENTAL: (Service.CLOUD_PBX, Service.HANDSET_RENTAL),
    **dict.fromkeys(
        (Service.NBN, Service.FIBRE, Service.DSL, Service.FIXED_WIRELESS), (Service.INTERNET,)
    ),
    Service.INTERNET: (Service.DATA,),
    Service.MANAGED_BUILDING: (Service.INTERNET,),
    Service.MOBILE_TELSTRA: (Service.MOBILE,),
    Service.MOBILE_OPTUS: (Service.MOBILE,),
}


class Use(Word):
    """What a service is used for."""

    VOICE = "voice"
    DATA = "data"
    FAX = "fax"
    EFTPOS = "eftpos"
    HICAPS = "hicaps"
    ALARM = "alarm"
    MONITORING = "monitoring"
    BACK_TO_BASE = "back_to_base"
    RESALE = "resale"
    WHOLESALE = "wholesale"
    COMMERCIAL_EXPLOITATION = "commercial_exploitation"
    SHARING_FOR_REWARD = "sharing_for_reward"
    TELEMARKETING = "telemarketing"
    CALL_CENTRE = "call_centre"
    OUTBOUND_SALES = "outbound_sales"
    PREDICTIVE_DIALLING = "predictive_dialling"
    MARKET_RESEARCH = "market_research"
    FUNDRAISING_CALLS = "fundraising_calls"
    SIM_BOX = "sim_box"
    SWITCH_DEVICE = "switch_device"
    UNLAWFUL = "unlawful"
    SPAM = "spam"


class Method(Word):
    """A way to pay."""

    BPAY = "bpay"
    EFT = "eft"
    DIRECT_DEBIT = "direct_debit"
    CREDIT_CARD = "credit_card"
    DEBIT_CARD = "debit_card"
    CHEQUE = "cheque"
    CASH = "cash"
    MONEY_ORDER = "money_order"
    MAIL = "mail"
    PAYPAL = "paypal"
    POST_OFFICE = "post_office"


class Card(Word):
    """A card scheme, and the debit from an account that stands beside them in price lists."""

    VISA = "visa"
    MASTERCARD = "mastercard"
    AMEX = "amex"
    DINERS = "diners"
    JCB = "jcb"
    UNIONPAY = "unionpay"
    DISCOVER = "discover"
    EFTPOS = "eftpos"
    DIRECT_DEBIT = "direct_debit"


class Ground(Word):
    """Why one side ends or suspends a service, where a document names such grounds."""

    NONE = "none"
    NON_PAYMENT = "non_payment"
    THREATENED_NON_PAYMENT = "threatened_non_payment"
    PAYMENT_REVERSED = "payment_reversed"
    DEBIT_LOST = "debit_lost"
    CREDIT_RISK = "credit_risk"
    ADVERSE_CREDIT_REPORT = "adverse_credit_report"
    NOMINATED_LIMIT = "nominated_limit"
    BREACH = "breach"
    MATERIAL_BREACH = "material_breach"
    INCURABLE_BREACH = "incurable_breach"
    BANKRUPTCY = "bankruptcy"
    DEATH = "death"
    INSOLVENCY = "insolvency"
    CREDITORS_ARRANGEMENT = "creditors_arrangement"
    CEASED_BUSINESS = "ceased_business"
    MISUSE = "misuse"
    UNLAWFUL_USE = "unlawful_use"
    FRAUD = "fraud"
    EXCESSIVE_USE = "excessive_use"
    HIGH_USAGE = "high_usage"
    FAIR_USE = "fair_use"
    SPAM = "spam"
    COPYRIGHT = "copyright"
    UNAUTHORISED_ACCESS = "unauthorised_access"
    UNAUTHORISED_EQUIPMENT = "unauthorised_equipment"
    OTHERS_EQUIPMENT = "others_equipment"
    POWER_OVERUSE = "power_overuse"
    CARRIER = "carrier"
    FALSE_INFORMATION = "false_information"
    CONTACT_DETAILS = "contact_details"
    VACATED = "vacated"
    NO_ACCESS = "no_access"
    UNWANTED = "unwanted"
    INFEASIBLE = "infeasible"
    NETWORK = "network"
    MAINTENANCE = "maintenance"
    EMERGENCY = "emergency"
    SECURITY = "security"
    HARM = "harm"
    LAW = "law"
    AUTHORITY = "authority"
    WHOLESALER = "wholesaler"
    CONTENT_PROVIDER = "content_provider"
    OUTSIDE_EVENT = "outside_event"
    LONG_SUSPENSION = "long_suspension"
    SUSPENSION_UNCLEARED = "suspension_uncleared"
    PROVIDER_BREACH = "provider_breach"
    PROVIDER_INSOLVENCY = "provider_insolvency"
    CHANGE = "change"


class Act(Word):
    """What somebody does that may accept terms."""

    ENGAGE_SERVICE = "engage_service"
    ACCEPT_QUOTE = "accept_quote"
    PAY_INVOICE = "pay_invoice"
    REQUEST_QUOTE = "request_quote"
    BROWSE_WEBSITE = "browse_website"
    ACCEPT_SUPPLY = "accept_supply"
    USE_SERVICE = "use_service"
    CONTINUED_USE = "continued_use"


class Condition(Word):
    """How equipment came back, or that it did not."""

    SOUND = "sound"
    LATE = "late"
    DAMAGED = "damaged"
    MISSING = "missing"


SPELLINGS: dict[str, dict[str, str]] = {
    "Condition": {
        "lost": "missing",
        "not_returned": "missing",
        "unreturned": "missing",
        "stolen": "missing",
        "broken": "damaged",
        "good": "sound",
        "returned": "sound",
    },
    "Service": {
        "firewall": "managed_firewall",
        "hosted_managed_firewall": "managed_firewall",
        "colo": "colocation",
        "co_location": "colocation",
        "sip_trunk": "sip",
        "fiber": "fibre",
        "adsl": "dsl",
        "domain": "domains",
        "hosting": "cloud_hosting",
        "13": "13_1300_1800",
        "1300": "13_1300_1800",
        "1800": "13_1300_1800",
        "phone": "standard_telephone",
        "byo": "own_device",
        "data_link": "data",
        "broadband": "internet",
    },
    "Use": {
        "call_center": "call_centre",
        "alarms": "alarm",
        "outbound_sales_calls": "outbound_sales",
        "predictive_dialing": "predictive_dialling",
        "reselling": "resale",
        "resupply": "resale",
    },
    "Method": {"card": "credit_card", "check": "cheque", "electronic_funds_transfer": "eft"},
    "Card": {"american_express": "amex", "diners_club": "diners", "master_card": "mastercard"},
    "Ground": {
        "unpaid": "non_payment",
        "credit_card_reversed": "payment_reversed",
        "winding_up": "insolvency",
        "false_or_misleading_information": "false_information",
        "unreasonable_use": "excessive_use",
        "unusual_use": "excessive_use",
        "illegal": "unlawful_use",
        "crime": "unlawful_use",
    },
}
