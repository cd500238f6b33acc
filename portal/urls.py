"""Every address of the portal, by audience."""

from django.contrib import admin
from django.urls import include, path

from portal.dev import gateway, pages
from portal.staff.login import staff_login

urlpatterns = [
    # First what has one meaning for everybody: "follow" is no complaint's reference.
    path("", include("portal.public.urls")),
    path("", include("portal.customer.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/login/", staff_login),
    path("admin/", admin.site.urls),
    path("dev/components/", pages.components, name="dev_components"),
    path("dev/mail/", pages.mailbox, name="dev_mail"),
    path("dev/mail/<str:name>/", pages.read_mail, name="dev_read_mail"),
    path("dev/mail/<str:name>/html/", pages.mail_html, name="dev_mail_html"),
    path("dev/mail/<str:name>/<int:part>/", pages.mail_part, name="dev_mail_part"),
    path("dev/gateway/", gateway.bank, name="dev_bank"),
    path("dev/gateway/pay/<str:session>/", gateway.pay, name="dev_pay"),
    path("dev/gateway/v1/checkout/sessions", gateway.open_page, name="dev_gateway_open"),
    path(
        "dev/gateway/v1/checkout/sessions/<str:session>",
        gateway.read_page,
        name="dev_gateway_read",
    ),
    path("dev/gateway/v1/payment_intents", gateway.charges, name="dev_gateway_charges"),
    path("dev/gateway/v1/payouts", gateway.payouts, name="dev_gateway_payouts"),
    path("dev/gateway/v1/balance_transactions", gateway.balance, name="dev_gateway_balance"),
    path("dev/gateway/v1/refunds", gateway.refunds, name="dev_gateway_refunds"),
    path(
        "dev/gateway/v1/payment_methods/<str:card>/detach",
        gateway.forget,
        name="dev_gateway_forget",
    ),
]
