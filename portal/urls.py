"""Every address of the portal, by audience."""

from django.contrib import admin
from django.urls import include, path

from portal.dev import pages
from portal.staff.login import staff_login

urlpatterns = [
    path("", include("portal.customer.urls")),
    path("", include("portal.public.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/login/", staff_login),
    path("admin/", admin.site.urls),
    path("dev/components/", pages.components, name="dev_components"),
    path("dev/mail/", pages.mailbox, name="dev_mail"),
    path("dev/mail/<str:name>/", pages.read_mail, name="dev_read_mail"),
    path("dev/mail/<str:name>/html/", pages.mail_html, name="dev_mail_html"),
    path("dev/mail/<str:name>/<int:part>/", pages.mail_part, name="dev_mail_part"),
]
