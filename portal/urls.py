"""Every address of the portal."""

from django.contrib import admin
from django.urls import include, path

from . import views, views_brand, views_dev, views_privacy, views_safety

urlpatterns = [
    path("", views.Home.as_view(), name="home"),
    path("", include("parties.urls")),
    path("", include("contracts.urls")),
    path("", include("billing.urls")),
    path("", include("complaints.urls")),
    path("terms/", views.Terms.as_view(), name="your_terms"),
    path("privacy/", views_privacy.Privacy.as_view(), name="privacy"),
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
    path("accounts/", include("allauth.urls")),
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
