"""The rules: pure functions from a profile and facts to an answer with its reasons.

Each rule stands under its own name in RULES; the shape it rests on bears that name too.
"""

from collections.abc import Callable

from terms.result import Result
from terms.rules.assessment import credit_report, security_demand
from terms.rules.authority import (
    access_logged,
    anonymous_contact,
    may,
    staff_access,
    transfer_of_account,
)
from terms.rules.billing import (
    back_billing,
    bill_required,
    billing_start,
    charge_billable_on,
    charge_start,
    deposit,
    gst_payable,
    itemised_billing_notice,
    late_issue,
    prepaid_expiry,
    prorata,
    recovery_cost,
)
from terms.rules.charges import (
    bundle_break,
    call_charge,
    data_excess,
    indexation,
    indexation_date,
    price_review,
    promotion,
    support_fee,
    support_rate_band,
)
from terms.rules.chasing import (
    capacity_assessment,
    contact_frequency,
    contact_hours,
    default_listing,
)
from terms.rules.complaints import (
    complaint_close,
    complaint_cost,
    complaint_deadlines,
    complaint_escalation,
    delay_duty,
    privacy_complaint,
    resolution_confirmation,
    resolution_implementation,
    vexatious_refusal,
)
from terms.rules.contract import (
    contract_renewal,
    marketing_consent,
    plan_change,
    plan_minimum_lines,
    renewal,
    service_start,
    term_end,
)
from terms.rules.credit import (
    bill_acceleration,
    breach_cure,
    collection_costs,
    deposit_settlement,
    dishonour_fee,
    insolvency_default,
    nonpayment_termination,
    overdue_escalation,
    power_breach_cure,
    security_draw,
)
from terms.rules.disputes import (
    credit_management,
    dispute_escalation,
    dispute_notice,
    dispute_outcome,
    dispute_window,
    general_dispute,
    legal_action_hold,
    sixty_day_action,
)
from terms.rules.documents import document_fee
from terms.rules.duties import (
    decision_disclosure,
    duty_deadline,
    identity_check,
    identity_documents,
    message_content,
    record_keeping,
    text_sender,
)
from terms.rules.early_termination import early_termination
from terms.rules.eligibility import acl_consumer, tcp_customer, urgent_complaint
from terms.rules.equipment import (
    equipment_charge,
    equipment_return,
    equipment_title,
    handset_addition,
    handset_fault,
)
from terms.rules.hardship import hardship_decision, hardship_proof, hardship_sign
from terms.rules.late_payment import late_fee
from terms.rules.leaving import port_out, termination
from terms.rules.lines import line_amounts
from terms.rules.numbers import (
    address_check,
    identifier_change,
    ipnd_change,
    port_in_cutover,
    port_in_withdraw,
    service_transfer,
)
from terms.rules.payment import (
    card_check_refund,
    card_surcharge,
    debit_change,
    direct_debit,
    invoice_due_date,
    payment_allocation,
    payment_card,
    payment_method,
)
from terms.rules.receipt import deemed_receipt, desk_open
from terms.rules.relocation import intervening_event_exit, relocation, withdrawal_cost
from terms.rules.rule_source import rule_source
from terms.rules.service import (
    colo_access,
    fault_repair,
    firewall_feature,
    firewall_limits,
    maintenance_window,
    onsite_area,
    out_of_scope,
    permitted_use,
    recording_retention,
)
from terms.rules.supply import (
    change_notice,
    csg_applies,
    csg_compensation,
    csg_waiver,
    liability_cap,
    responsibility,
    terms_acceptance,
    terms_version,
    vendor_terms,
)
from terms.rules.suspension import (
    reactivation_total,
    reconnection_fee,
    suspension,
    suspension_charges,
    suspension_limits,
    suspension_termination,
)
from terms.rules.usage import fair_use, power_overuse, rack_overuse, usage_alert_by, usage_alerts
from terms.rules.variation import variation, walk_away_charge
from terms.rules.warranty import warranty_charge, warranty_claim, warranty_return

Rule = Callable[..., Result]

RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        # authority
        may,
        staff_access,
        access_logged,
        anonymous_contact,
        transfer_of_account,
        # eligibility
        tcp_customer,
        acl_consumer,
        urgent_complaint,
        # receipt
        deemed_receipt,
        desk_open,
        # contract
        term_end,
        plan_change,
        plan_minimum_lines,
        renewal,
        contract_renewal,
        service_start,
        marketing_consent,
        # variation
        variation,
        walk_away_charge,
        # leaving
        termination,
        port_out,
        # early termination
        early_termination,
        # relocation
        withdrawal_cost,
        relocation,
        intervening_event_exit,
        # supply
        terms_acceptance,
        terms_version,
        csg_waiver,
        csg_applies,
        csg_compensation,
        vendor_terms,
        liability_cap,
        change_notice,
        responsibility,
        # billing
        back_billing,
        billing_start,
        charge_start,
        charge_billable_on,
        prorata,
        prepaid_expiry,
        gst_payable,
        recovery_cost,
        deposit,
        bill_required,
        late_issue,
        itemised_billing_notice,
        # lines
        line_amounts,
        # charges
        call_charge,
        data_excess,
        support_fee,
        support_rate_band,
        indexation,
        indexation_date,
        price_review,
        promotion,
        bundle_break,
        # documents
        document_fee,
        # payment
        invoice_due_date,
        direct_debit,
        debit_change,
        card_surcharge,
        payment_method,
        payment_card,
        payment_allocation,
        card_check_refund,
        # late payment
        late_fee,
        # disputes
        dispute_window,
        dispute_outcome,
        dispute_notice,
        dispute_escalation,
        general_dispute,
        legal_action_hold,
        credit_management,
        sixty_day_action,
        # complaints
        complaint_deadlines,
        resolution_implementation,
        resolution_confirmation,
        delay_duty,
        complaint_cost,
        complaint_close,
        complaint_escalation,
        vexatious_refusal,
        privacy_complaint,
        # hardship
        hardship_decision,
        hardship_proof,
        hardship_sign,
        # credit
        overdue_escalation,
        bill_acceleration,
        nonpayment_termination,
        breach_cure,
        power_breach_cure,
        insolvency_default,
        security_draw,
        deposit_settlement,
        collection_costs,
        dishonour_fee,
        # assessment
        credit_report,
        security_demand,
        # suspension
        suspension,
        suspension_charges,
        suspension_limits,
        suspension_termination,
        reconnection_fee,
        reactivation_total,
        # equipment
        equipment_return,
        equipment_charge,
        equipment_title,
        handset_fault,
        handset_addition,
        # warranty
        warranty_claim,
        warranty_return,
        warranty_charge,
        # usage
        usage_alerts,
        usage_alert_by,
        fair_use,
        power_overuse,
        rack_overuse,
        # numbers
        port_in_cutover,
        port_in_withdraw,
        service_transfer,
        ipnd_change,
        address_check,
        identifier_change,
        # service
        fault_repair,
        maintenance_window,
        recording_retention,
        permitted_use,
        firewall_limits,
        firewall_feature,
        colo_access,
        onsite_area,
        out_of_scope,
        # chasing
        contact_hours,
        contact_frequency,
        default_listing,
        capacity_assessment,
        # duties
        duty_deadline,
        record_keeping,
        identity_check,
        identity_documents,
        message_content,
        text_sender,
        decision_disclosure,
        # every rule
        rule_source,
    )
}
