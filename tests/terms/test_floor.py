"""The second text of the law: instruments, days and sureness row by row; nothing is rounded up."""

from datetime import date, time

import pytest

from terms import library, rules
from terms.calendar import State
from terms.facts import BadFacts
from terms.profile import TermsSilent
from terms.profile_file import BadProfile, read_profile
from terms.rules import RULES
from terms.workbench import commands
from terms.workbench.reading import area_of
from tests.terms.test_library import GOOD, write

FLOOR = library.newest(library.FLOOR)
ROWS = {row.clause.id: row for row in FLOOR.rows}
TCP = "Telecommunications Consumer Protections Code C628:2019 (Variation 1/2022)"
COMPLAINTS = "Complaints handling standard 2018, as amended to 2026"
HOUSE = "House rule, not law"
# By group of rows, and for those that stand under an instrument of their own.
INSTRUMENT = {
    "TCP": TCP,
    "CMP": COMPLAINTS,
    "OUT": "Outage communication standard 2024",
    "HARD": "Financial hardship standard 2024",
    "DFV": "Domestic, family and sexual violence standard 2025",
    "ID": "Customer identity determination 2022",
    "TAX": "GST law and rulings",
    "EINV": "PINT A-NZ e-invoicing rules",
    "MSG": "Spam Act 2003 and Spam Regulations 2021",
    "ACC": HOUSE,
    "REC": "Record-keeping law: companies, tax, telecommunications",
    "DEBT": "Debt collection guideline of the consumer and the securities regulator",
    "USE": "International mobile roaming standard 2019",
    "CSG": "Customer Service Guarantee standard",
    "SCAM": "Scams prevention framework",
    "SUB": "Unfair trading practices Bill, not passed",
    "RF-TCP-24": "Australian Consumer Law: unfair contract terms",
    "RF-CMP-17": "Telecommunications (Consumer Complaints) Record-Keeping Rules 2018, "
    "as amended in 2025",
    "RF-CMP-18": "Telecommunications Industry Ombudsman: complaint procedures",
    "RF-OUT-02": COMPLAINTS,
    "RF-OUT-04": "Outage register, proposed by the regulator",
    "RF-OUT-05": COMPLAINTS,
    "RF-ID-04": HOUSE,
    "RF-PAY-01": "Rules of the card schemes, as the Reserve Bank allows",
    "RF-PAY-02": "Reserve Bank standard on merchants' surcharges",
    "RF-PAY-03": "Direct debit rules of the banks",
    "RF-PAY-04": "BPAY rules for customer references",
    "RF-PAY-05": "Direct entry file format of the banks",
    "RF-PAY-06": "A-NZ Peppol guidance note 2",
    "RF-PAY-07": "Direct debit rules of the banks",
    "RF-MSG-03": "SMS sender ID register",
    "RF-PRIV-01": "Privacy Act 1988: Australian Privacy Principle 12",
    "RF-PRIV-02": "Privacy Act 1988: Australian Privacy Principle 13",
    "RF-PRIV-03": "Privacy Act 1988: notifiable data breaches",
    "RF-PRIV-04": "Privacy Act 1988: automated decisions",
    "RF-DEBT-03": "Privacy Act 1988: credit reporting",
    "RF-NBN-01": "NBN consumer information standard 2018",
    "RF-NBN-02": "NBN service continuity standard 2018",
}
FROM = {
    "RF-TCP-24": date(2023, 11, 9),
    "RF-TCP-25": date(2019, 8, 1),
    "RF-CMP-03": date(2025, 6, 30),
    "RF-OUT-01": date(2024, 12, 31),
    "RF-OUT-02": date(2025, 6, 30),
    "RF-OUT-05": date(2025, 6, 30),
    "RF-HARD-03": date(2024, 3, 29),
    "RF-HARD-08": date(2024, 10, 28),
    "RF-DFV-01": date(2026, 1, 1),
    "RF-DFV-02": date(2025, 7, 1),
    "RF-DFV-03": date(2025, 7, 1),
    "RF-DFV-04": date(2026, 1, 1),
    "RF-DFV-05": date(2026, 1, 1),
    "RF-DFV-06": date(2025, 7, 1),
    "RF-ID-01": date(2022, 6, 30),
    "RF-ID-02": date(2022, 6, 30),
    "RF-PAY-01": date(2026, 10, 1),
    "RF-MSG-03": date(2026, 7, 1),
    "RF-PRIV-04": date(2026, 12, 10),
    "RF-DEBT-03": date(2014, 3, 12),
    "RF-USE-01": date(2020, 7, 1),
    "RF-NBN-01": date(2018, 9, 21),
    "RF-SCAM-01": date(2027, 3, 31),
}
SURE = {
    "RF-TCP-01": ("verified", {"annual_spend_max": "secondary"}),
    "RF-TCP-10": ("verified", {"available_months": "secondary"}),
    "RF-TCP-23": ("secondary", {"max_a4_pages": "unverified"}),
    "RF-CMP-04": ("verified", {"resolution_implementation.customer_task": "secondary"}),
    "RF-CMP-06": ("verified", {"grounds": "secondary"}),
    "RF-HARD-05": ("verified", {"hardship_sign": "secondary"}),
    "RF-PRIV-02": ("verified", {"days": "house"}),
    "RF-PRIV-04": ("secondary", {}),
    "RF-ACC-01": ("house", {}),
    "RF-ID-04": ("house", {}),
    "RF-MSG-02": ("secondary", {}),
    "RF-MSG-03": ("verified", {}),
    "RF-PAY-02": ("verified", {}),
    "RF-DEBT-02": ("secondary", {"per_month": "unverified"}),
    "RF-DEBT-03": ("verified", {"second_after_days": "secondary", "list_after_days": "secondary"}),
    "RF-OUT-04": ("unverified", {}),
    "RF-SUB-01": ("unverified", {}),
}


@pytest.mark.parametrize("id", ROWS)
def test_row_names_its_own_instrument(id):
    assert ROWS[id].clause.heading == INSTRUMENT.get(id, INSTRUMENT.get(id.split("-")[1]))


@pytest.mark.parametrize("id", ROWS)
def test_house_rule_says_that_it_is_no_law(id):
    assert (ROWS[id].conf == "house") is (ROWS[id].clause.heading == HOUSE)


@pytest.mark.parametrize("id", FROM)
def test_row_is_in_force_from_its_day(id):
    assert ROWS[id].effective_from == FROM[id]


@pytest.mark.parametrize("id", SURE)
def test_row_and_each_figure_are_as_sure_as_they_were_read(id):
    assert (ROWS[id].conf, dict(ROWS[id].conf_of)) == SURE[id]


@pytest.mark.parametrize("id", ROWS)
def test_row_runs_a_rule_or_names_the_fact_that_is_missing(id):
    assert bool(ROWS[id].feeds) is not bool(ROWS[id].missing)
    assert area_of(id) != "Other"


def test_every_row_of_the_first_text_is_there_and_eighteen_more():
    first = library.load(library.FLOOR, "2026-11-21")

    assert {row.clause.id for row in first.rows} < ROWS.keys()
    assert (len(first.rows), len(ROWS)) == (89, 107)
    assert sum(bool(row.feeds) for row in FLOOR.rows) == 62


def test_unverified_figure_is_given_to_nobody():
    assert FLOOR.parameters("RF-TCP-23") == {}
    assert FLOOR.parameters("RF-TCP-10") == {"available_months": 72}
    assert FLOOR.parameters("RF-OUT-04") == {}


@pytest.mark.parametrize(
    ("conf_of", "words"),
    [
        ("{working_days: unverified}", "make the row unverified instead"),
        ("{pages: secondary}", "no figure or shape of this row"),
        ("{working_days: perhaps}", "is none of"),
    ],
)
def test_sureness_that_makes_no_sense_is_refused(tmp_path, conf_of, words):
    text = GOOD.replace("    decides: [A1]\n", f"    decides: [A1]\n    conf_of: {conf_of}\n")

    with pytest.raises(BadProfile, match=words):
        read_profile(write(tmp_path, text))


def test_example_is_held_against_the_text_of_its_day():
    assert library.published_on(library.FLOOR, date(2020, 1, 1)) == "2026-11-21"
    assert library.published_on(library.FLOOR, date(2026, 11, 26)) == "2026-11-21"
    assert library.published_on(library.FLOOR, date(2026, 11, 27)) == "2026-11-27"
    assert library.published_on("vpnet", date(2020, 1, 1)) == "undated-1"


def test_comparison_without_versions_takes_the_two_newest():
    lines, well = commands.run(["diff", "floor"], date(2026, 11, 27))
    readings, _ = commands.run(["diff", "vpnet"], date(2026, 11, 27))
    refusal, _ = commands.run(["diff", "default"], date(2026, 11, 27))

    assert well
    assert lines[0] == "floor: 2026-11-21, reading 1 → 2026-11-27, reading 1"
    assert f"  RF-ID-04 now stands in: {HOUSE}" in lines
    assert "  RF-ID-01 from: not said → 2022-06-30" in lines
    assert "  RF-PRIV-02 conf of days: none → house" in lines
    assert readings[0].endswith("reading 4")
    assert "is the first of its versions" in refusal[0]


# ---- what the new rules refuse


@pytest.mark.parametrize(
    ("wish", "at"),
    [
        ({"wished_from": time(18)}, "wished_to"),
        ({"wished_to": time(18)}, "wished_from"),
        ({"wished_from": time(18), "wished_to": time(18)}, "wished_to"),
    ],
)
def test_hours_that_are_no_hours_are_refused(wish, at):
    with pytest.raises(BadFacts) as refused:
        rules.contact_hours(
            FLOOR.as_seen(tcp=False, on=date(2027, 3, 1)),
            at=library.newest("vpnet").calendar(State.NSW).at(date(2027, 3, 2), time(10)),
            state=State.NSW,
            **wish,
        )

    assert refused.value.path == (at,)


def test_total_of_a_tax_invoice_is_asked_for():
    with pytest.raises(BadFacts, match="needs it"):
        rules.duty_deadline(FLOOR, duty=rules.duties.Duty.GIVE_TAX_INVOICE, since=date(2027, 2, 1))


def test_no_document_of_a_provider_answers_for_the_law():
    for name in ("duty_deadline", "contact_hours", "decision_disclosure"):
        with pytest.raises(TermsSilent):
            RULES[name](library.newest("callpro"), **ASKED[name])


ASKED = {
    "duty_deadline": {"duty": rules.duties.Duty.ANSWER_ACCESS, "since": date(2027, 2, 1)},
    "contact_hours": {
        "at": library.newest("vpnet").calendar(State.NSW).at(date(2027, 3, 2), time(10))
    },
    "decision_disclosure": {},
}
