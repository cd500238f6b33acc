"""Every address of the portal."""

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.urls import include, path, re_path

from billing.selectors import is_overdue
from contracts.selectors import services_to_choose
from contracts.views import ConfirmPlan
from parties.views import appointing

from . import (
    views,
    views_brand,
    views_dev,
    views_login,
    views_privacy,
    views_reset,
    views_safety,
    views_terms,
    views_together,
)

urlpatterns = [
    path("", views.Home.as_view(), name="home"),
    path("", include("parties.urls")),
    path(
        "people/appoint/check/",
        appointing.AppointCheck.as_view(services_of=services_to_choose),
        name="appoint_check",
    ),
    path(
        "people/appoint/form.pdf",
        appointing.AppointForm.as_view(services_of=services_to_choose),
        name="appoint_form",
    ),
    path(
        "people/appoint/<slug:step>/",
        appointing.AppointStep.as_view(services_of=services_to_choose),
        name="appoint",
    ),
    path("", include("contracts.urls")),
    path(
        "services/<uuid:public_id>/plan/<slug:code>/",
        ConfirmPlan.as_view(overdue_of=is_overdue),
        name="confirm_plan",
    ),
    path("", include("billing.urls")),
    path("", include("complaints.urls")),
    path("privacy/", views_privacy.Privacy.as_view(), name="privacy"),
    path("privacy/decisions/", views_terms.Decisions.as_view(), name="decisions"),
    path("privacy/choices/", views_privacy.Choose.as_view(), name="choose_preferences"),
    path("privacy/ask/", views_privacy.AskPrivacy.as_view(), name="ask_privacy"),
    path("privacy/download/", views_privacy.AskExport.as_view(), name="ask_export"),
    path(
        "privacy/download/<uuid:public_id>/progress/",
        views_privacy.ExportProgress.as_view(),
        name="export_progress",
    ),
    path(
        "privacy/download/<uuid:public_id>/",
        views_privacy.FetchExport.as_view(),
        name="fetch_export",
    ),
    path("reach/", views_safety.SafeContactPage.as_view(), name="safe_contact"),
    path("reach/end/", views_safety.EndSafeContact.as_view(), name="end_safe_contact"),
    path("unsubscribe/<str:token>/", views_privacy.Unsubscribe.as_view(), name="unsubscribe"),
    path("terms/", include("portal.urls_terms")),
    path("together/", views_together.Together.as_view(), name="together"),
    path("together/ask/<slug:act>/", views_together.TogetherAsk.as_view(), name="together_ask"),
    path("together/<uuid:public_id>/", views_together.TogetherOne.as_view(), name="together_one"),
    path(
        "together/<uuid:public_id>/<slug:answer>/",
        views_together.TogetherAnswer.as_view(),
        name="together_answer",
    ),
    path(
        "accounts/email/", login_required(views_login.ChangeEmail.as_view()), name="account_email"
    ),
    path(
        "accounts/password/change/",
        login_required(views_login.ChangePassword.as_view()),
        name="account_change_password",
    ),
    path(
        "accounts/password/set/",
        login_required(views_login.SetPassword.as_view()),
        name="account_set_password",
    ),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views_reset.ResetPassword.as_view(),
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/2fa/totp/activate/",
        login_required(views_login.ActivateTOTP.as_view()),
        name="mfa_activate_totp",
    ),
    path(
        "accounts/2fa/webauthn/add/",
        login_required(views_login.AddPasskey.as_view()),
        name="mfa_add_webauthn",
    ),
    path("accounts/", include("allauth.urls")),
    path(
        "undo-email/<str:token>/",
        views_login.UndoEmailChange.as_view(),
        name="undo_email_change",
    ),
    path("admin/login/", views.staff_login),
    path("admin/", admin.site.urls),
    path("brand/<slug:provider>.css", views_brand.brand_stylesheet, name="brand_stylesheet"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("dev/components/", views_dev.components, name="dev_components"),
    path("dev/mail/", views_dev.mailbox, name="dev_mail"),
    path("dev/mail/<str:name>/", views_dev.read_mail, name="dev_read_mail"),
    path("dev/mail/<str:name>/html/", views_dev.mail_html, name="dev_mail_html"),
    path("dev/mail/<str:name>/<int:part>/", views_dev.mail_part, name="dev_mail_part"),
]
