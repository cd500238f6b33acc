from django.urls import path

from . import views

urlpatterns = [
    path("services/", views.Services.as_view(), name="services"),
    path("services/<uuid:public_id>/", views.ServiceDetail.as_view(), name="service"),
    path("contract/", views.ContractPage.as_view(), name="contract"),
]
