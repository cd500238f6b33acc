from django.urls import path

from . import views

urlpatterns = [
    path("services/", views.Services.as_view(), name="services"),
    path("services/<uuid:public_id>/", views.ServiceDetail.as_view(), name="service"),
    path("services/<uuid:public_id>/plan/", views.ChoosePlan.as_view(), name="choose_plan"),
    path(
        "services/<uuid:public_id>/plan-back/",
        views.WithdrawPlanChange.as_view(),
        name="withdraw_plan_change",
    ),
    path("contract/", views.ContractPage.as_view(), name="contract"),
]
