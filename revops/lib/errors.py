"""Domain errors: said where the rule lives, answered at the door (page or API) in its own form."""


class DomainError(Exception):
    """`detail` is a sentence for people; `code` for programs; `field` names the input to blame, if one is."""

    status = 400

    def __init__(self, detail: str, *, code: str = "invalid", field: str = "") -> None:
        super().__init__(detail)
        self.detail, self.code, self.field = detail, code, field


class Invalid(DomainError):
    """The input itself is wrong. `errors`: [{field, code, detail}] when several are."""

    def __init__(
        self, detail: str, *, code: str = "invalid", field: str = "", errors: list[dict] | None = None
    ) -> None:
        super().__init__(detail, code=code, field=field)
        self.errors = errors or [{"field": field, "code": code, "detail": detail}]


class Forbidden(DomainError):
    """The verb exists, this person may not use it; the detail says who may."""

    status = 403

    def __init__(self, detail: str, *, code: str = "forbidden", field: str = "") -> None:
        super().__init__(detail, code=code, field=field)


class Refused(DomainError):
    """A guard said no because of the object's state; nothing was changed."""

    status = 409

    def __init__(self, detail: str, *, code: str = "refused", field: str = "") -> None:
        super().__init__(detail, code=code, field=field)


class Missing(DomainError):
    """What the input names isn't there."""

    status = 404

    def __init__(self, detail: str, *, code: str = "unknown", field: str = "") -> None:
        super().__init__(detail, code=code, field=field)
