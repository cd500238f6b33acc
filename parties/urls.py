from django.urls import path

from . import views

urlpatterns = [
    path("accounts/choose/", views.ChooseAccount.as_view(), name="choose_account"),
    path("accounts/switch/", views.SwitchAccount.as_view(), name="switch_account"),
    path("claim/<str:token>/", views.ClaimAccount.as_view(), name="claim_account"),
    path("people/", views.People.as_view(), name="people"),
    path("people/history/", views.Looked.as_view(), name="account_history"),
    path("profile/", views.Profile.as_view(), name="profile"),
]
