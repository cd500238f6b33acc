from django.urls import path

from . import views

urlpatterns = [
    path("complaints/", views.Complaints.as_view(), name="complaints"),
    path("complaints/new/", views.Lodge.as_view(), name="lodge_complaint"),
    path("complaints/<str:reference>/", views.ComplaintPage.as_view(), name="complaint"),
    path("complaints/<str:reference>/add/", views.AddMessage.as_view(), name="add_message"),
    path("complaints/<str:reference>/accept/", views.Accept.as_view(), name="accept_proposal"),
    path("complaints/<str:reference>/decline/", views.Decline.as_view(), name="decline_proposal"),
    path("complaints/<str:reference>/withdraw/", views.Withdraw.as_view(), name="withdraw"),
]
