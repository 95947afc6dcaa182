"""Until there is a person, every page is the set-up."""

from django.shortcuts import redirect

from teams.models import User

# Programs get their own answers there, and the set-up needs its styles.
OPEN = ("/setup/", "/api/", "/static/")

_somebody_is_here = False


def somebody_is_here() -> bool:
    """Whether any person was ever made; asked until the answer is yes, then remembered by the process."""
    global _somebody_is_here
    _somebody_is_here = _somebody_is_here or User.objects.filter(is_service=False).exists()
    return _somebody_is_here


def forget() -> None:
    """For tests: the next request asks again."""
    global _somebody_is_here
    _somebody_is_here = False


class FirstRunMiddleware:
    """Costs one query on a process's first anonymous page and nothing afterwards."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        unsure = not _somebody_is_here and not request.path.startswith(OPEN)
        if unsure and not request.user.is_authenticated and not somebody_is_here():
            return redirect("/setup/")
        return self.get_response(request)
