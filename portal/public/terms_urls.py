"""The public pages of the terms, the law and the house default."""

from django.urls import path

from . import terms as views

VERSION = "<slug:document>/<slug:version>/"

urlpatterns = [
    path("", views.Documents.as_view(), name="your_terms"),
    path("<slug:document>/", views.Newest.as_view(), name="terms_document"),
    path(
        "<slug:document>/compare/<slug:version>/<slug:new>/",
        views.Compare.as_view(),
        name="terms_compare",
    ),
    path(VERSION, views.Version.as_view(), name="terms_version"),
    path(f"{VERSION}clauses.csv", views.ClausesFile.as_view(), name="terms_csv"),
    path(f"{VERSION}clause/<slug:id>/", views.ClausePage.as_view(), name="clause"),
    path(f"{VERSION}work-it-out/", views.Questions.as_view(), name="terms_questions"),
    path(f"{VERSION}work-it-out/<slug:rule>/", views.WorkItOut.as_view(), name="terms_question"),
]
