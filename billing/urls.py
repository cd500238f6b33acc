from django.urls import path

from . import views

urlpatterns = [
    path("bills/", views.Bills.as_view(), name="bills"),
    path("bills/next/", views.NextBill.as_view(), name="next_bill"),
    path("bills/<uuid:public_id>/", views.InvoicePage.as_view(), name="invoice"),
    path("bills/<uuid:public_id>/pdf/", views.InvoicePdf.as_view(), name="invoice_pdf"),
]
