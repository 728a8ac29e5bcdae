from django.http import HttpRequest, HttpResponse, JsonResponse


def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({})


def server_error(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=500)
