"""Every address of the portal."""

from django.contrib import admin
from django.urls import include, path

from contracts.selectors import services_to_choose
from parties.views import appointing

from . import views, views_brand, views_dev

urlpatterns = [
    path("", views.Home.as_view(), name="home"),
    path("", include("parties.urls")),
    path(
        "people/appoint/check/",
        appointing.AppointCheck.as_view(services_of=services_to_choose),
        name="appoint_check",
    ),
    path(
        "people/appoint/<slug:step>/",
        appointing.AppointStep.as_view(services_of=services_to_choose),
        name="appoint",
    ),
    path("", include("contracts.urls")),
    path("", include("billing.urls")),
    path("", include("complaints.urls")),
    path("terms/", views.Terms.as_view(), name="your_terms"),
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
