"""The project's addresses and one page more, on which the browser tests of the kit act."""

from django import forms
from django.http import HttpResponse
from django.template import engines
from django.urls import include, path

PAGE = """{% extends "base.html" %}{% load circle crispy_forms_tags seats %}
{% block title %}The kit{% endblock %}
{% block heading %}The kit{% endblock %}
{% block actions %}<a class="btn btn-primary" href="#dialog" data-opens="dialog">Open</a>{% endblock %}
{% block content %}
  {% include "components/steps.html" %}
  {% include "components/tabs.html" with label="Parts" %}
  <div class="stack">
    {% include "components/alert.html" with tone="danger" words="Outside the limits." %}
    {% include "components/alert.html" with tone="warning" words="Too few people." %}
    {% include "components/alert.html" with tone="success" words="Saved." %}
    {% include "components/alert.html" with words="Moved." %}
    <p>
      {% include "components/state.html" with word="In" icon="check" tone="good" %}
      {% include "components/state.html" with word="Mind" icon="alert" tone="warn" %}
      {% include "components/state.html" with word="Out" icon="attention" tone="bad" %}
      {% include "components/state.html" with word="Moved" icon="move" tone="info" %}
      {% include "components/state.html" with word="Tonight" icon="today" tone="deep" %}
      {% include "components/state.html" with word="Draft" icon="edit" %}
      {% fill 7 12 %}
      {% fill 20 40 %}
    </p>
    <p class="actions">
      <button class="btn btn-secondary">Second</button><button class="btn btn-danger">Cancel it</button>
      <button class="btn btn-outline-danger">Cancel it</button><button class="btn btn-link">Rather not</button>
    </p>
    <div class="stats">
      {% include "components/stat.html" with value="3" label="To review" note="tonight" url="#" %}
    </div>
    {% include "components/empty.html" with title="Nobody yet" words="Here they come." url="#" action="Begin" %}
    <div id="register" class="panel">{% circle seats label="The circle" centre="1/12" %}</div>
    {% include "components/legend.html" %}
    <div class="table-wrap"><table class="table table-cards"><caption class="visually-hidden">People</caption>
      <thead><tr><th scope="col">Name</th><th scope="col">State</th></tr></thead>
      <tbody><tr><th scope="row"><a href="#">Sanne</a></th><td data-label="State">In</td></tr></tbody></table></div>
    <form id="cell" hx-post="/kit/fails/" hx-target="#cell" hx-trigger="change">
      <label for="value">Value</label><input class="form-control" id="value" name="value" inputmode="numeric">
    </form>
    <form id="large" method="post" action="/kit/" novalidate>{% csrf_token %}{{ form|crispy }}
      <div class="form-actions"><button class="btn btn-primary">Save</button></div></form>
  </div>
  <dialog id="dialog" aria-labelledby="question"><h2 id="question">Sure?</h2>
    <form method="dialog"><button class="btn btn-primary">Yes</button></form></dialog>
{% endblock %}"""

CIRCLE = '{% load circle %}<div id="register" class="panel">{% circle seats label="The circle" centre="2/12" %}</div>'
NAMES = ["Sanne", "Fatima", "Élise", "Marieke", "Noor", "Wilhelmina", "Yasmin", "Lotte", "Bo", "Selin", "Esra", ""]
STATES = ["seen", "measured", "present", "apologised", "attention", *["expected"] * 6, "empty"]


class EveryKindForm(forms.Form):
    name = forms.CharField(help_text="As she says it.")
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    at = forms.TimeField(widget=forms.TimeInput(attrs={"type": "time"}))
    room = forms.ChoiceField(choices=[("", "Choose a room"), ("1", "The living room")])
    kind = forms.ChoiceField(choices=[("p", "Pregnancy"), ("o", "Parenting")], widget=forms.RadioSelect)
    agrees = forms.BooleanField()
    channels = forms.MultipleChoiceField(choices=[("e", "E-mail"), ("s", "Text")], widget=forms.CheckboxSelectMultiple)
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 3, "placeholder": "For everyone"}), required=False)
    sheet = forms.FileField(required=False)
    fixed = forms.CharField(disabled=True, initial="As it is", required=False)


def seats(touched=None):
    return [
        {
            "label": name,
            "state": "present" if number == touched else state,
            "url": f"/kit/seat/{number}/",
            "spoken": f"{name or 'Empty seat'}, {state}",
            "attrs": {"hx-post": f"/kit/seat/{number}/", "hx-target": "#register", "hx-swap": "outerHTML"},
        }
        for number, (name, state) in enumerate(zip(NAMES, STATES, strict=True), start=1)
    ]


def kit(request):
    form = EveryKindForm(request.POST) if request.method == "POST" else EveryKindForm()
    steps = [
        {"url": "#", "label": label, "done": number == 0, "current": number == 1}
        for number, label in enumerate(["Welcome", "Measure", "Circle", "Close"])
    ]
    tabs = [{"url": "#", "label": "People", "current": True, "count": 9}, {"url": "#", "label": "Series"}]
    context = {"form": form, "seats": seats(), "steps": steps, "tabs": tabs}
    return HttpResponse(engines["django"].from_string(PAGE).render(context, request))


def seat(request, number):
    return HttpResponse(engines["django"].from_string(CIRCLE).render({"seats": seats(number)}, request))


def fails(request):
    return HttpResponse("No", status=503 if request.POST["value"] == "503" else 200)


urlpatterns = [
    path("kit/", kit),
    path("kit/fails/", fails),
    path("kit/seat/<int:number>/", seat),
    path("", include("centering.urls")),
]
