from django.urls import path

from . import views
from .views import appointing, contact, identity

urlpatterns = [
    path("accounts/choose/", views.ChooseAccount.as_view(), name="choose_account"),
    path("accounts/switch/", views.SwitchAccount.as_view(), name="switch_account"),
    path("claim/<str:token>/", views.ClaimAccount.as_view(), name="claim_account"),
    path("claim/<str:token>/decline/", views.DeclineAppointment.as_view(), name="decline"),
    path("people/", views.People.as_view(), name="people"),
    path("people/history/", views.Looked.as_view(), name="account_history"),
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
    path("identity/<slug:risk>/", identity.ProveIdentity.as_view(), name="prove_identity"),
    path("profile/contact/", contact.ChangeContact.as_view(), name="change_contact"),
    path("profile/talking/", contact.AccessNeeds.as_view(), name="access_needs"),
    path("undo/<str:token>/", contact.UndoContactChange.as_view(), name="undo_contact_change"),
    path("stop/<str:token>/", identity.Stop.as_view(), name="stop"),
    path("profile/", views.Profile.as_view(), name="profile"),
]
