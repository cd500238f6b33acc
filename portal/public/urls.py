"""Addresses that need no log-in."""

from django.urls import include, path, re_path

from . import brand, claim, follow, go, health, hooks, links, outages, reset, terms

urlpatterns = [
    # Mail programs post to this one by themselves, and follow no redirect (RFC 8058).
    path("go/unsubscribe/<str:token>/", links.Unsubscribe.as_view(), name="go_unsubscribe"),
    path("go/<slug:kind>/", go.go, name="go"),
    path("go/<slug:kind>/<str:reference>/", go.go, name="go_to"),
    path("claim/<str:token>/", claim.ClaimAccount.as_view(), name="claim_account"),
    path("claim/<str:token>/decline/", claim.DeclineAppointment.as_view(), name="decline"),
    path("undo/<str:token>/", links.UndoContactChange.as_view(), name="undo_contact_change"),
    path("undo-email/<str:token>/", links.UndoEmailChange.as_view(), name="undo_email_change"),
    path("stop/<str:token>/", links.Stop.as_view(), name="stop"),
    path("unsubscribe/<str:token>/", links.Unsubscribe.as_view(), name="unsubscribe"),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        reset.ResetPassword.as_view(),
        name="account_reset_password_from_key",
    ),
    path("complaints/unnamed/", follow.LodgeUnnamed.as_view(), name="lodge_unnamed"),
    path("complaints/follow/", follow.Follow.as_view(), name="follow"),
    path("complaints/follow/leave/", follow.Leave.as_view(), name="stop_following"),
    path("complaints/follow/<slug:act>/", follow.FollowStep.as_view(), name="follow_step"),
    path(
        "complaints/follow/files/<uuid:public_id>/",
        follow.FollowFile.as_view(),
        name="follow_file",
    ),
    path("privacy/decisions/", terms.Decisions.as_view(), name="decisions"),
    path("status/", outages.Status.as_view(), name="status"),
    path("status/outage/<str:reference>/", outages.OutagePage.as_view(), name="outage"),
    path(
        "status/<slug:provider>/complaints/",
        outages.OutageComplaints.as_view(),
        name="outage_complaints",
    ),
    path("status/<slug:provider>/", outages.ProviderStatus.as_view(), name="provider_status"),
    path("terms/", include("portal.public.terms_urls")),
    path("brand/<slug:provider>.css", brand.brand_stylesheet, name="brand_stylesheet"),
    path("hooks/network/<slug:provider>/", hooks.NetworkHook.as_view(), name="network_hook"),
    path("hooks/texts/", hooks.TextHook.as_view(), name="text_hook"),
    path("hooks/payments/<slug:provider>/", hooks.PaymentHook.as_view(), name="payment_hook"),
    # Mailgun posts whole messages where the address ends in "mime".
    path("hooks/mail/mime/", hooks.MailHook.as_view(), name="mail_hook"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
