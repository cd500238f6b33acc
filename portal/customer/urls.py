"""Addresses of the pages behind a customer's log-in."""

from django.contrib.auth.decorators import login_required
from django.urls import path

from . import (
    accounts,
    appointing,
    assisted,
    bills,
    card_payments,
    complaints,
    contact,
    direct_debit,
    faults,
    help_paying,
    home,
    identity,
    leaving,
    lodging,
    login,
    notices,
    orders,
    pay,
    people,
    price_changes,
    privacy,
    profile,
    safety,
    services,
    statement,
    unpaid_notices,
)

urlpatterns = [
    path("", home.Home.as_view(), name="home"),
    path("accounts/choose/", accounts.ChooseAccount.as_view(), name="choose_account"),
    path("accounts/switch/", accounts.SwitchAccount.as_view(), name="switch_account"),
    # People and identity
    path("people/", people.People.as_view(), name="people"),
    path("people/history/", people.AccessHistory.as_view(), name="account_history"),
    path("people/mine/", appointing.MyAuthority.as_view(), name="my_authority"),
    path("people/mine/warrant/", appointing.Warrant.as_view(), name="warrant"),
    path("people/mine/lay-down/", appointing.LayDown.as_view(), name="lay_down"),
    path("people/<uuid:public_id>/", appointing.AppointmentPage.as_view(), name="appointment"),
    path(
        "people/<uuid:public_id>/change/",
        appointing.ChangeAppointment.as_view(),
        name="change_appointment",
    ),
    path(
        "people/<uuid:public_id>/remove/",
        appointing.RemoveAppointment.as_view(),
        name="remove_appointment",
    ),
    path(
        "people/<uuid:public_id>/form.pdf",
        appointing.AppointmentPdf.as_view(),
        name="appointment_form",
    ),
    path("people/appoint/check/", appointing.AppointCheck.as_view(), name="appoint_check"),
    path("people/appoint/form.pdf", appointing.AppointForm.as_view(), name="appoint_form"),
    path("people/appoint/<slug:step>/", appointing.AppointStep.as_view(), name="appoint"),
    path("identity/<slug:risk>/", identity.ProveIdentity.as_view(), name="prove_identity"),
    path("profile/contact/", contact.ChangeContact.as_view(), name="change_contact"),
    path("profile/talking/", contact.AccessNeeds.as_view(), name="access_needs"),
    path("profile/", profile.Profile.as_view(), name="profile"),
    path("together/", assisted.Together.as_view(), name="together"),
    path("together/ask/<slug:act>/", assisted.TogetherAsk.as_view(), name="together_ask"),
    path("together/<uuid:public_id>/", assisted.TogetherOne.as_view(), name="together_one"),
    path(
        "together/<uuid:public_id>/<slug:answer>/",
        assisted.TogetherAnswer.as_view(),
        name="together_answer",
    ),
    # Services and contract
    path("services/", services.Services.as_view(), name="services"),
    path("services/leaving/", leaving.LeavingAll.as_view(), name="leaving"),
    path(
        "services/<uuid:public_id>/leaving/",
        leaving.ServiceLeaving.as_view(),
        name="service_leaving",
    ),
    path(
        "services/<uuid:public_id>/leaving/notice/",
        leaving.GiveNotice.as_view(),
        name="give_notice",
    ),
    path(
        "services/<uuid:public_id>/leaving/back/",
        leaving.TakeBackNotice.as_view(),
        name="take_back_notice",
    ),
    path("services/<uuid:public_id>/", services.ServiceDetail.as_view(), name="service"),
    path("services/<uuid:public_id>/fault/", faults.ReportFault.as_view(), name="report_fault"),
    path("faults/<str:reference>/", faults.FaultDetail.as_view(), name="fault"),
    path("faults/<str:reference>/<slug:act>/", faults.FaultStep.as_view(), name="fault_step"),
    path("services/<uuid:public_id>/plan/", services.ChoosePlan.as_view(), name="choose_plan"),
    path(
        "services/<uuid:public_id>/plan-back/",
        services.WithdrawPlanChange.as_view(),
        name="withdraw_plan_change",
    ),
    path(
        "services/<uuid:public_id>/plan/<slug:code>/",
        services.ConfirmPlan.as_view(),
        name="confirm_plan",
    ),
    path(
        "services/price/<uuid:public_id>/",
        price_changes.PriceChangePage.as_view(),
        name="price_change",
    ),
    path(
        "services/price/<uuid:public_id>/leave/",
        price_changes.LeaveBecauseOfPrice.as_view(),
        name="leave_free",
    ),
    path("contract/", services.ContractPage.as_view(), name="contract"),
    path("notices/", notices.Notices.as_view(), name="notices"),
    path("notices/<int:pk>/", notices.NoticePage.as_view(), name="notice"),
    path("notices/<int:pk>/letter.pdf", notices.NoticeLetter.as_view(), name="notice_letter"),
    # Orders
    path("orders/", orders.Orders.as_view(), name="orders"),
    path("orders/<slug:reference>/", orders.OrderDetail.as_view(), name="order"),
    path("orders/<slug:reference>/accept/", orders.AcceptOrder.as_view(), name="accept_order"),
    path("orders/<slug:reference>/decline/", orders.DeclineOrder.as_view(), name="decline_order"),
    path(
        "orders/<slug:reference>/withdraw/", orders.WithdrawOrder.as_view(), name="withdraw_order"
    ),
    path(
        "orders/<slug:reference>/move/<int:line>/stop/",
        orders.StopMove.as_view(),
        name="stop_move",
    ),
    path("orders/<slug:reference>/<slug:paper>.pdf", orders.OrderPdf.as_view(), name="order_pdf"),
    # Money
    path("bills/", bills.Bills.as_view(), name="bills"),
    path("bills/statement/", statement.StatementPage.as_view(), name="statement"),
    path("bills/next/", bills.NextBill.as_view(), name="next_bill"),
    path("bills/payments/", pay.Payments.as_view(), name="payments"),
    path("bills/payments/<uuid:public_id>/", pay.ReceiptPage.as_view(), name="receipt"),
    path("bills/credits/<uuid:public_id>/", bills.CreditNotePage.as_view(), name="credit_note"),
    path(
        "bills/credits/<uuid:public_id>/pdf/",
        bills.CreditNotePdf.as_view(),
        name="credit_note_pdf",
    ),
    path("bills/refunds/<uuid:public_id>/", pay.RefundPage.as_view(), name="refund"),
    path("pay/", pay.Pay.as_view(), name="pay"),
    path("pay/direct-debit/", direct_debit.DirectDebit.as_view(), name="direct_debit"),
    path(
        "pay/direct-debit/new/",
        direct_debit.AgreeDirectDebit.as_view(),
        name="agree_direct_debit",
    ),
    path(
        "pay/direct-debit/stop/",
        direct_debit.StopDirectDebit.as_view(),
        name="stop_direct_debit",
    ),
    path("pay/direct-debit/day/", direct_debit.DirectDebitDay.as_view(), name="direct_debit_day"),
    path(
        "pay/direct-debit/go-on/",
        direct_debit.ResumeDirectDebit.as_view(),
        name="resume_direct_debit",
    ),
    path(
        "pay/direct-debit/<slug:reference>.pdf",
        direct_debit.DirectDebitPdf.as_view(),
        name="direct_debit_pdf",
    ),
    path("pay/card/new/", card_payments.AgreeCard.as_view(), name="agree_card"),
    path(
        "pay/card/<uuid:public_id>/", card_payments.CardRequestPage.as_view(), name="card_request"
    ),
    path("pay/<uuid:public_id>/", pay.OnlinePaymentPage.as_view(), name="online_payment"),
    path("bills/<uuid:public_id>/", bills.InvoicePage.as_view(), name="invoice"),
    path("bills/<uuid:public_id>/pdf/", bills.InvoicePdf.as_view(), name="invoice_pdf"),
    # Can't pay now
    path("unpaid/", help_paying.Unpaid.as_view(), name="unpaid"),
    path("unpaid/more-time/", help_paying.MoreTime.as_view(), name="more_time"),
    path(
        "unpaid/notice/<uuid:public_id>/",
        unpaid_notices.SuspensionNoticePage.as_view(),
        name="suspension_notice",
    ),
    path(
        "unpaid/debt-notice/<uuid:public_id>/",
        unpaid_notices.DebtNoticePage.as_view(),
        name="debt_notice",
    ),
    path("help-paying/", help_paying.HelpPaying.as_view(), name="help_paying"),
    path("help-paying/accept/", help_paying.AcceptOffer.as_view(), name="accept_offer"),
    path("help-paying/decline/", help_paying.DeclineOffer.as_view(), name="decline_offer"),
    path("help-paying/answer/", help_paying.AnswerQuestion.as_view(), name="answer_question"),
    path("help-paying/withdraw/", help_paying.WithdrawHelp.as_view(), name="withdraw_help"),
    path(
        "help-paying/<uuid:public_id>.pdf",
        help_paying.ArrangementPdf.as_view(),
        name="arrangement_pdf",
    ),
    path("help-paying/ask/<slug:step>/", help_paying.AskForHelp.as_view(), name="ask_for_help"),
    # Complaints
    path("complaints/", complaints.Complaints.as_view(), name="complaints"),
    path("complaints/new/", lodging.Lodge.as_view(), name="lodge_complaint"),
    path(
        "complaints/new/<uuid:draft_id>/check/", lodging.LodgeCheck.as_view(), name="lodge_check"
    ),
    path("complaints/new/<uuid:draft_id>/drop/", lodging.DropDraft.as_view(), name="drop_draft"),
    path(
        "complaints/new/<uuid:draft_id>/drop/<uuid:public_id>/",
        lodging.DropFile.as_view(),
        name="drop_file",
    ),
    path(
        "complaints/new/<uuid:draft_id>/<slug:step>/",
        lodging.LodgeStep.as_view(),
        name="lodge_step",
    ),
    path(
        "complaints/<str:reference>/files/<uuid:public_id>/",
        complaints.ComplaintFile.as_view(),
        name="complaint_file",
    ),
    path("complaints/<str:reference>/", complaints.ComplaintPage.as_view(), name="complaint"),
    path("complaints/<str:reference>/add/", complaints.AddMessage.as_view(), name="add_message"),
    path(
        "complaints/<str:reference>/accept/", complaints.Accept.as_view(), name="accept_proposal"
    ),
    path(
        "complaints/<str:reference>/decline/",
        complaints.Decline.as_view(),
        name="decline_proposal",
    ),
    path(
        "complaints/<str:reference>/manager/",
        complaints.AskForManager.as_view(),
        name="ask_for_manager",
    ),
    path("complaints/<str:reference>/done/", complaints.FinishTask.as_view(), name="finish_task"),
    path("complaints/<str:reference>/settled/", complaints.Settle.as_view(), name="settle"),
    path("complaints/<str:reference>/reopen/", complaints.Reopen.as_view(), name="reopen"),
    path("complaints/<str:reference>/withdraw/", complaints.Withdraw.as_view(), name="withdraw"),
    # Own data and safety
    path("privacy/", privacy.Privacy.as_view(), name="privacy"),
    path("privacy/choices/", privacy.Choose.as_view(), name="choose_preferences"),
    path("privacy/ask/", privacy.AskPrivacy.as_view(), name="ask_privacy"),
    path("privacy/download/", privacy.AskExport.as_view(), name="ask_export"),
    path(
        "privacy/download/<uuid:public_id>/progress/",
        privacy.ExportProgress.as_view(),
        name="export_progress",
    ),
    path("privacy/download/<uuid:public_id>/", privacy.FetchExport.as_view(), name="fetch_export"),
    path("reach/", safety.SafeContactPage.as_view(), name="safe_contact"),
    path("reach/confirm/", safety.ConfirmSafeContact.as_view(), name="confirm_safe_contact"),
    path("reach/end/", safety.EndSafeContact.as_view(), name="end_safe_contact"),
    # Signing in: what stands in front of allauth's own pages
    path("accounts/email/", login_required(login.ChangeEmail.as_view()), name="account_email"),
    path(
        "accounts/password/change/",
        login_required(login.ChangePassword.as_view()),
        name="account_change_password",
    ),
    path(
        "accounts/password/set/",
        login_required(login.SetPassword.as_view()),
        name="account_set_password",
    ),
    path(
        "accounts/2fa/totp/activate/",
        login_required(login.ActivateTOTP.as_view()),
        name="mfa_activate_totp",
    ),
    path(
        "accounts/2fa/reauthenticate/",
        login_required(login.ShowFactor.as_view()),
        name="mfa_reauthenticate",
    ),
    path(
        "accounts/2fa/webauthn/add/",
        login_required(login.AddPasskey.as_view()),
        name="mfa_add_webauthn",
    ),
]
